"""Measure the root mean square error on red wine quality over 20 seeded splits, duplicates kept together.

1,599 wines, 11 laboratory values, quality from 3 to 8; 240 rows are exact copies of others, and a split that
parts them tests what it has learnt. Each split holds a tenth of the distinct wines out, with all their
copies; everything is fitted inside the rest, in an exact number of trials.

    python benchmarks/training/wine.py [--splits 20] [--trials 6] [--first 0]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from measuring import Rows, measure

from andamio.contracts import parse_contract
from andamio.training.table import Problem, read_problem

DATA = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
HEAD = '[model]\nkind = "regression"\ndata = "wine"\ntarget = "quality"\n\n[output.quality]\n'
INPUT = '\n[input.x{i}]\ncolumn = "{column}"\ntype = "number"\n'


def read() -> Problem:
    table = np.loadtxt(DATA / "wine_quality/winequality-red.csv", delimiter=",")
    frame = pl.DataFrame({f"x{i}": table[:, i] for i in range(11)} | {"quality": table[:, 11]})
    inputs = "".join(INPUT.format(i=i, column=f"x{i}") for i in range(11))
    return read_problem(parse_contract(HEAD + inputs, name="wine", file="-"), frame)


def splits(problem: Problem, first: int, many: int) -> Iterator[tuple[int, Rows, Rows]]:
    """Hold a tenth of the distinct wines out, again and again."""
    for seed in range(first, first + many):
        kinds = np.random.default_rng(seed).permutation(int(problem.copies.max()) + 1)
        out = np.isin(problem.copies, kinds[: len(kinds) // 10])
        yield seed, np.flatnonzero(~out), np.flatnonzero(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first split's seed")
    parser.add_argument("--trials", type=int, default=6)
    options = parser.parse_args()
    problem = read()
    measure("wine", problem, splits(problem, options.first, options.splits), 0.0, options.trials)


if __name__ == "__main__":
    main()
