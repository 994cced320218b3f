"""What a history tells: each measure with its interval, by time, slice and version."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from andamio.bundles import GraphInfo
from andamio.monitoring.performance.cube import (
    ENDED,
    ERROR,
    EVENTS,
    FALSE,
    MISSED,
    OUTSIDE,
    ROWS,
    SIZE,
    WRONG,
    Key,
    Sums,
)  # fmt: skip
from andamio.monitoring.performance.history import History
from andamio.monitoring.performance.measuring import Measured
from andamio.statistics.losses import DAY_S
from andamio.statistics.proportions import wilson_interval

By = Literal["whole", "day", "week", "version", "slice"]
_DRAWS = 400
_EPOCH_MONDAY = 4  # 1970-01-05 was a Monday
_FEWEST_CLUSTERS = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the judged rows and its measures. ``name`` is a version, a day, "column = value" or ""."""

    name: str
    judged: int
    measures: tuple[Measured, ...]


def tell(history: History, info: GraphInfo, by: By = "whole", *, version: int | None = None) -> list[Part]:
    """Measure the parts of a history.

    Args:
        history: As it was read.
        info: Classes of the graph.
        by: How to cut it. A week begins on Monday, and is named by that day, as in UTC.
        version: One version only.

    Returns:
        The parts in their order. Intervals are at 95 %, and widened where machine-days differ more than
        their rows would by chance.
    """
    days = history.cube.days

    def label(key: Key) -> Hashable | None:
        number, period, _, column, value = key
        if version is not None and number != version:
            return None
        if (by == "slice") is (column == ""):
            return None
        start = period * days
        week = start - (start - _EPOCH_MONDAY) % 7
        names = {"whole": "", "day": _day(start), "week": _day(week), "version": f"{number:09d}"}
        return f"{column} = {value}" if by == "slice" else names[by]

    found = history.cube.gather(label)
    return [
        Part(
            str(name).lstrip("0") if by == "version" else str(name),
            int(cells[:, ROWS].sum()),
            _measures(cells, info),
        )
        for name, cells in sorted(found.items(), key=lambda item: str(item[0]))
    ]


def _day(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()


def _measures(cells: Sums, info: GraphInfo) -> tuple[Measured, ...]:
    if info.classes:
        found = [_share("accuracy", cells[:, ROWS], cells[:, WRONG], good=True)]
        if info.positive is not None:
            others = cells[:, ROWS] - cells[:, EVENTS]
            found += [
                _share("recall", cells[:, EVENTS], cells[:, MISSED], good=True),
                _share("false_alarm_rate", others, cells[:, FALSE], good=False),
            ]
    else:
        found = [_mean("mae", cells, SIZE), _mean("bias", cells, ERROR)]
        found.append(_share("coverage", cells[:, ENDED], cells[:, OUTSIDE], good=True))
    return tuple(one for one in found if one.of)


def _share(name: str, of: Sums, bad: Sums, *, good: bool) -> Measured:
    """Tell a share with Wilson's interval for as many rows as the clusters are worth.

    Source: Wilson, J. American Statistical Association 22 (1927); the design effect by the linearised ratio
    estimator, Cochran, Sampling Techniques (1977), section 6.4.
    """
    trials, wrong = float(of.sum()), float(bad.sum())
    if not trials:
        return Measured(name, float("nan"), None, None, 0)
    share = wrong / trials
    worth = trials / _design_effect(of, bad, share)
    low, high = wilson_interval_of(share, worth)
    value, ends = (1 - share, (1 - high, 1 - low)) if good else (share, (low, high))
    return Measured(name, value, *ends, int(trials))


def wilson_interval_of(share: float, trials: float) -> tuple[float, float]:
    """Return Wilson's interval of a share of a number of rows that need not be whole."""
    scale = 1000  # the formula reads shares, so rows may be cut fine
    low, high = wilson_interval(
        round(share * trials * scale), max(round(trials * scale), 1), 1.96 * scale**0.5
    )
    return low, high


def _design_effect(of: Sums, bad: Sums, share: float) -> float:
    """Return how many times more a share varies than if every row stood alone; at least 1."""
    some = of > 0
    clusters, trials = int(some.sum()), float(of.sum())
    alone = share * (1 - share) / trials
    if clusters < _FEWEST_CLUSTERS or alone <= 0:
        return 1.0
    spread = float(np.square(bad[some] - share * of[some]).sum()) * clusters / (clusters - 1) / trials**2
    return max(spread / alone, 1.0)


def _mean(name: str, cells: Sums, column: int) -> Measured:
    """Tell a mean with a bootstrap interval over clusters; without one for too few of them.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), percentile interval, chapter 13.
    """
    rows, total = cells[:, ROWS], cells[:, column]
    value = float(total.sum() / rows.sum())
    if len(cells) < _FEWEST_CLUSTERS:
        return Measured(name, value, None, None, int(rows.sum()))
    random = np.random.default_rng(0)
    share = np.full(len(cells), 1 / len(cells))
    times = (random.multinomial(len(cells), share) for _ in range(_DRAWS))
    drawn = [float(drawn @ total) / max(float(drawn @ rows), 1.0) for drawn in times]
    low, high = np.percentile(drawn, [2.5, 97.5]).tolist()
    return Measured(name, value, low, high, int(rows.sum()))
