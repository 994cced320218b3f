"""How far the rows of a period lie from the reference, by the names that people know.

This is description: the numbers of a table, without a verdict. Whether a difference is more than chance is
the business of the detectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.monitoring.detectors import Reference
from andamio.monitoring.stream import Arrivals
from andamio.statistics.drift.distances import distances
from andamio.statistics.histograms import histogram
from andamio.statistics.profile import codes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TagComparison:
    """One tag, then and now.

    Attributes:
        name: The tag.
        edges: Of the bins, in the tag's unit, shape ``(bins + 1,)``; None for a category.
        labels: Of the bins of a category; empty for a number.
        then: Share of the reference in each bin.
        now: Share of the period in each bin.
        missing: Share of the period's rows without the tag.
        psi: Population stability index; None where there is nothing to compare.
        ks: Kolmogorov's distance over the bins.
        wasserstein: Mean distance of transport, in spreads of the reference; None for a category.
        jensenshannon: Jensen–Shannon distance (the root, base 2), 0 to 1.
    """

    name: str
    edges: NDArray[np.float64] | None
    labels: Sequence[str]
    then: NDArray[np.float64]
    now: NDArray[np.float64]
    missing: float
    psi: float | None
    ks: float | None
    wasserstein: float | None
    jensenshannon: float | None


def compare_tags(contract: Contract, reference: Reference, rows: Arrivals) -> list[TagComparison]:
    """Compare every tag that the reference knows with the rows of a period."""
    found = []
    for place, tag in enumerate(contract.numbers):
        if f"number.{tag.name}.edges" in reference:
            deviation = float(np.asarray(reference["moments.numbers"], np.float64)[place, 2])
            values = rows.numbers[:, place].astype(np.float64)
            found.append(_number(tag.name, reference, values, deviation))
    for place, tag in enumerate(contract.categories):
        counts = reference.get(f"category.{tag.name}.counts")
        if counts is not None:
            codes = codes_of(rows.categories[:, place], tag.values)
            now = np.bincount(codes, minlength=len(tag.values) + 1).astype(np.float64)
            known = np.asarray(counts, np.float64)
            then = np.append(known[: len(tag.values)], known[len(tag.values) :].sum())
            missing = float(np.mean(rows.categories[:, place] == ""))
            found.append(_compared(tag.name, None, (*tag.values, "…"), then, now, missing))
    return found


def _number(name: str, reference: Reference, values: NDArray[np.float64], deviation: float) -> TagComparison:
    edges = np.asarray(reference[f"number.{name}.edges"], np.float64)
    then = np.asarray(reference[f"number.{name}.counts"], np.float64)[: len(edges) + 1]
    known = values[np.isfinite(values)]
    now = histogram(known, edges).filled().astype(np.float64)
    low = min(float(edges[0]), float(known.min())) if known.size else float(edges[0])
    high = max(float(edges[-1]), float(known.max())) if known.size else float(edges[-1])
    span = max(high - low, 1e-9)
    wide = np.concatenate([[min(low, edges[0] - 0.02 * span)], edges, [max(high, edges[-1] + 0.02 * span)]])
    missing = 1.0 - known.size / values.size if values.size else 0.0
    spread = deviation if deviation > 0 else span
    return _compared(name, wide, (), then, now, missing, spread)


def _compared(
    name: str,
    edges: NDArray[np.float64] | None,
    labels: Sequence[str],
    then: NDArray[np.float64],
    now: NDArray[np.float64],
    missing: float,
    spread: float = 1.0,
) -> TagComparison:
    told = bool(then.sum() and now.sum())
    before, after = (np.append(counts, 0).astype(np.int64)[None] for counts in (then, now))
    width = np.ones((1, 1))
    if edges is not None:
        middles = (edges[1:] + edges[:-1]) / 2
        width = np.append(np.diff(middles), 0.0)[None] / spread
    apart = distances(before, after, width) if told else None
    return TagComparison(
        name=name,
        edges=edges,
        labels=labels,
        then=then / max(then.sum(), 1.0),
        now=now / max(now.sum(), 1.0),
        missing=missing,
        psi=None if apart is None else float(apart.psi[0]),
        ks=None if apart is None else float(apart.ks[0]),
        wasserstein=None if apart is None or edges is None else float(apart.wasserstein[0]),
        jensenshannon=None if apart is None else float(apart.jensenshannon[0]),
    )
