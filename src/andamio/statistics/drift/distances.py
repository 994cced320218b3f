"""How far two distributions lie apart, by the names people know, from counts in the same fine bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
Counts = NDArray[np.int64]

BINS = 512
_GROUPS = 10
_STRETCH = 1024  # rows that fit the processor's memory
_WIDE = 32
_TAIL = 0.05  # of the range of history, added on both sides before the outer bins


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """Distances of each column from the reference, shape ``(columns,)`` each.

    Attributes:
        psi: Population stability index over ten groups of equal share in the reference.
        ks: Kolmogorov-Smirnov distance, 0 to 1.
        wasserstein: Wasserstein-1 distance, in standard deviations of the reference.
        jensenshannon: Jensen-Shannon distance (the root, base 2), 0 to 1.
        missing: Share of missing values now.
    """

    psi: Table
    ks: Table
    wasserstein: Table
    jensenshannon: Table
    missing: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class FineCounts:
    """Counts of each column in equal bins over its range, the outer ones open; they add up.

    Attributes:
        low: Where the first closed bin begins, shape ``(columns,)``.
        width: Of a bin, shape ``(columns,)``.
        counts: Shape ``(columns, BINS + 1)``; the last counts the missing.
        spread: Standard deviation of the reference, shape ``(columns,)``.
    """

    low: Table
    width: Table
    counts: Counts
    spread: Table

    @classmethod
    def learn(cls, table: Table) -> FineCounts:
        """Place bins over the range of history and count it; shape ``(rows, columns)``, NaN for missing."""
        low, high, spread = _extent(table)
        room = np.where(high > low, high - low, np.maximum(np.abs(low), 1.0) * 1e-6)
        low, width = low - _TAIL * room, room * (1 + 2 * _TAIL) / (BINS - 2)
        counts = count(table, low, width)
        return cls(low=low, width=width, counts=counts, spread=np.where(spread > 0, spread, width))

    def compare(self, table: Table) -> Distances:
        """Measure how far ``table``, shape ``(rows, columns)``, lies from these counts."""
        now = count(table, self.low, self.width)
        return distances(self.counts, now, (self.width / self.spread)[:, None])


def _extent(table: Table) -> tuple[Table, Table, Table]:
    """Return the least, the most and the spread of each column, of what is known."""
    if not np.isfinite(table).all():
        known = np.where(np.isfinite(table), table, np.nan)
        safe = np.where(np.isfinite(known).any(axis=0), known, 0.0)
        return np.nanmin(safe, axis=0), np.nanmax(safe, axis=0), np.nanstd(safe, axis=0)
    squares, middle = np.zeros(table.shape[1]), table.mean(axis=0)
    for start in range(0, len(table), _STRETCH):
        apart = table[start : start + _STRETCH] - middle
        squares += np.einsum("ij,ij->j", apart, apart)
    return table.min(axis=0), table.max(axis=0), np.sqrt(squares / len(table))


def count(table: Table, low: Table, width: Table) -> Counts:
    """Count each column in its bins, shape ``(columns, BINS + 1)``."""
    columns = table.shape[1]
    size = columns * (BINS + 1)
    counts = np.zeros(size, np.int64)
    offsets = (np.arange(columns) * (BINS + 1))[:, None]
    scale, zero = (1 / width)[:, None], (1 - low / width)[:, None]
    for start in range(0, len(table), _STRETCH):
        place = np.array(table[start : start + _STRETCH].T, dtype=np.float64, order="C")
        place *= scale
        place += zero
        unknown = np.isnan(place)
        np.clip(place, 0, BINS - 1, out=place)
        if unknown.any():
            place[unknown] = BINS
        bins = place.astype(np.int64)
        bins += offsets
        counts += np.bincount(bins.ravel(), minlength=size)
    return counts.reshape(columns, BINS + 1)


def distances(before: Counts, now: Counts, width: Table) -> Distances:
    """Measure the distances of counts in the same bins.

    Args:
        before: Counts of the reference, shape ``(columns, bins + 1)``; the last counts the missing.
        now: Counts of the window.
        width: From the middle of each bin to that of the next one, in spreads of the reference, shape
            ``(columns, bins)``, or ``(columns, 1)`` where all are as far.

    Source: psi: Yurdakul & Naranjo, J. Risk Model Validation (2020); Wasserstein: Ramdas, Garcia Trillos &
    Cuturi, Entropy 19 (2017); Jensen-Shannon: Lin, IEEE Trans. Inf. Theory 37 (1991).
    """
    p, q = _shares(before), _shares(now)
    apart = np.cumsum(p, axis=1) - np.cumsum(q, axis=1)
    total = now.sum(axis=1)
    return Distances(
        psi=_grouped_stability(before, now),
        ks=np.abs(apart).max(axis=1),
        wasserstein=(np.abs(apart) * width).sum(axis=1),
        jensenshannon=_jensen_shannon(_wide(p), _wide(q)),
        missing=now[:, -1] / np.maximum(total, 1),
    )


def _shares(counts: Counts) -> Table:
    known = counts[:, :-1]
    return np.asarray(known / np.maximum(known.sum(axis=1, keepdims=True), 1))


def _grouped_stability(before: Counts, now: Counts) -> Table:
    """Merge the bins into groups of equal share in the reference, half a count added to each."""
    reached = np.cumsum(_shares(before), axis=1)
    group = np.minimum((np.roll(reached, 1, axis=1) * _GROUPS + 1e-9).astype(np.int64), _GROUPS - 1)
    group[:, 0] = 0
    index = group + _GROUPS * np.arange(len(before))[:, None]
    size = _GROUPS * len(before)
    merged = [
        np.bincount(index.ravel(), counts[:, :-1].ravel(), minlength=size).reshape(-1, _GROUPS)
        for counts in (before, now)
    ]
    used = merged[0] > 0
    p, q = (np.where(used, m + 0.5, 0.0) for m in merged)
    p, q = p / p.sum(axis=1, keepdims=True), q / np.maximum(q.sum(axis=1, keepdims=True), 1e-12)
    ratio = np.log(np.where(used, q, 1.0)) - np.log(np.where(used, p, 1.0))
    return np.asarray(((q - p) * ratio).sum(axis=1))


def _wide(shares: Table) -> Table:
    """Merge neighbours, since empty fine bins look like distance, shape ``(columns, 32)``; few stay."""
    if shares.shape[1] % _WIDE:
        return shares
    return np.asarray(shares.reshape(len(shares), _WIDE, -1).sum(axis=2))


def _jensen_shannon(p: Table, q: Table) -> Table:
    middle = (p + q) / 2
    total = np.zeros(len(p))
    for share in (p, q):
        inside = share > 0
        ratio = np.divide(share, middle, out=np.ones_like(share), where=inside)
        total += (share * np.log2(ratio)).sum(axis=1) / 2
    return np.sqrt(np.maximum(total, 0.0))
