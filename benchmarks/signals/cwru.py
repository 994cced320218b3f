"""Tell ten bearing conditions apart by 0.1 s of vibration, with features that training chooses by itself.

Case Western Reserve University, load 0, drive end, 12 kHz: ten records of 48,000 samples. Of each record the
first 60 % is trained on and the last 40 % asked, in windows of 1,200 samples that do not overlap; no window
spans the cut. The contract declares one waveform and no feature.

    python benchmarks/signals/cwru.py [--budget 60] [--trials N] [--seeds 1] [--window 1200]
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import polars as pl

from andamio.bundles.graph import Graph
from andamio.contracts import parse_contract
from andamio.features.suggested import suggested_features
from andamio.training.fitting import fit
from andamio.training.table import read_problem

DATA = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
RECORDS = "licence_unstated/cwru_load0_DE_12k_48000samples_10class.npz"
CONTRACT = """
[model]
kind = "classification"
data = "bearings"
target = "condition"

[input.vibration]
type = "waveform"
unit = "g"
rate_hz = 12000
length = {length}

[output.condition]
"""


def windows(length: int, first: bool) -> pl.DataFrame:
    """Cut the first 60 % of every record, or the rest, into windows."""
    samples, names = [], []
    with np.load(DATA / RECORDS) as records:
        for name in sorted(set(records.files) - {"fs"}):
            record = records[name].astype(np.float32)
            cut = int(0.6 * len(record))
            part = record[:cut] if first else record[cut:]
            whole = part[: len(part) // length * length].reshape(-1, length)
            samples += whole.tolist()
            names += [name] * len(whole)
    return pl.DataFrame({"condition": names, "vibration": pl.Series(samples, dtype=pl.List(pl.Float32))})


def main() -> None:
    """Print the accuracy on the last 40 % for every seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--budget", type=float, default=60.0, help="seconds to search, for each seed")
    parser.add_argument("--trials", type=int, help="exactly so many trials instead")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--window", type=int, default=1200, help="samples of a window")
    asked = parser.parse_args()
    contract = parse_contract(CONTRACT.format(length=asked.window), name="bearing", file="bearing.toml")
    known, unseen = (read_problem(contract, windows(asked.window, first)) for first in (True, False))
    print(
        f"{len(suggested_features(contract))} features, {len(known)} windows to learn, {len(unseen)} to ask"
    )
    for seed in range(asked.seeds):
        started = time.perf_counter()
        fitted = fit(known, budget_s=asked.budget, trials=asked.trials, seed=seed)
        took = time.perf_counter() - started
        answers = Graph(fitted.graph, fitted.info).run(unseen.rows)
        right = np.asarray(answers.decision) == unseen.target
        print(
            f"seed {seed}: accuracy {right.mean():.4f} ({int((~right).sum())} wrong of {len(right)}), "
            f"{fitted.params['family']}, {fitted.trials} trials, {took:.0f} s"
        )
        for standing in fitted.leaderboard:
            print(f"  {standing.family:<10} log loss {standing.score:.4f} in cross-validation")


if __name__ == "__main__":
    main()
