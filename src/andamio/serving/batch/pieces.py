"""A piece of a file: the rows that the contract accepted and the faults of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from andamio.contracts import Rows
from andamio.errors import Fault

PIECE_ROWS = 8192


@dataclass(frozen=True, slots=True)
class RowFault:
    """One fault of one refused row, by the line (or record) of the file, from 1."""

    line: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a file. ``lines`` are those of the accepted rows, in their order."""

    rows: Rows
    lines: Sequence[int]
    refused: int
    faults: Sequence[RowFault]


class Pieces(Protocol):
    """Reads a file piece by piece."""

    def __call__(self) -> Iterator[Piece]:
        """Yield the pieces in the order of the file."""
        ...
