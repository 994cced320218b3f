"""Measure the root mean square error on red wine quality over 20 seeded splits, duplicates kept together.

1,599 wines, 11 laboratory values, quality from 3 to 8; 240 rows are exact copies of others, and a split that
parts them tests what it has learnt. Each split holds a tenth of the distinct wines out, with all their
copies; everything is fitted inside the rest, in an exact number of trials. The linear model and the dummy,
and the coverage of the 90 % intervals, are printed beside it.

    python benchmarks/training/wine.py [--splits 20] [--trials 6] [--first 0]
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
HEAD = '[model]\nkind = "regression"\ndata = "wine"\ntarget = "quality"\n\n[output.quality]\n'
INPUT = '\n[input.x{i}]\ncolumn = "{column}"\ntype = "number"\n'


def read() -> Problem:
    table = np.loadtxt(DATA / "wine_quality/winequality-red.csv", delimiter=",")
    frame = pl.DataFrame({f"x{i}": table[:, i] for i in range(11)} | {"quality": table[:, 11]})
    inputs = "".join(INPUT.format(i=i, column=f"x{i}") for i in range(11))
    return read_problem(parse_contract(HEAD + inputs, name="wine", file="-"), frame)


def split(problem: Problem, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Hold a tenth of the distinct wines out."""
    kinds = np.random.default_rng(seed).permutation(int(problem.copies.max()) + 1)
    out = np.isin(problem.copies, kinds[: len(kinds) // 10])
    return np.flatnonzero(~out), np.flatnonzero(out)


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a - b))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first split's seed")
    parser.add_argument("--trials", type=int, default=6)
    options = parser.parse_args()
    problem = read()
    rows: dict[str, list[float]] = {"chosen": [], "linear": [], "dummy": [], "coverage": []}
    for seed in range(options.first, options.first + options.splits):
        train, test = split(problem, seed)
        busy = time.process_time()
        fitted = fit(problem.take(train), trials=options.trials, seed=seed)
        held_out = problem.take(test)
        answers = fitted.native(held_out.rows)
        rows["chosen"].append(rmse(answers.value, held_out.target))
        rows["linear"].append(rmse(fitted.simplest(held_out.rows).value, held_out.target))
        rows["dummy"].append(rmse(fitted.dummy(held_out.rows).value, held_out.target))
        inside = (answers.lower <= held_out.target) & (held_out.target <= answers.upper)
        rows["coverage"].append(float(inside.mean()))
        print(
            f"wine {seed:2d}  RMSE {rows['chosen'][-1]:.3f}  {fitted.params}"
            f"  {time.process_time() - busy:.0f} s busy",
            flush=True,
        )
    for what, values in rows.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
        print(f"wine  {what:9s} {np.mean(values):.4f} ± {error:.4f} (s.e. over {len(values)} splits)")


if __name__ == "__main__":
    main()
