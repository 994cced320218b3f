"""Measure the root mean square error on two UCI tables over their 20 fixed splits.

Everything is fitted inside the training part of each split; the number of the split is the seed.

    python benchmarks/training/uci_regression.py [concrete] [energy] [--budget 45] [--trials N] [--splits 20]
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


def splits(name: str, many: int) -> Iterator[tuple[int, Rows, Rows]]:
    """Read the fixed splits."""
    for split in range(many):
        train, test = (
            np.loadtxt(DATA / f"uci_regression/{name}/index_{part}_{split}.txt", dtype=int)
            for part in ("train", "test")
        )
        yield split, train, test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=["concrete", "energy"])
    parser.add_argument("--budget", type=float, default=45.0, help="seconds a split")
    parser.add_argument("--trials", type=int, help="trials a split instead of seconds")
    parser.add_argument("--splits", type=int, default=20)
    options = parser.parse_args()
    for name in options.names or ["concrete", "energy"]:
        measure(name, read(name), splits(name, options.splits), options.budget, options.trials)


if __name__ == "__main__":
    main()
