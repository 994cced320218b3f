"""How good the answers probably are where no truth has come yet; this cannot see concept drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo
from andamio.errors import Text, text
from andamio.journal import Prediction
from andamio.statistics.expected import Expected, expect, share_inside, sureness_of_class

FEWEST = 50
_OVERLAP = 0.8  # of the held-out rows' share inside, below which nothing is estimated


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the answers are probably worth.

    Attributes:
        metric: "accuracy", or "mae" of a number.
        value: The estimate; None where there is none, and ``words`` says why.
        low: The lower end of its 95 % interval.
        high: The upper end.
        rows: How many rows it is of.
        overlap: Share of them inside of what was learnt from, held against the held-out part's.
        words: What it is, and what it cannot see.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    rows: int
    overlap: float | None
    words: Text


def estimate_without_truth(
    rows: Sequence[Prediction], info: GraphInfo, reference: Mapping[str, NDArray[np.generic]]
) -> Estimate:
    """Estimate how good the answers of one version are without any truth.

    Args:
        rows: Its answers.
        info: Classes of its graph.
        reference: Its bundle's reference; an older one gives no estimate.
    """
    metric = "accuracy" if info.classes else "mae"
    if "loss.inside" not in reference or "profile.quantiles" not in reference:
        why = text("no estimate without truth: the bundle does not say how large its errors were")
        return _none(metric, len(rows), None, why)
    if len(rows) < FEWEST:
        return _none(
            metric, len(rows), None, text("no estimate without truth: fewer than {n} rows", n=FEWEST)
        )
    overlap = _overlap(rows, reference)
    if overlap < _OVERLAP:
        share = round(100 * overlap)
        why = text(
            "no estimate without truth: only {share} % as many rows as at acceptance are like those "
            "that it learnt from",
            share=share,
        )
        return _none(metric, len(rows), overlap, why)
    sure = _sureness(rows, info, reference)
    found = None if sure is None else expect(sure, reference)
    if found is None:
        why = text("no estimate without truth: the bundle does not say how large its errors were")
        return _none(metric, len(rows), overlap, why)
    return _told(metric, found, overlap)


def _overlap(rows: Sequence[Prediction], reference: Mapping[str, NDArray[np.generic]]) -> float:
    quantiles = np.asarray(reference["profile.quantiles"], np.float64)
    if any(len(row.numbers) != len(quantiles) for row in rows):
        return 0.0
    numbers = np.stack([row.numbers for row in rows])
    usual = float(np.asarray(reference["loss.inside"], np.float64))
    return min(share_inside(numbers, quantiles) / max(usual, 0.01), 1.0)


def _sureness(
    rows: Sequence[Prediction], info: GraphInfo, reference: Mapping[str, NDArray[np.generic]]
) -> NDArray[np.float64] | None:
    if info.classes:
        if any(row.probabilities is None or row.decision is None for row in rows):
            return None
        shares = np.stack([np.asarray(row.probabilities, np.float64) for row in rows])
        return sureness_of_class(shares, np.array([row.decision for row in rows], np.int64))
    if bool(np.asarray(reference.get("loss.by_width", False))):
        widths = [None if row.lower is None or row.upper is None else row.upper - row.lower for row in rows]
        return None if None in widths else np.array(widths, np.float64)
    return np.array([np.nan if row.value is None else row.value for row in rows], np.float64)


def _told(metric: str, found: Expected, overlap: float) -> Estimate:
    ends = found.value, found.low, found.high
    if metric == "accuracy":
        ends = 1 - found.value, max(1 - found.high, 0.0), 1 - found.low
    value, low, high = ends
    words = text(
        "without truth, {metric} is probably {value} (between {low} and {high}); "
        "this cannot see concept drift: only the truth tells whether the inputs still mean the same",
        metric=metric,
        value=float(f"{value:.3g}"),
        low=float(f"{low:.3g}"),
        high=float(f"{high:.3g}"),
    )
    return Estimate(
        metric=metric, value=value, low=low, high=high, rows=found.rows, overlap=overlap, words=words
    )


def _none(metric: str, rows: int, overlap: float | None, why: Text) -> Estimate:
    return Estimate(metric=metric, value=None, low=None, high=None, rows=rows, overlap=overlap, words=why)
