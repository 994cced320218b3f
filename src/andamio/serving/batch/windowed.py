"""Turn the pieces of a file into pieces of windows, one row for each window that ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Rows
from andamio.errors import Fault, FileRefused, text
from andamio.serving.batch.pieces import Piece, Refusal, Source


class Ended(NamedTuple):
    """The windows that rows ended.

    Attributes:
        rows: As the scorer reads them, in the order of ``lines``.
        lines: Where the latest row of each stands; 0 where that is in an earlier file.
        late: How many rows came too late to take their place.
    """

    rows: Rows
    lines: list[int]
    late: int


class WindowFormer(Protocol):
    """Forms windows from rows as they come; whoever owns a memory between files implements it."""

    def placed(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows say when they were, shape ``(rows,)``."""
        ...

    def ahead(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows bear a date that cannot have come yet, shape ``(rows,)``."""
        ...

    def leapt(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which rows count far ahead of those that follow, shape ``(rows,)``."""
        ...

    def push(self, rows: Rows, lines: NDArray[np.int64], cycles: Sequence[str] | None) -> Ended:
        """Take rows, all of them placed."""
        ...

    def close(self) -> Ended:
        """End every window that waits for nothing but later rows."""
        ...


class WindowedSource:
    """A file of single rows, read as windows.

    Args:
        source: Reads the rows.
        former: Forms the windows.
        cycle: The column of the cycles, where there are some.
        closing: The file is the whole: what waits for later rows only ends with it.
    """

    def __init__(self, source: Source, former: WindowFormer, *, cycle: str | None, closing: bool) -> None:
        self._source = source
        self._former = former
        self._cycle = cycle
        self._closing = closing

    def pieces(self) -> Iterable[Piece]:
        """Yield the windows of each piece, and those that the end of the file ends."""
        for piece in self._source.pieces():
            yield self._windows(piece)
        if self._closing:
            ended = self._former.close()
            yield Piece(ended.rows, ended.lines, 0, [], unanswered=-_answered(ended.lines))

    def _windows(self, piece: Piece) -> Piece:
        if self._cycle is not None and piece.cycles is None:
            raise FileRefused(
                text('the file has no column "{column}"', column=self._cycle),
                why=text("[window] {role} names it", role="cycle"),
                fix=text("add the column, in a CSV or a Parquet file"),
            )
        placed, ahead = self._former.placed(piece.rows), self._former.ahead(piece.rows)
        leapt = self._former.leapt(piece.rows) & placed & ~ahead
        lines = np.asarray(piece.lines, np.int64)
        unplaced = [
            *_unplaced(piece, placed),
            *_ahead(piece, ahead, _from_the_future),
            *_ahead(piece, leapt, _far_ahead),
        ]
        placed &= ~ahead & ~leapt
        cycles = piece.cycles
        if unplaced:
            chosen = np.flatnonzero(placed)
            cycles = None if cycles is None else [cycles[place] for place in chosen.tolist()]
            piece, lines = replace(piece, rows=piece.rows.take(chosen)), lines[chosen]
        ended = self._former.push(piece.rows, lines, cycles)
        refusals = sorted([*piece.refusals, *unplaced], key=lambda refusal: refusal.line)
        unanswered = len(lines) - _answered(ended.lines)
        refused = piece.refused + len(unplaced)
        return Piece(ended.rows, ended.lines, refused, refusals, unanswered=unanswered, late=ended.late)


def _answered(lines: list[int]) -> int:
    return len(set(lines) - {0})


def _unplaced(piece: Piece, placed: NDArray[np.bool_]) -> Iterator[Refusal]:
    for place in np.flatnonzero(~placed).tolist():
        sent = piece.rows.times[place]
        code = "contract-missing" if sent is None else "contract-type"
        yield Refusal(piece.lines[place], code, "time", sent, partial(_no_moment, code, sent))


def _ahead(piece: Piece, ahead: NDArray[np.bool_], write: Callable[[str | None], Fault]) -> Iterator[Refusal]:
    for place in np.flatnonzero(ahead).tolist():
        sent = piece.rows.times[place]
        yield Refusal(piece.lines[place], "contract-range", "time", sent, partial(write, sent))


def _from_the_future(sent: str | None) -> Fault:
    return Fault(
        "contract-range",
        text("{value} has not come yet, by the clock of this box", value=sent),
        why=text("all later rows of the machine would come too late for their windows"),
        fix=text("check the clock of whatever wrote the row, and of this box (date)"),
    )


def _far_ahead(sent: str | None) -> Fault:
    return Fault(
        "contract-range",
        text("{value} is far ahead of the rows that follow", value=sent),
        why=text("all later rows of the machine would come too late for their windows"),
        fix=text("check whatever counts: the next rows go on from before this one"),
    )


def _no_moment(code: str, sent: str | None) -> Fault:
    what = text("the row has no time") if sent is None else text('"{value}" is no time', value=str(sent)[:60])
    why = text("the rows of a window are put in order by their time")
    return Fault(
        code, what, why=why, fix=text("write it as ISO 8601, or as a number of a column that counts")
    )
