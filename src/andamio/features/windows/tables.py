"""From accepted rows to samples, and from windows to the rows that a graph reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.contracts.watch import Watch
from andamio.features.windows.forming import Windows
from andamio.features.windows.samples import Samples, Ticks


def samples_of(
    rows: Rows, ticks: Ticks, sources: NDArray[np.int64], cycles: Sequence[str] | None = None
) -> Samples:
    """Lay out accepted rows as samples.

    Args:
        rows: Rows of the contract ``by_rows``.
        ticks: Their moments, shape ``(rows,)``.
        sources: Where they stand in what they came from, shape ``(rows,)``.
        cycles: The cycle of each, where the contract names a column for it.
    """
    return Samples(
        ticks,
        rows.numbers,
        rows.categories,
        _texts([time or "" for time in rows.times]),
        sources,
        _texts(cycles or [""] * len(rows)),
    )


def rows_of(contract: Contract, windows: Windows, assets: Sequence[str]) -> Rows:
    """Lay out windows as the rows of their contract.

    Args:
        contract: With its ``[window]``.
        windows: What was formed.
        assets: The names behind ``windows.codes``; "" where rows named none.
    """
    watch = Watch(contract.by_rows)
    return Rows(
        windows.numbers,
        windows.categories,
        [assets[code] or None for code in windows.codes.tolist()],
        [time or None for time in windows.times.tolist()],
        watch.flags(windows.numbers.astype(np.float64), windows.categories),
        windows.signals,
    )


def _texts(words: Sequence[str]) -> NDArray[np.object_]:
    texts = np.empty(len(words), object)
    texts[:] = words
    return texts
