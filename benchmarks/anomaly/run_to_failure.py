"""See a bearing fail in IMS test 2 without labels: when the first alarm comes, and whether one came too soon.

Protocol: four bearings on one shaft, one number of each every ten minutes (the mean size of its vibration),
run until bearing 1 failed after 984 readings. The history is the first quarter of the run, without labels;
every later reading is judged by a decision of its own from the last hour up to it. One contract,
``[window] length = 6``, a budget of one false alarm a month. Counted are the moments of the first alarm, of
the first one that stays (every further hour holds one), and what ``andamio status`` calls worn and failing.
The simplest candidate is taken; ``--trials 8`` chooses among all.

    python benchmarks/anomaly/run_to_failure.py [--trials N] [--budget SECONDS] [--plot FILE.png]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.bundles import Graph
from andamio.contracts import parse_contract
from andamio.statistics.condition import Condition, State, follow
from andamio.training.anomaly.learning import learn_detector
from andamio.training.study import Step
from andamio.training.table import read_problem

DATA = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
FILE = "licence_unstated/ims_test2_features.csv"
SHARE, HOUR = 0.25, 6
CONTRACT = """
[model]
kind = "anomaly"
data = "bearings"
time = "time"

[window]
length = 6
"""


def quiet(_step: Step) -> None:
    """Nobody watches."""


def history() -> pl.DataFrame:
    """Read the run."""
    frame = pl.read_csv(DATA / FILE, try_parse_dates=True)
    names = {frame.columns[0]: "time"} | {f"Bearing {n}": f"bearing_{n}" for n in (1, 2, 3, 4)}
    return frame.rename(names)


def judged(trials: int | None, budget_s: float) -> tuple[str, NDArray[np.float64], int]:
    """Learn from the first quarter, and score the whole run; NaN before the first window."""
    inputs = "".join(f'[input.bearing_{n}]\ntype = "number"\nunit = "g"\n' for n in (1, 2, 3, 4))
    told = parse_contract(CONTRACT + inputs, name="bearings", file="bearings.toml")
    frame = history()
    known = round(len(frame) * SHARE)
    learnt = learn_detector(
        read_problem(told, frame.head(known)),
        excluded=frozenset(),
        budget_s=budget_s,
        trials=trials,
        seed=0,
        progress=quiet,
    )
    asked = read_problem(told, frame)
    score = np.full(len(frame), np.nan)
    score[asked.source] = Graph(learnt.graph, learnt.info).run(asked.rows).value
    return learnt.name, score, known


def states(score: NDArray[np.float64]) -> list[Condition]:
    """Follow the condition row by row."""
    found: list[Condition] = []
    for value in score:
        found.append(follow(np.array([value]), found[-1] if found else None))
    return found


def main() -> None:
    """Print the moments, in percent of the bearing's life."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    name, score, known = judged(options.trials, options.budget)
    alarm = np.nan_to_num(score) >= 1
    alarm[:known] = False
    hours = [alarm[i : i + HOUR].any() for i in range(len(alarm) - HOUR + 1)]
    quiet_hours = np.flatnonzero(~np.array(hours))
    stays = int(quiet_hours[-1]) + HOUR if quiet_hours.size else known
    condition = states(score)
    failing = [i for i, one in enumerate(condition) if one.state is State.FAILING]
    worn = [i for i, one in enumerate(condition) if one.state is not State.WELL]
    life = len(score)
    print(f"chosen: {name}")
    print(f"alarms: {int(alarm.sum())}, first at {np.argmax(alarm) / life:.1%} of its life")
    print(f"alarms that stay: from {stays / life:.1%}, {int(alarm[:stays].sum())} alarms before")
    print(f"worn from {worn[0] / life:.1%}, failing from {failing[0] / life:.1%}")
    if options.plot is not None:
        draw(options.plot, score, np.array([one.health for one in condition]), known)


def draw(file: Path, score: NDArray[np.float64], health: NDArray[np.float64], known: int) -> None:
    """Draw score and health over the life."""
    from matplotlib import pyplot as plt

    life = 100 * np.arange(len(score)) / len(score)
    figure, (above, below) = plt.subplots(2, 1, figsize=(7, 4), sharex=True, layout="constrained")
    above.semilogy(life, score, color="#1f6f8b", linewidth=1)
    above.axhline(1, color="#b3261e", linewidth=1, linestyle="--")
    above.set_ylabel("score (1 is the limit)")
    below.plot(life, health, color="#1f6f8b", linewidth=1)
    for limit in (50, 20):
        below.axhline(limit, color="#b3261e", linewidth=1, linestyle="--")
    below.set_ylabel("health, smoothed")
    below.set_xlabel("percent of the bearing's life")
    for axes in (above, below):
        axes.axvspan(0, 100 * known / len(score), color="#999999", alpha=0.2, linewidth=0)
    figure.savefig(file, dpi=80)


if __name__ == "__main__":
    main()
