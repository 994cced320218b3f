"""The windows of ``andamio score``, whose memory goes on from file to file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Contract, Rows
from andamio.contracts.window import Window
from andamio.features.windows import (
    Pushed,
    WindowStream,
    dated_after,
    is_count,
    kept,
    leapt,
    read_ticks,
    rows_of,
    samples_of,
    taken_up,
    window_plan,
    without_leap,
)
from andamio.features.windows.leaps import FOLLOWERS
from andamio.kernel import clock
from andamio.serving.batch.windowed import Ended

_A_DAY = timedelta(days=1)  # a time without a zone may be off by nearly as much


class LiveWindows:
    """Forms the windows of files, one after the other where their memory is kept.

    Args:
        contract: The model's contract.
        window: Its windows.
        remembered: What ``content`` gave after the file before; None where this is the first.

    Attributes:
        taken_back: Rows of earlier files that were forgotten, because they leapt ahead of all that follow.

    Raises:
        WindowsRefused: What is remembered is damaged, or of other windows.
    """

    def __init__(self, contract: Contract, window: Window, remembered: bytes | None = None) -> None:
        self._contract = contract
        self.taken_back = 0
        plan = window_plan(contract, window)
        self._stream = WindowStream(plan) if remembered is None else taken_up(plan, remembered)

    def placed(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows say when they were."""
        return read_ticks(rows.times)[1]

    def ahead(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows bear a date of tomorrow or later: one such row would make all others late."""
        return dated_after(rows.times, read_ticks(rows.times)[0], clock.now() + _A_DAY)

    def leapt(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows count far ahead of those that follow: they too would make all others late."""
        return leapt(rows.assets, rows.times, read_ticks(rows.times)[0])

    def push(self, rows: Rows, lines: NDArray[np.int64], cycles: Sequence[str] | None) -> Ended:
        """Take rows, all of them placed."""
        ticks = read_ticks(rows.times)[0]
        self._take_back_leaps(rows, ticks)
        samples = samples_of(rows, ticks, lines, cycles)
        return self._ended(self._stream.push([asset or "" for asset in rows.assets], samples))

    def _take_back_leaps(self, rows: Rows, ticks: NDArray[np.int64]) -> None:
        """Forget the last row of an earlier file where it leapt ahead of the rows that come now."""
        coming: dict[str, list[int]] = {}
        for place, asset in enumerate(rows.assets):
            known = self._stream.memory.get(asset or "")
            if known is not None and len(few := coming.setdefault(asset or "", [])) < FOLLOWERS:
                few.append(place)
        for asset, places in coming.items():
            if not all(is_count(rows.times[place]) for place in places):
                continue
            healed = without_leap(self._stream.memory[asset], ticks[places])
            if healed is not None:
                self._stream.memory[asset] = healed
                self.taken_back += 1

    def close(self) -> Ended:
        """End every window that waits for nothing but later rows."""
        return self._ended(self._stream.close())

    def content(self) -> bytes:
        """Return all that the next file has to remember."""
        return kept(self._stream)

    def _ended(self, pushed: Pushed) -> Ended:
        windows = pushed.windows
        order = np.lexsort((windows.ticks, windows.sources))
        windows = windows.take(order)
        lines = np.maximum(windows.sources, 0).tolist()
        return Ended(rows_of(self._contract, windows, pushed.assets), lines, int(pushed.late.sum()))
