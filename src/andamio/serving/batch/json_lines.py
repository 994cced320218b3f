"""JSON lines: one row a line, as it would stand under ``row`` in a request, with the same verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from andamio.contracts import Contract
from andamio.contracts.cells import text_of
from andamio.contracts.decoder import RowDecoder
from andamio.contracts.rows import no_rows
from andamio.errors import Fault, text
from andamio.serving.batch.pieces import PIECE_ROWS, Piece, Refusal, placed
from andamio.storage.files import require_file

_Line = tuple[int, bytes]
_SHOWN = 60
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class JsonLinesSource:
    """Reads rows from a file of JSON lines; empty lines are passed over."""

    def __init__(self, path: Path, contract: Contract) -> None:
        require_file(path)
        self._path = path
        self._contract = contract
        self._decoder = RowDecoder(contract)
        self._cycle = None if contract.window is None else contract.window.cycle

    def pieces(self) -> Iterable[Piece]:
        """Yield the pieces in the order of the file."""
        with self._path.open("rb") as file:
            lines = ((number, line.strip()) for number, line in enumerate(file, 1))
            filled = ((number, line) for number, line in lines if line)
            while batch := list(islice(filled, PIECE_ROWS)):
                yield self._piece(batch)

    def _piece(self, batch: Sequence[_Line]) -> Piece:
        readable, refusals = _readable(batch)
        cycles: dict[int, str] = {}
        if self._cycle is not None:
            readable, cycles = _parted(readable, self._cycle, is_tag=self._cycle in self._contract.by_name)
        if readable:
            bad = self._decoder.bad_cells(_body(readable))
            refusals += [placed(found, readable[found.row][0]) for found in bad]
            rows_of_bad = {found.row for found in bad}
            readable = [line for place, line in enumerate(readable) if place not in rows_of_bad]
        rows = self._decoder.decode(_body(readable)) if readable else no_rows(self._contract)
        refusals.sort(key=lambda refusal: refusal.line)
        lines = [number for number, _ in readable]
        told = None if self._cycle is None else [cycles.get(number, "") for number in lines]
        return Piece(rows, lines, len(batch) - len(readable), refusals, told)


def _body(lines: Sequence[_Line]) -> bytes:
    return b'{"rows":[' + b",".join([line for _, line in lines]) + b"]}"


def _parted(lines: Sequence[_Line], cycle: str, *, is_tag: bool) -> tuple[list[_Line], dict[int, str]]:
    """Read the cycles of the lines that name one; where it is no tag, take it out of them."""
    rows: list[_Line] = []
    cycles: dict[int, str] = {}
    for number, line in lines:
        row = _decode_object(line)
        told = row.get(cycle) if is_tag else row.pop(cycle, None)
        if told is not None:
            cycles[number] = text_of(msgspec.json.decode(told), typed=True) or ""
        rows.append((number, msgspec.json.encode(row)))
    return rows, cycles


def _readable(batch: Sequence[_Line]) -> tuple[list[_Line], list[Refusal]]:
    good: list[_Line] = []
    refusals: list[Refusal] = []
    for number, line in batch:
        try:
            _decode_object(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            shown = line[:_SHOWN].decode(errors="replace")
            refusals.append(
                Refusal(number, "contract-type", None, shown, partial(_no_object, reason=str(error)))
            )
        else:
            good.append((number, line))
    return good, refusals


def _no_object(reason: str) -> Fault:
    what = text("the line is not a JSON object: {reason}", reason=reason)
    return Fault("contract-type", what, fix=text('write one row a line: {{"TAG": value, …}}'))
