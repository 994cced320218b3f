"""Measure anomalies on SKAB's water circulation: F1 and false alarm rate over all files of a group.

Protocol: of every file the first 400 rows are the history, without their labels; all others are judged, each
by a decision of its own from the last 20 readings up to it (causal). Nothing is tuned to a file or a group:
one contract, ``kind = "anomaly"`` with ``[window] length = 20``, a budget of one false alarm a month, its
limit from the 400 rows alone. The product chooses among all its candidates without labels (``--trials 1``
takes the simplest). Rows pass the product's own ways: windows from rows with their times, the graph of the
finished candidate, its decisions. F1 and false alarm rate are over the judged rows of all files together. The
records have holes of a second or two; a row at which no window ends takes the decision of the one before it.

    python benchmarks/anomaly/skab.py [--group valve1 | --folder FOLDER] [--trials N] [--budget SECONDS]
        [--files N]

Published over all groups: Conv-AE .78 at 13.6 %, MSET .78 at 39.7 %, T2+Q .76 at 26.6 %, isolation forest
.29 at 2.6 %.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
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
HISTORY = 400
TAGS = {
    "vibration_1": "Accelerometer1RMS",
    "vibration_2": "Accelerometer2RMS",
    "current": "Current",
    "pressure": "Pressure",
    "temperature": "Temperature",
    "thermocouple": "Thermocouple",
    "voltage": "Voltage",
    "flow": "Volume Flow RateRMS",
}
CONTRACT = """
[model]
kind = "anomaly"
data = "water"
time = "datetime"

[window]
length = 20
"""


@dataclass
class Counts:
    """Rows by truth and decision."""

    caught: int = 0
    false: int = 0
    missed: int = 0
    normal: int = 0

    def add(self, alarm: NDArray[np.bool_], event: NDArray[np.bool_]) -> None:
        """Count some rows."""
        self.caught += int((alarm & event).sum())
        self.false += int((alarm & ~event).sum())
        self.missed += int((~alarm & event).sum())
        self.normal += int((~event).sum())

    @property
    def f1(self) -> float:
        """F1 of the anomalies."""
        return 2 * self.caught / max(2 * self.caught + self.false + self.missed, 1)

    @property
    def false_alarm_rate(self) -> float:
        """Share of normal rows that were alarms."""
        return self.false / max(self.normal, 1)


def contract() -> Contract:
    """Read the one contract."""
    inputs = "".join(f'[input.{tag}]\ncolumn = "{column}"\ntype = "number"\n' for tag, column in TAGS.items())
    return parse_contract(CONTRACT + inputs, name="water", file="water.toml")


def judge(frame: pl.DataFrame, trials: int | None, budget_s: float) -> tuple[NDArray[np.bool_], str]:
    """Learn from the first rows of a file, and decide about all others."""
    told = contract()
    history = read_problem(told, frame.head(HISTORY))
    learnt = learn_detector(
        history, excluded=frozenset(), budget_s=budget_s, trials=trials, seed=0, progress=quiet
    )
    every = read_problem(told, frame)
    decided = Graph(learnt.graph, learnt.info).run(every.rows).decision
    alarm = np.zeros(len(frame), np.bool_)
    alarm[every.source] = decided == learnt.info.positive
    known = np.zeros(len(frame), np.int64)
    known[every.source] = every.source
    return alarm[np.maximum.accumulate(known)], f"{learnt.name} {len(learnt.info.features)} features"


def quiet(_step: Step) -> None:
    """Nobody watches."""


def main() -> None:
    """Print a line a file, then the figures of the group."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--group", default="valve1", help="a group below the folder of test data")
    parser.add_argument("--folder", type=Path, help="any folder of such files instead")
    parser.add_argument("--trials", type=int, help="try exactly so many candidates")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds to choose in, a file")
    parser.add_argument("--files", type=int)
    options = parser.parse_args()
    counts = Counts()
    folder = options.folder or DATA / "skab" / options.group
    files = sorted(folder.glob("*.csv"), key=lambda file: (len(file.stem), file.stem))
    if not files:
        parser.error(f"no files in {folder}")
    for file in files[: options.files]:
        begun = time.monotonic()
        frame = pl.read_csv(file, separator=";", try_parse_dates=True)
        alarm, model = judge(frame, options.trials, options.budget)
        event = (frame["anomaly"] == 1).to_numpy()
        alone = Counts()
        for one in (counts, alone):
            one.add(alarm[HISTORY:], event[HISTORY:])
        print(
            f"{file.stem:>4}  F1 {alone.f1:.3f}  false alarms {alone.false_alarm_rate:6.1%}"
            f"  {model}  {time.monotonic() - begun:.0f} s",
            flush=True,
        )
    print(f"{folder.name}: F1 {counts.f1:.3f}, false alarm rate {counts.false_alarm_rate:.1%}")


if __name__ == "__main__":
    main()
