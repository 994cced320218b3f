"""Rows on their way into windows: one array per column, in whatever order they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
Ticks = NDArray[np.int64]
Scalar = TypeVar("Scalar", np.float32, np.object_)
NEVER = -(2**61)
"""Before every moment; far enough from the end of int64 that spans can be taken from it."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Rows of one or more assets.

    Attributes:
        ticks: Moments, in millionths of a second or of a count, shape ``(rows,)``.
        numbers: Shape ``(rows, k)``, float32; NaN is missing.
        categories: Shape ``(rows, c)``, texts; "" is missing.
        times: The moments as they were sent, shape ``(rows,)``.
        sources: Where the rows stand in what they came from, shape ``(rows,)``; -1 where that is gone.
        cycles: The cycle of each row, shape ``(rows,)``; "" for none.
    """

    ticks: Ticks
    numbers: NDArray[np.float32]
    categories: NDArray[np.object_]
    times: NDArray[np.object_]
    sources: Ticks
    cycles: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.ticks)

    def take(self, index: Places | NDArray[np.bool_] | slice) -> Samples:
        """Return the rows of ``index``."""
        return Samples(
            self.ticks[index],
            self.numbers[index],
            self.categories[index],
            self.times[index],
            self.sources[index],
            self.cycles[index],
        )


def joined(parts: Sequence[Samples]) -> Samples:
    """Put samples one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Samples(
        np.concatenate([part.ticks for part in parts]),
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.categories for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.sources for part in parts]),
        np.concatenate([part.cycles for part in parts]),
    )


def no_samples(numbers: int, categories: int) -> Samples:
    """Return zero rows of so many columns."""
    nothing = np.empty(0, object)
    return Samples(
        np.empty(0, np.int64),
        np.empty((0, numbers), np.float32),
        np.empty((0, categories), object),
        nothing,
        np.empty(0, np.int64),
        nothing,
    )


def put_in_order(codes: Places, samples: Samples) -> tuple[Places, Samples]:
    """Sort rows by asset and moment; rows of one asset and moment become one.

    Of such rows the one that came last gives every value that it has; what it lacks comes from those
    before. So a duplicate changes nothing, a row that differs corrects, and a historian that writes each
    tag on a line of its own gives whole rows.

    Args:
        codes: The asset of each row, shape ``(rows,)``.
        samples: The rows in the order in which they came.
    """
    order = np.lexsort((samples.ticks, codes))
    codes, samples = codes[order], samples.take(order)
    new = np.ones(len(codes), np.bool_)
    new[1:] = (codes[1:] != codes[:-1]) | (samples.ticks[1:] != samples.ticks[:-1])
    if new.all():
        return codes, samples
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(codes)) - 1
    last = samples.take(ends)
    return codes[ends], Samples(
        last.ticks,
        _latest(samples.numbers, ~np.isnan(samples.numbers), starts, last.numbers),
        _latest(samples.categories, samples.categories != "", starts, last.categories),
        last.times,
        last.sources,
        last.cycles,
    )


def repeated(codes: Places, samples: Samples) -> NDArray[np.bool_]:
    """Tell which rows say what the row before them of the same asset and moment said already."""
    found = np.zeros(len(codes), np.bool_)
    order = np.lexsort((samples.ticks, codes))
    ticks = samples.ticks[order]
    twice = 1 + np.flatnonzero((codes[order][1:] == codes[order][:-1]) & (ticks[1:] == ticks[:-1]))
    here, before = order[twice], order[twice - 1]
    found[here] = says_the_same(samples.take(before), samples.take(here))
    return found


def says_the_same(known: Samples, sent: Samples) -> NDArray[np.bool_]:
    """Tell, row by row, whether what was sent adds nothing to what is known; shape ``(rows,)``."""
    numbers = np.isnan(sent.numbers) | (sent.numbers == known.numbers)
    words = ((sent.categories == "") | (sent.categories == known.categories)).astype(np.bool_)
    same: NDArray[np.bool_] = numbers.all(axis=1) & words.all(axis=1)
    same &= (sent.cycles == known.cycles).astype(np.bool_)
    return same


def last_known(known: NDArray[np.bool_], asset_starts: Places) -> Places:
    """Return where each column was last known at each row of an asset; -1 where never.

    Args:
        known: Shape ``(rows, columns)``, by asset and moment.
        asset_starts: The first row of each row's asset, shape ``(rows,)``.
    """
    places = np.where(known, np.arange(len(known))[:, None], -1)
    np.maximum.accumulate(places, axis=0, out=places)
    places[places < asset_starts[:, None]] = -1
    return places


def starts_of(new: NDArray[np.bool_]) -> Places:
    """Return, for each row, the latest row at which ``new`` was true."""
    return np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))


def _latest(
    values: NDArray[Scalar], known: NDArray[np.bool_], starts: Places, otherwise: NDArray[Scalar]
) -> NDArray[Scalar]:
    places = np.where(known.astype(np.bool_), np.arange(len(values))[:, None], -1)
    found = np.maximum.reduceat(places, starts, axis=0)
    latest = otherwise.copy()
    rows, columns = np.nonzero(found >= 0)
    latest[rows, columns] = values[found[rows, columns], columns]
    return latest
