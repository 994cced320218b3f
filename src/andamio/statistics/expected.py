"""The loss to expect of answers whose truth is unknown, from what answers like them cost when held out.

Held-out rows are binned by how sure the answer was (or, for a number, by how wide its interval or how large
its value), and each bin keeps its mean loss: the calibration. The bins' shares among live rows weigh them
again: the density ratio. Answers of the same bin are taken to be as good as they were, so a change of
what the inputs mean cannot be seen this way, and rows outside of what was learnt from cannot be judged.

Source: the reweighted, calibrated confidence of Garg et al., Leveraging unlabeled data to predict
out-of-distribution performance (2022); Sugiyama et al., Density Ratio Estimation in Machine Learning (2012).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.histograms import quantile_edges

Floats = NDArray[np.float64]
BINS = 10
_PREFIX = "loss.expected."
_MARGIN = 0.05  # of a tag's range in training, still inside
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Expected:
    """The mean loss to expect, with its 95 % interval."""

    value: float
    low: float
    high: float
    rows: int


def learn_expected(sureness: Floats, loss: Floats) -> dict[str, Floats]:
    """Keep the loss by bin of sureness, both of shape ``(rows,)``, by the keys of a bundle's reference."""
    edges = quantile_edges(sureness, BINS)
    place = _bins(sureness, edges)
    size = len(edges) - 1
    sums = [np.bincount(place, weights, size) for weights in (np.ones(len(loss)), loss, np.square(loss))]
    return {_PREFIX + "edges": edges, _PREFIX + "sums": np.stack(sums)}


def expect(sureness: Floats, reference: Mapping[str, NDArray[np.generic]]) -> Expected | None:
    """Return the loss to expect of live answers; None where the reference cannot tell.

    Args:
        sureness: Of the live answers, shape ``(rows,)``.
        reference: A bundle's, with what ``learn_expected`` kept.

    >>> kept = learn_expected(np.array([0.0, 1.0] * 50), np.array([1.0, 0.0] * 50))
    >>> round(expect(np.array([0.0, 0.0, 1.0, 1.0]), kept).value, 2)
    0.5
    """
    if _PREFIX + "sums" not in reference or not len(sureness):
        return None
    edges = np.asarray(reference[_PREFIX + "edges"], np.float64)
    count, total, squares = np.asarray(reference[_PREFIX + "sums"], np.float64)
    share = np.bincount(_bins(sureness, edges), minlength=len(count)) / len(sureness)
    if not share[count > 0].sum() > 0:
        return None
    share = np.where(count > 0, share, 0.0) / share[count > 0].sum()
    known = np.maximum(count, 1.0)
    mean = total / known
    # One loss more of each size keeps a bin without a loss from being certain of none.
    spread = np.maximum(squares / known - mean**2, 0.25 * np.max(squares / known) / known)
    value = float(share @ mean)
    variance = float(np.square(share) @ (spread / known)) + float(share @ spread) / len(sureness)
    half = _Z * math.sqrt(variance)
    return Expected(value, max(value - half, 0.0), value + half, len(sureness))


def share_inside(numbers: NDArray[np.floating], quantiles: Floats) -> float:
    """Return the share of rows whose every tag lies where training's did; a missing tag is no reason.

    Args:
        numbers: Shape ``(rows, tags)``.
        quantiles: Of training, shape ``(tags, any)``, rising.
    """
    if not len(numbers) or not quantiles.size:
        return 1.0
    low, high = quantiles[:, 0], quantiles[:, -1]
    margin = _MARGIN * (high - low)
    outside = (numbers < low - margin) | (numbers > high + margin)
    return float(1 - outside.any(axis=1).mean())


def sureness_of_class(probabilities: Floats, decision: NDArray[np.int64]) -> Floats:
    """Return the probability of the class that was decided for, shape ``(rows,)``."""
    return np.asarray(probabilities[np.arange(len(decision)), decision], np.float64)


def sureness_of_value(value: Floats, lower: Floats | None, upper: Floats | None) -> Floats:
    """Return each interval's width where it differs from row to row, else the value; shape ``(rows,)``."""
    if lower is not None and upper is not None:
        width = upper - lower
        if np.isfinite(width).all() and np.ptp(width) > 1e-3 * np.abs(width).max():
            return np.asarray(width, np.float64)
    return np.asarray(value, np.float64)


def _bins(values: Floats, edges: Floats) -> NDArray[np.int64]:
    return np.clip(np.searchsorted(edges, values, "right") - 1, 0, len(edges) - 2).astype(np.int64)
