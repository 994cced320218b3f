"""A piece of a file: the rows that the contract accepted and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Rows
from andamio.contracts.table import BadCell
from andamio.errors import Fault, text
from andamio.serving.batch.settling import Unseen
from andamio.serving.scorer import Block, Scorer

PIECE_ROWS = 8192


@dataclass(frozen=True, slots=True)
class Refusal:
    """One fault of one refused row, by the line (or record) of the file, from 1.

    Half of a long file may be refused, so sentences are written only for whoever asks.
    """

    line: int
    code: str
    tag: str | None
    value: object
    write: Callable[[], Fault]

    def fault(self) -> Fault:
        """Write the fault, placed in the file: its own row number counts within a piece only."""
        return replace(self.write(), where=text("line {line}", line=self.line))


def placed(found: BadCell, line: int) -> Refusal:
    """Place a fault of a piece in the file."""
    return Refusal(line, found.code, found.tag, found.cell, found.write)


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a file.

    Attributes:
        rows: The accepted rows, or the windows that ended.
        lines: Where they stand, in their order.
        refused: How many rows were refused.
        refusals: Their faults.
        cycles: The cycle of each row, where the contract names a column for it.
        unanswered: Accepted rows at which no window ended.
        late: Rows that came too late for their windows.
    """

    rows: Rows
    lines: Sequence[int]
    refused: int
    refusals: Sequence[Refusal]
    cycles: Sequence[str] | None = None
    unanswered: int = 0
    late: int = 0


def read_ahead(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces, each read and judged on a thread of its own while the one before is scored."""
    coming = iter(pieces)
    with ThreadPoolExecutor(1, thread_name_prefix="read") as reader:
        ahead = reader.submit(next, coming, None)
        while (piece := ahead.result()) is not None:
            ahead = reader.submit(next, coming, None)
            yield piece


class Source(Protocol):
    """Reads a file."""

    def pieces(self) -> Iterable[Piece]:
        """Yield its pieces in the order of the file."""
        ...


class Courses(Protocol):
    """Keeps one course of remaining life for each machine; whoever owns a memory between files does."""

    def told(self, rows: Rows, values: NDArray[np.float32]) -> Sequence[float]:
        """Smooth the answers to rows, in their order."""
        ...


class Target(Protocol):
    """Writes the answers of a file; nothing is seen under its name before it is whole."""

    @property
    def unseen(self) -> Unseen:
        """Where it lies until it is published."""
        ...

    def add(self, lines: Sequence[int], scorer: Scorer, block: Block) -> None:
        """Write the answers of a piece."""
        ...

    def make_durable(self) -> str:
        """End the file, force it to the disk, still unseen, and return its SHA-256."""
        ...

    def publish(self) -> None:
        """Give the file its name."""
        ...

    def abandon(self) -> None:
        """Leave nothing behind, unless it was published."""
        ...
