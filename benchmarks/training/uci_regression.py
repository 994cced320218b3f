"""Measure the root mean square error on two UCI tables over their 20 fixed splits.

Everything is fitted inside the training part of each split, seed 0. The linear model and the dummy, and the
coverage of the 90 % intervals, are printed beside it.

    python benchmarks/training/uci_regression.py [concrete] [energy] [--budget 45] [--trials N] [--splits 20]
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import polars as pl

from andamio.contracts import parse_contract
from andamio.training.fitting import fit
from andamio.training.table import Problem, read_problem

DATA = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
HEAD = '[model]\nkind = "regression"\ndata = "{name}"\ntarget = "y"\n\n[output.y]\n'
INPUT = '\n[input.x{i}]\ncolumn = "x{i}"\ntype = "number"\n'


def read(name: str) -> Problem:
    folder = DATA / "uci_regression" / name
    table = np.loadtxt(folder / "data.txt")
    features = np.loadtxt(folder / "index_features.txt", dtype=int)
    target = int(np.loadtxt(folder / "index_target.txt"))
    frame = pl.DataFrame({f"x{i}": table[:, column] for i, column in enumerate(features)})
    frame = frame.with_columns(pl.Series("y", table[:, target]))
    inputs = "".join(INPUT.format(i=i) for i in range(len(features)))
    return read_problem(parse_contract(HEAD.format(name=name) + inputs, name=name, file="-"), frame)


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a - b))))


def measure(name: str, splits: int, budget: float, trials: int | None) -> None:
    problem = read(name)
    rows: dict[str, list[float]] = {"chosen": [], "linear": [], "dummy": [], "coverage": [], "width": []}
    seconds, busy = [], []
    for split in range(splits):
        train, test = (
            np.loadtxt(DATA / f"uci_regression/{name}/index_{part}_{split}.txt", dtype=int)
            for part in ("train", "test")
        )
        begun, cpu = time.perf_counter(), time.process_time()
        fitted = fit(problem.take(train), budget_s=budget, trials=trials, seed=0)
        seconds.append(time.perf_counter() - begun)
        busy.append(time.process_time() - cpu)
        held_out = problem.take(test)
        answers = fitted.native(held_out.rows)
        rows["chosen"].append(rmse(answers.value, held_out.target))
        rows["linear"].append(rmse(fitted.simplest(held_out.rows).value, held_out.target))
        rows["dummy"].append(rmse(fitted.dummy(held_out.rows).value, held_out.target))
        inside = (answers.lower <= held_out.target) & (held_out.target <= answers.upper)
        rows["coverage"].append(float(inside.mean()))
        rows["width"].append(float((answers.upper - answers.lower).mean()))
        found = ", ".join(f.feature.name for f in fitted.found) or "-"
        print(
            f"{name} {split:2d}  RMSE {rows['chosen'][-1]:.3f}  {fitted.params['family']}"
            f"  {fitted.trials} trials  {seconds[-1]:.0f} s ({busy[-1]:.0f} s busy)"
            f"  {len(fitted.graph) / 1e6:.1f} MB  found: {found}",
            flush=True,
        )
    for what, values in rows.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
        print(f"{name}  {what:9s} {np.mean(values):.4f} ± {error:.4f} (s.e. over {len(values)} splits)")
    print(
        f"{name}  {np.mean(seconds):.0f} s a split, at most {np.max(seconds):.0f} s;"
        f" processor time {np.mean(busy):.0f} s, at most {np.max(busy):.0f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=["concrete", "energy"])
    parser.add_argument("--budget", type=float, default=45.0, help="seconds a split")
    parser.add_argument("--trials", type=int, help="trials a split instead of seconds")
    parser.add_argument("--splits", type=int, default=20)
    options = parser.parse_args()
    for name in options.names or ["concrete", "energy"]:
        measure(name, options.splits, options.budget, options.trials)


if __name__ == "__main__":
    main()
