"""Say how sure a measured value is: bootstrap confidence intervals, by rows or by groups of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the range in which its true value lies with the stated confidence; NaN ends are unknown."""

    value: float
    low: float
    high: float


def bootstrap(
    measure: Callable[[Index], Mapping[str, float]],
    rows: int,
    groups: Index | None = None,
    *,
    draws: int = 300,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """Resample the rows (or whole groups of them) and measure again, to see how far a value may be off.

    Rows of one machine or of one week are alike; drawn one by one they would promise too much, so they are
    drawn as groups.

    Args:
        measure: Measures the rows of an index, by metric name.
        rows: How many rows there are.
        groups: Group of every row, shape ``(rows,)``; None draws single rows.
        draws: How many resamples.
        level: Confidence of the interval.
        seed: Of the draws.

    Returns:
        One interval a metric; its ends are NaN when fewer than half of the resamples defined it.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), percentile interval, chapter 13.
    """
    whole = dict(measure(np.arange(rows, dtype=np.int64)))
    drawn: dict[str, list[float]] = {name: [] for name in whole}
    for index in resamples(rows, groups, draws=draws, seed=seed):
        for name, value in measure(index).items():
            if np.isfinite(value):
                drawn[name].append(value)
    tail = 100.0 * (1.0 - level) / 2.0
    found = {}
    for name, value in whole.items():
        low, high = np.nan, np.nan
        if np.isfinite(value) and 2 * len(drawn[name]) >= draws:
            low, high = np.percentile(drawn[name], [tail, 100.0 - tail]).tolist()
        found[name] = Interval(float(value), float(low), float(high))
    return found


def resamples(rows: int, groups: Index | None = None, *, draws: int, seed: int) -> list[Index]:
    """Draw row numbers with replacement, by rows or by whole groups; one index a draw."""
    rng = np.random.default_rng(seed)
    if rows == 0:
        return []
    if groups is None:
        return [rng.integers(0, rows, rows) for _ in range(draws)]
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=groups[order][0] - 1) != 0)
    members = np.split(order, starts[1:])
    drawn = (rng.integers(0, len(members), len(members)) for _ in range(draws))
    return [np.concatenate([members[g] for g in choice]).astype(np.int64) for choice in drawn]
