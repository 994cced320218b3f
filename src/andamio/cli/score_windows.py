"""The windows of ``andamio score``: their memory, and the file in which it is kept between runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Contract, Rows
from andamio.contracts.window import Window
from andamio.features.windows import (
    Pushed,
    WindowStream,
    dated_after,
    kept,
    read_ticks,
    rows_of,
    samples_of,
    taken_up,
    window_plan,
)
from andamio.kernel import clock
from andamio.serving.batch.windowed import Ended
from andamio.storage.files import replace_file

_A_DAY = timedelta(days=1)  # a time without a zone may be off by nearly as much


class LiveWindows:
    """Forms the windows of files, one after the other where their memory is kept.

    Args:
        contract: The model's contract.
        window: Its windows.
        state: The file of the memory; it need not be there yet.

    Raises:
        WindowsRefused: The file is damaged, or of other windows.
    """

    def __init__(self, contract: Contract, window: Window, state: Path | None) -> None:
        self._contract = contract
        self._state = state
        plan = window_plan(contract, window)
        known = state is not None and state.exists()
        self._stream = taken_up(plan, state.read_bytes()) if state and known else WindowStream(plan)

    def placed(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows say when they were."""
        return read_ticks(rows.times)[1]

    def ahead(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows bear a date of tomorrow or later: one such row would make all others late."""
        return dated_after(rows.times, read_ticks(rows.times)[0], clock.now() + _A_DAY)

    def push(self, rows: Rows, lines: NDArray[np.int64], cycles: Sequence[str] | None) -> Ended:
        """Take rows, all of them placed."""
        samples = samples_of(rows, read_ticks(rows.times)[0], lines, cycles)
        return self._ended(self._stream.push([asset or "" for asset in rows.assets], samples))

    def close(self) -> Ended:
        """End every window that waits for nothing but later rows."""
        return self._ended(self._stream.close())

    def keep(self) -> None:
        """Write the memory, whole or not at all."""
        if self._state is not None:
            replace_file(self._state, kept(self._stream))

    def _ended(self, pushed: Pushed) -> Ended:
        windows = pushed.windows
        order = np.lexsort((windows.ticks, windows.sources))
        windows = windows.take(order)
        lines = np.maximum(windows.sources, 0).tolist()
        return Ended(rows_of(self._contract, windows, pushed.assets), lines, int(pushed.late.sum()))
