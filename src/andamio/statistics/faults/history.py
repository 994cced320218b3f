"""The training rows as the detectors will see live ones: in time order, asset by asset, holes filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.peers import unexplained
from andamio.statistics.faults.windows import (
    HELD,
    LONG,
    contrasts,
    median_of_five,
    span,
    spike_heights,
)
from andamio.statistics.runs import by_group

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The rows of one asset in time order: as they came, filled, and without spikes."""

    times: NDArray[np.float64]
    raw: Table
    filled: Table
    smooth: Table

    def steps(self) -> tuple[Table, Table]:
        """Return lasting steps and contrasts of eight rows; NaN where values were missing."""
        return tuple(self._whole(found) for found in contrasts(self.smooth))  # type: ignore[return-value]

    def spikes(self, peers: NDArray[np.int64] | None = None, weights: Table | None = None) -> Table:
        """Return the heights of spikes, of what the peers leave where they are given; NaN where values were missing."""
        left = self.filled if peers is None or weights is None else unexplained(self.filled, peers, weights)
        heights = spike_heights(left, median_of_five(left))
        return np.where(np.isnan(self.raw), np.nan, heights)

    def held(self, peers: NDArray[np.int64], weights: Table) -> Table:
        """Return how far the peers moved a tag over 16 rows in which it held one value; NaN where it did not."""
        moved = span(self.filled - unexplained(self.filled, peers, weights), HELD)
        return np.where((span(self.filled, HELD) == 0) & ~np.isnan(self.raw), moved, np.nan)

    def _whole(self, found: Table) -> Table:
        absent = np.isnan(self.raw).cumsum(axis=0)
        absent = np.vstack([np.zeros((1, absent.shape[1]), absent.dtype), absent])
        width = 2 * LONG
        holes = absent[width : width + len(found)] - absent[: len(absent) - width][: len(found)]
        out = found.copy()
        out[: len(holes)][holes[: len(out)] > 4] = np.nan
        return out


def stretches(
    numbers: NDArray[np.floating], times: NDArray[np.float64] | None, assets: Sequence[str | None] | None
) -> list[Stretch]:
    """Sort the training rows into one stretch an asset."""
    rows = len(numbers)
    clock = np.arange(rows, dtype=np.float64) if times is None else np.asarray(times, np.float64)
    order = np.argsort(clock, kind="stable")
    names: Sequence[str | None] = [None] * rows if assets is None else assets
    found = []
    for places in by_group([names[i] for i in order]).values():
        raw = np.asarray(numbers, np.float32)[order[places]].astype(np.float64)
        raw[~np.isfinite(raw)] = np.nan
        filled = fill_forward(raw, _first(raw))
        found.append(
            Stretch(times=clock[order[places]], raw=raw, filled=filled, smooth=median_of_five(filled))
        )
    return found


def fill_forward(raw: Table, start: NDArray[np.float64]) -> Table:
    """Carry the last value into the holes; ``start`` fills those before the first."""
    out = np.vstack([start[None, :], raw])
    if np.isnan(raw).any():
        place = np.where(np.isnan(out), 0, np.arange(len(out))[:, None])
        np.maximum.accumulate(place, axis=0, out=place)
        out = np.take_along_axis(out, place, axis=0)
    return out[1:]


def _first(raw: Table) -> NDArray[np.float64]:
    known = ~np.isnan(raw)
    place = known.argmax(axis=0) if len(raw) else np.zeros(raw.shape[1], np.int64)
    value = raw[place, np.arange(raw.shape[1])] if len(raw) else np.zeros(raw.shape[1])
    return np.where(np.isnan(value), 0.0, value)
