"""JSON lines: one row a line, as it would stand under ``row`` in a request, with the same verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from andamio.contracts import Contract, Rows
from andamio.contracts.decoder import RowDecoder
from andamio.contracts.rows import no_rows
from andamio.errors import Fault, NotFound, RowsRejected, text
from andamio.serving.batch.pieces import PIECE_ROWS, Piece, RowFault, at_line

_Line = tuple[int, bytes]
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class JsonLinesSource:
    """Reads rows from a file of JSON lines; empty lines are passed over."""

    def __init__(self, path: Path, contract: Contract) -> None:
        if not path.is_file():
            raise NotFound(
                text("there is no file {path}", path=path),
                fix=text("check the name; the current folder matters"),
            )
        self._path = path
        self._contract = contract
        self._decoder = RowDecoder(contract)

    def pieces(self) -> Iterable[Piece]:
        """Yield the pieces in the order of the file."""
        with self._path.open("rb") as file:
            lines = ((number, line.strip()) for number, line in enumerate(file, 1))
            filled = ((number, line) for number, line in lines if line)
            while batch := list(islice(filled, PIECE_ROWS)):
                yield self._piece(batch)

    def _piece(self, batch: Sequence[_Line]) -> Piece:
        readable, faults = _readable(batch)
        rows: Rows = no_rows(self._contract)
        if readable:
            try:
                rows = self._rows(readable)
            except RowsRejected as error:
                bad = {row for row in (_row_of(fault) for fault in error.faults) if row is not None}
                faults += [at_line(readable[_row_of(fault) or 0][0], fault) for fault in error.faults]
                readable = [line for place, line in enumerate(readable) if place not in bad]
                if readable:
                    rows = self._rows(readable)
        faults.sort(key=lambda found: found.line)
        return Piece(rows, [number for number, _ in readable], len(batch) - len(readable), faults)

    def _rows(self, lines: Sequence[_Line]) -> Rows:
        return self._decoder.decode(b'{"rows":[' + b",".join([line for _, line in lines]) + b"]}")


def _readable(batch: Sequence[_Line]) -> tuple[list[_Line], list[RowFault]]:
    good: list[_Line] = []
    faults: list[RowFault] = []
    for number, line in batch:
        try:
            _decode_object(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = text("the line is not a JSON object: {reason}", reason=error)
            fix = text('write one row a line: {{"TAG": value, …}}')
            faults.append(at_line(number, Fault("contract-type", what, fix=fix)))
        else:
            good.append((number, line))
    return good, faults


def _row_of(fault: Fault) -> int | None:
    row = fault.data.get("row")
    return row if isinstance(row, int) else None
