"""Measure anomalies on the Tennessee Eastman process: false alarms on fresh normal data, and faults noticed.

Protocol: the history is the normal run d00 (500 rows, one every three minutes; the file lies transposed),
all 52 variables, no labels. Judged are runs that training never saw: d00_te (960 rows, all normal) and the
runs of faults 1, 4 and 5, whose fault begins at row 161. One contract, ``[window] length = 10`` (half an
hour), a budget of one false alarm a month. Every row is counted: an alarm on d00_te or before row 161 is a
false one. The delay is the time from the fault to its first alarm.

    python benchmarks/anomaly/tennessee.py [--trials N] [--budget SECONDS] [--window N]

Measured with textbook 1 % limits: 2.3 % false alarms on d00_te by T2, 24 % by SPE.
"""

from __future__ import annotations

import argparse
import gzip
import os
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.bundles import Graph
from andamio.contracts import Contract, parse_contract
from andamio.training.anomaly.learning import learn_detector
from andamio.training.study import Step
from andamio.training.table import read_problem

DATA = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
BEGINS = 160
PERIOD = timedelta(minutes=3)


def run(name: str) -> pl.DataFrame:
    """Read a run: 52 variables, and a clock."""
    with gzip.open(DATA / "tep" / f"{name}.dat.gz") as file:
        values = np.loadtxt(BytesIO(file.read()))
    values = values.T if values.shape[0] == 52 else values
    start = datetime(2026, 1, 1)  # noqa: DTZ001  a plant's clock names no zone
    times = [start + i * PERIOD for i in range(len(values))]
    return pl.DataFrame({"time": times, **{f"x{j + 1}": values[:, j] for j in range(52)}})


def contract(window: int) -> Contract:
    """Read the one contract."""
    head = '[model]\nkind = "anomaly"\ndata = "tep"\ntime = "time"\n'
    windows = f"[window]\nlength = {window}\n" if window > 1 else ""
    inputs = "".join(f'[input.x{j + 1}]\ntype = "number"\n' for j in range(52))
    return parse_contract(head + windows + inputs, name="tep", file="tep.toml")


def alarms(graph: Graph, told: Contract, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Decide about every row of a run; before the first window there is no alarm."""
    asked = read_problem(told, frame)
    found = np.zeros(len(frame), np.bool_)
    found[asked.source] = graph.run(asked.rows).decision == 1
    return found


def quiet(_step: Step) -> None:
    """Nobody watches."""


def main() -> None:
    """Print false alarms, and for every fault what was noticed of it and how soon."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--window", type=int, default=10)
    options = parser.parse_args()
    told = contract(options.window)
    learnt = learn_detector(
        read_problem(told, run("d00")),
        excluded=frozenset(),
        budget_s=options.budget,
        trials=options.trials,
        seed=0,
        progress=quiet,
    )
    graph = Graph(learnt.graph, learnt.info)
    print(f"chosen: {learnt.name}, {len(learnt.info.features)} features")
    fresh = alarms(graph, told, run("d00_te"))
    print(f"d00_te: {int(fresh.sum())} false alarms in {len(fresh)} fresh normal rows")
    for fault in ("d01", "d04", "d05"):
        found = alarms(graph, told, run(f"{fault}_te"))
        after = np.flatnonzero(found[BEGINS:])
        delay = f"{after[0] * 3} min" if after.size else "never"
        print(
            f"{fault}_te: {int(found[:BEGINS].sum())} false alarms before the fault,"
            f" {found[BEGINS:].mean():.1%} of its rows noticed, first after {delay}"
        )


if __name__ == "__main__":
    main()
