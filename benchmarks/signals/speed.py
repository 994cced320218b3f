"""Features of 5,000 windows of 2,048 samples, against numpy and scipy, tsfresh and tsfel, one thread each.

The set is rms, kurtosis, skewness, peak, crest factor, 8 band energies, spectral centroid and the envelope's
rms. numpy and scipy compute the same in this process, in double precision, in the batch size that suits them
best of two; peers run in an environment and a process of their own, made on demand from ``peers/NAME.txt``
under ``benchmarks/results/signals``, on the same windows and those features of the set that they have, beside
the same features of ours. The best of five runs counts, importing and compiling do not; what is measured
is processor time, which other work on the box does not stretch.

    OMP_NUM_THREADS=1 python benchmarks/signals/speed.py [--windows 5000] [--peers tsfel tsfresh]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from scipy import signal, stats

from andamio.contracts.contract import Contract, Feature, Input, Kind, Output, TagType
from andamio.features import FeaturePlan, feature_graph

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parent / "results" / "signals"
RATE, LENGTH, BANDS = 12_000.0, 2048, 8
BATCH, RUNS = 64, 5
EDGES = [n * RATE / 2 / BANDS for n in range(BANDS + 1)]
WHOLE = (
    *("rms(x)", "kurtosis(x)", "skewness(x)", "peak(x)", "crest_factor(x)"),
    *(f"band_energy(x, low={low}, high={low + EDGES[1]})" for low in EDGES[:-1]),
    *("spectral_centroid(x)", "rms(envelope(x))"),
)
# What a peer has of the set, in our language.
OF_PEER = {
    "tsfresh": ("rms(x)", "kurtosis(x)", "skewness(x)", "peak(x)", "spectral_centroid(x, window='none')"),
    "tsfel": ("rms(x)", "kurtosis(x)", "skewness(x)", "highest(x)", "spectral_centroid(x, window='none')"),
}
Windows = NDArray[np.float32]


def session(expressions: Sequence[str]) -> onnxruntime.InferenceSession:
    """Compile features over one waveform."""
    wave = Input(name="x", type=TagType.WAVEFORM, column="x", unit="g", rate_hz=RATE, length=LENGTH)
    features = tuple(Feature(f"f{n}", expression) for n, expression in enumerate(expressions))
    contract = Contract(
        name="speed",
        kind=Kind.CLASSIFICATION,
        data="d",
        target="y",
        inputs=(wave,),
        features=features,
        output=Output(name="y"),
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    content = feature_graph(FeaturePlan(contract)).model.SerializeToString()
    return onnxruntime.InferenceSession(content, sess_options=options, providers=["CPUExecutionProvider"])


def ours(run: onnxruntime.InferenceSession, windows: Windows) -> NDArray[np.float32]:
    """Compute in batches that stay in the processor's cache, as ``run_features`` does."""
    parts = [
        run.run(["features"], {"signals": windows[start : start + BATCH]})[0]
        for start in range(0, len(windows), BATCH)
    ]
    return np.concatenate(parts)


def plain(windows: Windows) -> NDArray[np.float64]:
    """Compute the whole set as one would with numpy and scipy."""
    x = windows.astype(np.float64)
    rms = np.sqrt(np.mean(x**2, axis=1))
    peak = np.abs(x).max(axis=1)
    centred = x - x.mean(axis=1, keepdims=True)
    taper = signal.get_window("hann", LENGTH)
    power = np.abs(np.fft.rfft(centred * taper)) ** 2
    power[:, 1:-1] *= 2
    power /= LENGTH * np.mean(taper**2)
    frequencies = np.fft.rfftfreq(LENGTH, 1 / RATE)
    edges = np.searchsorted(frequencies, EDGES)
    bands = [power[:, a:b].sum(axis=1) for a, b in itertools.pairwise(edges)]
    centroid = (power * frequencies).sum(axis=1) / power.sum(axis=1)
    envelope = np.abs(signal.hilbert(centred))
    return np.column_stack(
        [
            *(rms, stats.kurtosis(x, axis=1, fisher=False), stats.skew(x, axis=1), peak, peak / rms),
            *bands,
            *(centroid, np.sqrt(np.mean(envelope**2, axis=1))),
        ]
    )


def best(work: Callable[[], object], runs: int = RUNS) -> float:
    """Return the least processor time of some runs, in seconds."""
    spent = []
    for _ in range(runs):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def peer(name: str, windows: Windows) -> float:
    """Return the seconds that a peer takes for the features that it has, in its own environment."""
    home = ENVIRONMENTS / name
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        needed = str(HERE / "peers" / f"{name}.txt")
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", needed], check=True)
    samples = ENVIRONMENTS / "windows.npy"
    np.save(samples, windows)
    quiet = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [str(python), str(HERE / "peers" / f"run_{name}.py"), str(samples), str(RATE)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **quiet, "PYTHONPATH": ""},
    )
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def main() -> None:
    """Print microseconds a window, and the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--windows", type=int, default=5000)
    parser.add_argument("--peers", nargs="*", default=list(OF_PEER), help="whom to run beside us")
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    time_s = np.arange(LENGTH) / RATE
    windows = rng.normal(size=(asked.windows, LENGTH)) + np.sin(2 * np.pi * 150 * time_s)
    windows = windows.astype(np.float32)
    graph = session(WHOLE)
    batch = best(lambda: ours(graph, windows))
    whole = best(lambda: plain(windows), 2)
    small = best(
        lambda: [plain(windows[start : start + BATCH]) for start in range(0, len(windows), BATCH)], 2
    )
    floor = min(whole, small)
    one = best(lambda: graph.run(["features"], {"signals": windows[:1]}), 300)
    expected = plain(windows[:200])
    apart = np.abs(ours(graph, windows[:200]) - expected) / np.sqrt(np.mean(expected**2, axis=0))
    print(f"{len(WHOLE)} features of {asked.windows} windows of {LENGTH} samples, one thread")
    print(f"  the graph          {1e6 * batch / asked.windows:8.1f} us a window")
    print(
        f"  numpy and scipy    {1e6 * floor / asked.windows:8.1f} us a window: {floor / batch:.2f} times ours"
    )
    print(f"  one window alone   {1e3 * one:8.3f} ms through the graph")
    close = np.delete(apart, np.s_[5:13], axis=1).max()
    print(
        f"  furthest apart     {close:8.1e} (bands, whose ends are shared here: {apart[:, 5:13].max():.1e})"
    )
    for name in asked.peers:
        expressions = OF_PEER[name]
        part = session(expressions)
        mine, theirs = best(lambda run=part, some=windows: ours(run, some)), peer(name, windows)
        print(
            f"  {name:<10} {1e6 * theirs / len(windows):10.1f} us a window for {len(expressions)} features, "
            f"ours {1e6 * mine / len(windows):.1f}: {theirs / mine:.0f} times"
        )


if __name__ == "__main__":
    main()
