"""What counts as a loss: each answer with its truth becomes numbers between 0 and 1, more is worse.

A class answer is right or wrong, once among all and, where there is an event, among the events and among the
others. The error of a number has no bound, so its place among the errors of the held-out part is taken
instead: 0.5 on average as long as nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.dependence import dependence_of

Losses = NDArray[np.float64]
GRID = 201
LARGE = 0.9  # errors beyond this quantile of the held-out part are large ones
DAY_S = 86_400.0
_PREFIX = "loss."


def class_losses(
    truth: NDArray[np.int64], decision: NDArray[np.int64], positive: int | None
) -> dict[str, Losses]:
    """Return the losses of class answers by measure, shape ``(rows,)``, NaN where a row has no part."""
    wrong = (truth != decision).astype(np.float64)
    if positive is None:
        return {"accuracy": wrong}
    event = truth == positive
    return {
        "accuracy": wrong,
        "recall": np.where(event, wrong, np.nan),
        "false_alarm_rate": np.where(event, np.nan, wrong),
    }


def value_losses(
    truth: Losses,
    value: Losses,
    lower: Losses | None,
    upper: Losses | None,
    reference: Mapping[str, NDArray[np.generic]],
) -> dict[str, Losses]:
    """Return the losses of number answers by measure, each of shape ``(rows,)``.

    Args:
        truth: What was measured, shape ``(rows,)``.
        value: What was answered.
        lower: Lower ends of the intervals, NaN for none.
        upper: Upper ends.
        reference: Holds ``loss.absolute`` and ``loss.signed``, quantiles of the held-out errors.

    Returns:
        ``mae``: place of the error's size; ``large``: whether it is a large one; ``bias_high`` and
        ``bias_low``: place of the signed error, from below and from above; ``coverage``: outside of it.
    """
    error = value - truth
    absolute = np.asarray(reference[_PREFIX + "absolute"], np.float64)
    signed = place_among(error, np.asarray(reference[_PREFIX + "signed"], np.float64))
    beyond = absolute[round(LARGE * (len(absolute) - 1))]
    found = {
        "mae": place_among(np.abs(error), absolute),
        "large": (np.abs(error) > beyond).astype(np.float64),
        "bias_high": signed,
        "bias_low": 1 - signed,
    }
    if lower is not None and upper is not None:
        outside = ((truth < lower) | (truth > upper)).astype(np.float64)
        found["coverage"] = np.where(np.isnan(lower) | np.isnan(upper), np.nan, outside)
    return found


def place_among(values: Losses, quantiles: Losses) -> Losses:
    """Return the place of values among quantiles, 0 to 1; equal ones share the middle of their places.

    >>> place_among(np.array([-1.0, 0.5, 9.0]), np.array([0.0, 1.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    below = np.searchsorted(quantiles, values, "left")
    upto = np.searchsorted(quantiles, values, "right")
    return np.asarray((below + upto) / (2.0 * len(quantiles)))


def error_quantiles(truth: Losses, value: Losses) -> dict[str, Losses]:
    """Return the quantiles of the errors' size and of the errors, by the keys of a bundle's reference."""
    shares = np.linspace(0, 1, GRID)
    error = value - truth
    return {
        _PREFIX + "absolute": np.quantile(np.abs(error), shares),
        _PREFIX + "signed": np.quantile(error, shares),
    }


def loss_sums(losses: Mapping[str, Losses], clusters: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Sum up the losses of the held-out part by measure, for a bundle's reference (``dependence``)."""
    found = {}
    for name, loss in losses.items():
        known = np.isfinite(loss)
        found[f"{_PREFIX}sums.{name}"] = dependence_of(loss[known], clusters[known]).array()
    return found


def clusters_of(assets: NDArray[np.object_] | None, times: Losses | None, rows: int) -> NDArray[np.int64]:
    """Number the clusters of rows: one machine on one day; a row by itself where neither is known."""
    if assets is None and times is None:
        return np.arange(rows, dtype=np.int64)
    machine = np.zeros(rows, np.int64)
    if assets is not None:
        machine = np.unique(assets.astype(str), return_inverse=True)[1].astype(np.int64)
    days = np.zeros(rows) if times is None else np.floor(times / DAY_S)
    return np.unique(np.stack([machine, days]), axis=1, return_inverse=True)[1].ravel().astype(np.int64)
