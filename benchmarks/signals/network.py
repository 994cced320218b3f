"""Tell ten bearing conditions apart with a network: in float32, in whole numbers, and begun from a sister.

The protocol of ``cwru.py``: Case Western Reserve University, load 0, windows of 1,200 samples, the first 60 %
of each record to learn from and the last 40 % asked. Then another machine: the same records 4 % faster, at
half the gain and with noise of a quarter of their standard deviation, of which five windows a condition are
known. A network is trained on these alone, and begun from the first machine's; both are asked after several
numbers of steps. Needs ``andamio[torch]``.

    python benchmarks/signals/network.py [--seeds 2]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import onnxruntime
import spox
from cwru import windows
from spox import Tensor

from andamio.features import in_whole_numbers
from andamio.training.networks import Course, train_networks
from andamio.training.task import Task

STEPS = (75, 150, 300, 600)
KNOWN = 5
RUNS = 400


def waves(first: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return windows, shape (rows, 1, 1200), and the number of each one's condition."""
    table = windows(1200, first)
    names = sorted(set(table["condition"]))
    samples = np.array(table["vibration"].to_list(), dtype=np.float32)
    return samples[:, None, :], np.array([names.index(name) for name in table["condition"]])


def elsewhere(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what another machine would have given."""
    faster = np.arange(1200) * 0.96
    y = 0.5 * np.stack([np.interp(faster, np.arange(1200), row[0]) for row in x])
    return (y + 0.25 * y.std(axis=1, keepdims=True) * rng.normal(size=y.shape)).astype(np.float32)[:, None]


def told(network, x: np.ndarray, y: np.ndarray) -> str:
    """Say how good a network is."""
    margin = network.values(x)
    margin = margin - margin.max(axis=1, keepdims=True)
    loss = np.log(np.exp(margin).sum(axis=1)) - margin[np.arange(len(y)), y]
    return f"{(margin.argmax(axis=1) == y).mean():.4f} (log loss {loss.mean():.3f})"


def session(network) -> tuple[onnxruntime.InferenceSession, int]:
    """Write the network alone as a graph."""
    samples = spox.argument(Tensor(np.float32, ("rows", len(network.signals), network.samples)))
    graph = spox.build({"x": samples}, {"y": network.nodes(samples)}).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"]), len(graph)


def main() -> None:
    """Print accuracies on the last 40 %."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    (x, y), (unseen, truth) = waves(first=True), waves(first=False)
    sister = None
    for seed in range(asked.seeds):
        started = time.process_time()
        course = Course(names=("vibration",), task=Task(10), seed=seed, steps=STEPS)
        networks = train_networks(x, y, course)
        took = time.process_time() - started
        found = ", ".join(f"{s}: {told(n, unseen, truth)}" for s, n in zip(STEPS, networks, strict=True))
        print(f"seed {seed}, {networks[-1].parameters} numbers, {took:.0f} s: {found}", flush=True)
        sister = sister or networks[-1]
    whole_numbers(sister, x, unseen, truth)
    other_machine(sister, (x, y), (unseen, truth), asked.seeds)


def whole_numbers(network, x, unseen, truth) -> None:
    """Compare float32 and whole numbers: decisions, size, time of one row."""
    whole = in_whole_numbers(network, x)
    (one, before), (other, after) = session(network), session(whole)
    answers = [s.run(None, {"x": unseen})[0] for s in (one, other)]
    changed = int((answers[0].argmax(axis=1) != answers[1].argmax(axis=1)).sum())
    spent = [[], []]
    for _ in range(RUNS):
        for place, asked in enumerate((one, other)):
            begun = time.process_time()
            asked.run(None, {"x": unseen[:1]})
            spent[place].append(time.process_time() - begun)
    times = [1000 * float(np.median(one)) for one in spent]
    right = (answers[1].argmax(axis=1) == truth).mean()
    print(
        f"whole numbers: accuracy {right:.4f}, {changed} of {len(truth)} decisions change,"
        f" {before} -> {after} bytes, one row {times[0]:.3f} -> {times[1]:.3f} ms of a processor",
        flush=True,
    )


def other_machine(sister, learnt, asked, seeds: int) -> None:
    """Learn another machine from five windows a condition, alone and begun from the first one's network."""
    rng = np.random.default_rng(5)
    known = np.concatenate([np.flatnonzero(learnt[1] == c)[::5][:KNOWN] for c in range(10)])
    x, y = elsewhere(learnt[0][known], rng), learnt[1][known]
    unseen, truth = elsewhere(asked[0], rng), asked[1]
    print(
        f"another machine, {len(y)} windows: the first one's network as it is {told(sister, unseen, truth)}"
    )
    for seed in range(seeds):
        for name, start in (("alone", None), ("begun from it", sister)):
            course = Course(names=("vibration",), task=Task(10), seed=seed, steps=STEPS, start=start)
            networks = train_networks(x, y, course)
            found = ", ".join(f"{s}: {told(n, unseen, truth)}" for s, n in zip(STEPS, networks, strict=True))
            print(f"  seed {seed}, {name}: {found}", flush=True)


if __name__ == "__main__":
    main()
