"""The moments at which a model is asked: every accepted row, or every window's end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.contracts.spelling import spelled
from andamio.features.windows import form_windows, rows_of, samples_of, ticks_of_seconds, window_plan

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Every row of a table with its machine and its moment.

    Attributes:
        codes: The asset of each row, from 0, shape ``(rows,)``.
        assets: Their names.
        ticks: Moments in millionths of a second or of a count.
        known: Whether the moment could be read.
        counts: Whether the time column counts.
    """

    codes: Index
    assets: Sequence[str]
    ticks: Index
    known: NDArray[np.bool_]
    counts: bool


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """The rows that a model is asked.

    Attributes:
        rows: As the scorer would receive them.
        source: The table's row behind each, shape ``(ends,)``.
        codes: The asset of each.
        ticks: The moment of each.
        begins: The moment of the first sample that it sees.
        unused: Accepted rows at which no window ends, where every row is a sample.
    """

    rows: Rows
    source: Index
    codes: Index
    ticks: Index
    begins: Index
    unused: int = 0

    def take(self, keep: NDArray[np.bool_]) -> Ends:
        """Return the ends of ``keep``."""
        rows = self.rows.take(np.flatnonzero(keep))
        return Ends(
            rows, self.source[keep], self.codes[keep], self.ticks[keep], self.begins[keep], self.unused
        )


def by_asset(codes: Index) -> Iterator[tuple[int, Index]]:
    """Yield each asset's code and where its rows are, in their order."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    for mine in np.split(order, starts[1:]) if len(order) else []:
        yield int(codes[mine[0]]), mine


def read_moments(contract: Contract, frame: pl.DataFrame, seconds: NDArray[np.float64]) -> Moments:
    """Read the asset and the moment of every row of a table.

    Args:
        contract: Names the columns.
        frame: The table.
        seconds: Its times, shape ``(rows,)``; NaN where there is none.
    """
    ticks, known = ticks_of_seconds(seconds)
    named = [""] * frame.height
    if contract.asset:
        named = frame[contract.asset].cast(pl.String).fill_null("").to_list()
    places = {name: code for code, name in enumerate(dict.fromkeys(named))}
    codes = np.fromiter((places[name] for name in named), np.int64, len(named))
    counts = contract.time is not None and frame[contract.time].dtype.is_numeric()
    return Moments(codes, list(places), ticks, known, counts)


def read_ends(
    contract: Contract, frame: pl.DataFrame, rows: Rows, accepted: NDArray[np.bool_], moments: Moments
) -> Ends:
    """Form the windows of the accepted rows; without ``[window]`` each row is its own end.

    Args:
        contract: What the model promises.
        frame: The table.
        rows: Its accepted rows.
        accepted: Which rows they are.
        moments: Of all rows.
    """
    usable = accepted & moments.known
    rows = rows.take(np.flatnonzero(usable[accepted]))
    source = np.flatnonzero(usable).astype(np.int64)
    codes, ticks = moments.codes[source], moments.ticks[source]
    if contract.window is None:
        return Ends(rows, source, codes, ticks, ticks)
    cycles = _cycles(frame, contract.window.cycle, source)
    plan = window_plan(contract, contract.window)
    windows = form_windows(plan, codes, samples_of(rows, ticks, source, cycles))
    return Ends(
        rows_of(contract, windows, moments.assets),
        windows.sources,
        windows.codes,
        windows.ticks,
        windows.begins,
        len(rows) - len(windows) if plan.every is None and not plan.cycles else 0,
    )


def _cycles(frame: pl.DataFrame, column: str | None, source: Index) -> list[str] | None:
    if column is None:
        return None
    cells = frame[column].to_list()
    return ["" if cells[row] is None else spelled(cells[row]) for row in source.tolist()]
