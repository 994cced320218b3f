"""Measure answers about remaining life: too late an answer stops the plant, too early a one wastes a part."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
EARLY_SCALE, LATE_SCALE = 13.0, 10.0
# Beyond it the exponential leaves what a double holds.
_MOST = 700.0


def phm_scores(truth: Numbers, value: Numbers) -> Numbers:
    """Weigh errors as the prognostics challenge of 2008 does: exponentially, and worse when too late.

    ``exp(-d / 13) - 1`` where the answer is too early (``d = value - truth < 0``) and ``exp(d / 10) - 1``
    where it is too late; zero where it is right. The challenge sums over machines.

    Args:
        truth: Remaining life, shape ``(rows,)``, in cycles.
        value: Answered, same shape and unit.

    Source: Saxena et al., Damage propagation modeling for aircraft engine run-to-failure simulation,
    PHM (2008).

    >>> phm_scores(np.array([50.0, 50.0]), np.array([40.0, 60.0])).round(2)
    array([1.16, 1.72])
    """
    error = np.asarray(value, dtype=np.float64) - truth
    power = np.where(error < 0, -error / EARLY_SCALE, error / LATE_SCALE)
    return np.asarray(np.expm1(np.minimum(power, _MOST)))


def lateness_costs(truth: Numbers, value: Numbers, late: float, early: float) -> Numbers:
    """Price errors in proportion to their size, by direction; shape ``(rows,)``.

    Args:
        truth: Remaining life, shape ``(rows,)``.
        value: Answered.
        late: Cost of each unit by which the answer promises more than there is.
        early: Cost of each unit by which it promises less.
    """
    error = np.asarray(value, dtype=np.float64) - truth
    return np.asarray(np.where(error > 0, late * error, -early * error))


def remaining_life(truth: Numbers, value: Numbers) -> Mapping[str, float]:
    """Measure answers about remaining life.

    Returns:
        phm_score (mean of a row) and late_share (share of rows that promise more than there is).
    """
    if not len(truth):
        return {"phm_score": np.nan, "late_share": np.nan}
    return {
        "phm_score": float(np.mean(phm_scores(truth, value))),
        "late_share": float(np.mean(value > truth)),
    }


def last_rows(assets: NDArray[np.object_], times: Numbers) -> NDArray[np.int64]:
    """Find the latest row of each asset: what maintenance looks at; in the order of the assets' names.

    >>> last_rows(np.array(["b", "a", "b"], dtype=object), np.array([2.0, 5.0, 1.0]))
    array([1, 0])
    """
    order = np.lexsort((times, assets.astype(str)))
    names = assets[order]
    ends = np.append(names[1:] != names[:-1], True) if len(names) else np.zeros(0, dtype=np.bool_)
    return order[ends.astype(np.bool_)].astype(np.int64)
