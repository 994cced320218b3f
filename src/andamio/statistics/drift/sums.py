"""Cumulative sums, Page's: what goes beyond a slack adds up, up and down, and never falls below zero.

All columns, and all sums that look at the same rows, are summed at once. It is done in whole numbers, so
that a stream cut anywhere gives the same bits. Tables lie as columns by rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
Whole = NDArray[np.int64]

# Each sum's signal (rows, residuals, their squares, what other columns do not explain), its slack, and of how
# many rows it takes the sum at a time: what is slow to see anyway need not be looked at every row.
CUSUMS = ((0, 0.25, 4), (0, 0.5, 4), (0, 1.0, 1), (0, 2.0, 1), (1, 0.5, 4), (2, 0.5, 4), (3, 0.5, 4))
SIGNALS = 4
GIVEN_OTHERS = 3
_SQUARES = 5  # the sum that only goes upwards: what varies less is missing, held, or better known
_GROUP = 4
_UNIT = 2.0**32
_MOST = 2.0**61
# The sums as they are worked through: those of groups of rows first.
LANES = tuple(sorted(range(len(CUSUMS)), key=lambda i: (-CUSUMS[i][2], i)))
_GROUPED = sum(group == _GROUP for _, _, group in CUSUMS)
_ONE_WAY = LANES.index(_SQUARES)


@dataclass(slots=True)
class SumState:
    """What the sums remember between two rows, for one asset.

    Attributes:
        sums: Cumulative sums in units of 2**-32, whole numbers, shape ``(2, cusums, columns)``, up and down,
            in the order of ``LANES``.
        open: What each signal adds up to since its group of rows began, shape ``(signals, columns)``.
        counted: Rows of that group so far, then the latest values of the sums of groups in units of 2**-32.
        peaks: Where asked for, the largest each sum has been, shape ``(cusums, columns)``, in the same order;
            no state.
    """

    sums: Whole
    open: Whole
    counted: Whole
    peaks: Table | None = None

    @classmethod
    def fresh(cls, columns: int) -> SumState:
        """Return the state before the first row."""
        return cls(
            sums=np.zeros((2, len(CUSUMS), columns), np.int64),
            open=np.zeros((SIGNALS, columns), np.int64),
            counted=np.zeros(1 + _GROUPED, np.int64),
        )

    def furthest(self, cusum: int) -> int:
        """Return the column whose sum is the largest."""
        return int(np.argmax(self.sums[:, LANES.index(cusum)].max(axis=0)))


class Sums:
    """The sums of all columns, ready to run; what never changes is worked out once."""

    def __init__(self, scale: Table, caps: Table, rows: int) -> None:
        """Prepare.

        Args:
            scale: Makes the sums of all columns alike, shape ``(signals, columns)``.
            caps: No sum grows beyond, shape ``(cusums,)``.
            rows: The most rows at a time.
        """
        self.scale = _UNIT * scale
        order = list(LANES)
        units = np.array([_UNIT / (2 * slack) for _, slack, _ in CUSUMS])
        self._units = units[order]
        self._caps = np.minimum(caps * units, _MOST).astype(np.int64)[order]
        steps = [_UNIT * slack * group * scale[source] for source, slack, group in CUSUMS]
        slacks = np.array(steps).astype(np.int64)[order][:, :, None]
        self._grouped = slacks[:_GROUPED] * np.arange(rows // _GROUP + 2)
        self._every = slacks[_GROUPED:] * np.arange(rows + 1)

    def run(self, signals: Iterable[Table], state: SumState, values: Table) -> None:
        """Sum the next rows and leave the state after the last.

        Args:
            signals: One after another, by ``scale``, shape ``(columns, rows)`` each.
            state: Is changed.
            values: Is filled: of each sum the largest of all columns and sides, shape ``(cusums, rows)``.
        """
        kinds, columns = state.open.shape
        rows, begun = values.shape[1], int(state.counted[0])
        groups = (begun + rows) // _GROUP
        placed = np.zeros((columns, (groups + 1) * _GROUP), np.int64)
        group = np.zeros((kinds, columns, groups + 2), np.int64)
        for kind, signal in enumerate(signals):
            placed[:, begun : begun + rows] = signal
            if kind == 0:
                total = np.zeros((1, columns, rows + 1), np.int64)
                np.cumsum(placed[:, begun : begun + rows], axis=1, out=total[0, :, 1:])
                for place, slacks in enumerate(self._every):
                    lane = _GROUPED + place
                    tops = self._all(total, slacks[None], slice(lane, lane + 1), state)
                    values[LANES[lane]] = tops[0, 1:] / self._units[lane]
            np.add(placed[:, ::_GROUP], placed[:, 1::_GROUP], out=group[kind, :, 1:])
            for at in range(2, _GROUP):
                group[kind, :, 1:] += placed[:, at::_GROUP]
        group[:, :, 1] += state.open
        state.open = group[:, :, -1].copy()
        total = group[:, :, :-1]
        np.cumsum(total, axis=2, out=total)
        tops = self._all(total, self._grouped, slice(0, _GROUPED), state)
        tops[:, 0] = state.counted[1:]
        state.counted[0] = (begun + rows) % _GROUP
        state.counted[1:] = tops[:, -1]
        shown = np.arange(begun + 1, begun + rows + 1) // _GROUP
        for lane in range(_GROUPED):
            values[LANES[lane]] = tops[lane, shown] / self._units[lane]

    def _all(self, total: Whole, slacks: Whole, lanes: slice, state: SumState) -> Whole:
        """Run some sums, both sides at once, and return the largest of all columns and sides.

        The recursion ``max(0, s + x - k)`` is the sum less its least value so far, no more than where it
        began.

        Args:
            total: What signals add up to, shape ``(signals, columns, 1 + steps)``.
            slacks: What each sum lets pass until each step, shape ``(lanes, columns, at least 1 + steps)``.
            lanes: Which sums.
            state: Is changed.

        Returns:
            Shape ``(lanes, 1 + steps)``; the first means nothing.

        Source: Page, Biometrika 41 (1954).
        """
        steps = total.shape[2]
        doubled = 1 + len(slacks) - len(total)  # the first signal is summed with several slacks
        sums, least = np.empty((2, len(slacks), *total.shape[1:]), np.int64)
        tops = np.zeros((len(slacks), steps), np.int64)
        for side, way in enumerate((total, -total)):
            np.subtract(way[0], slacks[:doubled, :, :steps], out=sums[:doubled])
            np.subtract(way[1:], slacks[doubled:, :, :steps], out=sums[doubled:])
            begun = state.sums[side, lanes]
            np.negative(begun, out=sums[:, :, 0])
            sums -= np.minimum.accumulate(sums, axis=2, out=least)
            if side and lanes.start == 0:
                sums[_ONE_WAY] = 0
            top = sums.max(axis=1)
            for place in np.flatnonzero(top.max(axis=1) > self._caps[lanes]).tolist():
                each = np.diff(way[max(0, place + 1 - doubled)] - slacks[place, :, :steps], axis=1)
                _hold(sums[place], each, begun[place], int(self._caps[lanes][place]))
                top[place] = sums[place].max(axis=0)
            if state.peaks is not None:
                most = sums.max(axis=2) / self._units[lanes, None]
                np.maximum(state.peaks[lanes], most, out=state.peaks[lanes])
            if steps > 1:
                state.sums[side, lanes] = sums[:, :, -1]
            np.maximum(tops, top, out=tops)
        return tops


def _hold(sums: Whole, steps: Whole, begun: Whole, cap: int) -> None:
    """Run again, step by step, the sums that went beyond the cap, and hold them there."""
    for j in np.flatnonzero(sums.max(axis=1) > cap):

        def held(s: int, step: int) -> int:
            return min(cap, max(0, s + step))

        sums[j, 1:] = list(accumulate(steps[j].tolist(), held, initial=min(int(begun[j]), cap)))[1:]
