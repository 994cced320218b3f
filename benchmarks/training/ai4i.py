"""Measure the F1 of the failure class on AI4I 2020: stratified 5-fold, several seeds.

Everything (feature search, tuning, calibration, threshold) happens inside each training fold. Left out are
the identifiers and the columns that give the failure away (UDI, Product ID, TWF, HDF, PWF, OSF, RNF).

    python benchmarks/training/ai4i.py [--declared] [--budget 30] [--trials N] [--seeds 3] [--folds 5]
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from andamio.contracts import parse_contract
from andamio.training.fitting import fit
from andamio.training.table import read_problem

DATA = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
CONTRACT = """
[model]
kind = "classification"
data = "machines"
target = "Machine failure"
positive = "1"

[input.type]
column = "Type"
type = "category"
values = ["H", "L", "M"]

[input.air_temperature]
column = "Air temperature [K]"
type = "number"
unit = "K"

[input.process_temperature]
column = "Process temperature [K]"
type = "number"
unit = "K"

[input.speed]
column = "Rotational speed [rpm]"
type = "number"
unit = "rpm"

[input.torque]
column = "Torque [Nm]"
type = "number"
unit = "Nm"

[input.tool_wear]
column = "Tool wear [min]"
type = "number"
unit = "min"

[output.failure]
threshold = "f1"
"""
DECLARED = """
[features]
temperature_difference = "process_temperature - air_temperature"
power = "torque * speed"
overstrain = "tool_wear * torque"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--declared", action="store_true", help="declare three features")
    parser.add_argument("--budget", type=float, default=30.0, help="seconds a fold")
    parser.add_argument("--trials", type=int, help="trials a fold instead of seconds")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5, help="how many of the five folds to run")
    options = parser.parse_args()
    contract = parse_contract(CONTRACT + (DECLARED if options.declared else ""), name="machines", file="-")
    frame = pl.read_csv(DATA / "ai4i2020/ai4i2020.csv")
    problem = read_problem(contract, frame)
    f1: list[float] = []
    seconds, busy = [], []
    for seed in range(options.seeds):
        splitter = StratifiedKFold(5, shuffle=True, random_state=seed)
        for train, test in list(splitter.split(problem.target, problem.target))[: options.folds]:
            begun, cpu = time.perf_counter(), time.process_time()
            fitted = fit(problem.take(train), budget_s=options.budget, trials=options.trials, seed=seed)
            seconds.append(time.perf_counter() - begun)
            busy.append(time.process_time() - cpu)
            held_out = problem.take(test)
            decision = fitted.native(held_out.rows).decision
            f1.append(f1_score(held_out.target == problem.positive, decision == problem.positive))
            found = ", ".join(f.feature.name for f in fitted.found) or "-"
            print(
                f"seed {seed}  F1 {f1[-1]:.3f}  {fitted.params['family']}  {fitted.trials} trials"
                f"  {seconds[-1]:.0f} s ({busy[-1]:.0f} s busy)"
                f"  threshold {fitted.info.threshold:.2f}  found: {found}",
                flush=True,
            )
    spread = np.std(f1, ddof=1) / np.sqrt(len(f1)) if len(f1) > 1 else float("nan")
    kind = "declared features" if options.declared else "no declared feature"
    print(
        f"{kind}: mean F1 {np.mean(f1):.4f} ± {spread:.4f} (s.e. over {len(f1)} folds), "
        f"{np.mean(seconds):.0f} s a fold, processor time {np.mean(busy):.0f} s"
    )


if __name__ == "__main__":
    main()
