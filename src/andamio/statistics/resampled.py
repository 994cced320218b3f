"""Intervals for what was measured by repeated cross-validation, where every row was used many times.

The folds of a cross-validation are not independent: each training part shares most of its rows with every
other, and a second pass over the same rows is hardly new evidence. The spread between folds therefore
promises too much when it is divided by the number of folds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from andamio.statistics.intervals import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """How often rows were used.

    Attributes:
        splits: Models that were trained and tested: folds times passes.
        folds: Folds of one pass.
        ratio: Tested rows over trained rows of one split: 0.25 for five folds.
    """

    splits: int
    folds: int
    ratio: float

    @property
    def inflation(self) -> float:
        """How much larger the variance of the mean is than that of as many independent rows.

        One pass of K folds tests every row once, so its mean would vary by ``S² / K`` were the folds
        independent; the corrected variance is ``(1 / splits + ratio) S²``.

        Source: Nadeau & Bengio, Inference for the generalization error, Machine Learning 52 (2003); Bouckaert
        & Frank, Evaluating the replicability of significance tests (2004), for repeated cross-validation.

        >>> Reuse(splits=20, folds=5, ratio=0.25).inflation
        1.5
        """
        return self.folds * (1.0 / self.splits + self.ratio)

    def reach(self, level: float) -> float:
        """Return Student's t that belongs to the splits."""
        return float(stats.t.ppf(0.5 + level / 2.0, max(self.splits - 1, 1)))


def share_interval(
    value: float, variance: float, counted: float, reuse: Reuse, level: float = 0.95
) -> Interval:
    """Give the interval of a share between 0 and 1, honest for few counts and exact for shares at the ends.

    The share is taken for one of an effective number of independent trials: as many as would give the
    variance, never more than were counted (less what reuse takes away). Its limits are Jeffreys', which hold
    the truth at the promised rate on average; at 0 and 1 they are the exact binomial ones, so that two events
    that were both missed give 0 to 0.84, and not 0 to 0.

    Args:
        value: The share; NaN gives an unknown interval from 0 to 1.
        variance: Of the share, before the correction for reuse.
        counted: What it is a share of: events, alarms, rows.
        reuse: How often rows were used.
        level: Confidence.

    Source: Korn & Graubard, Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data, Survey Methodology 24 (1998), for the effective number; Brown, Cai &
    DasGupta, Interval estimation for a binomial proportion, Statistical Science 16 (2001), for the limits.
    """
    if not math.isfinite(value) or counted <= 0:
        return Interval(float(value), 0.0, 1.0)
    most = counted / reuse.inflation
    trials = most
    if variance > 0 and 0 < value < 1:
        trials = min(most, value * (1.0 - value) / (variance * reuse.inflation))
        if trials < min(1.0, most):  # less than one trial tells nothing
            return Interval(float(value), 0.0, 1.0)
    hits, tail = value * trials, (1.0 - level) / 2.0
    if value <= 0:
        return Interval(0.0, 0.0, 1.0 - tail ** (1.0 / trials))
    if value >= 1:
        return Interval(1.0, tail ** (1.0 / trials), 1.0)
    low, high = special.betaincinv(hits + 0.5, trials - hits + 0.5, [tail, 1.0 - tail]).tolist()
    return Interval(float(value), min(low, value), max(high, value))


def size_interval(value: float, variance: float, reuse: Reuse, level: float = 0.95) -> Interval:
    """Give the interval of something that is never negative, as an error: symmetric in its logarithm.

    Args:
        value: What was measured.
        variance: Of it, before the correction for reuse.
        reuse: How often rows were used.
        level: Confidence.
    """
    if not (math.isfinite(value) and math.isfinite(variance)):
        return Interval(float(value), math.nan, math.nan)
    if value <= 0:
        return Interval(float(value), 0.0, math.nan)
    factor = math.exp(min(50.0, reuse.reach(level) * math.sqrt(variance * reuse.inflation) / value))
    return Interval(float(value), value / factor, value * factor)


def plain_interval(value: float, variance: float, reuse: Reuse, level: float = 0.95) -> Interval:
    """Give the interval of something that may have any sign, as a difference."""
    if not (math.isfinite(value) and math.isfinite(variance)):
        return Interval(float(value), math.nan, math.nan)
    half = reuse.reach(level) * math.sqrt(variance * reuse.inflation)
    return Interval(float(value), value - half, value + half)


def sum_interval(parts: list[tuple[float, Interval]]) -> Interval:
    """Give the interval of a weighted sum of independent values, from their own intervals.

    Args:
        parts: Weights, none negative, with the values.

    Source: Zou & Donner, Construction of confidence limits about effect measures, Statistics in Medicine 27
    (2008), the method of variance estimates recovery.
    """
    value = sum(w * one.value for w, one in parts)
    below = math.sqrt(sum((w * (one.value - one.low)) ** 2 for w, one in parts))
    above = math.sqrt(sum((w * (one.high - one.value)) ** 2 for w, one in parts))
    return Interval(value, value - below, value + above)


def pseudo_values(whole: float, without: Floats) -> Floats:
    """Turn values measured without each part into one value a part; for a mean they are the parts' own means.

    Source: Tukey's jackknife; Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 11.

    >>> pseudo_values(2.0, np.array([2.5, 1.5])).tolist()
    [1.5, 2.5]
    """
    parts = len(without)
    return parts * whole - (parts - 1) * np.asarray(without, dtype=np.float64)
