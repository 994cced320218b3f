"""Read what the dialects send as rows of the contract, with the verdict that native JSON gets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import NoneType

import numpy as np

from andamio.connectors.csv import CsvOptions, Marks, read_as_numbers
from andamio.contracts import Contract, Rows, TableValidator, TagType, table_columns
from andamio.contracts.cells import Cells, number_of_text
from andamio.contracts.faults import FaultWriter
from andamio.contracts.validator import IDENTITY, RowValidator, read_json, refusal
from andamio.errors import BodyRefused, Fault, RowsRejected, text
from andamio.serving.dialects.asking import no_row, not_of_the_form
from andamio.serving.scorer import Scorer

# A strange column is a fault of every row, and a table may have many columns for its size.
_MOST_EXTRA = 10_000
_POINTS = CsvOptions(decimal=".", thousands="")


class RowReader:
    """Reads rows for one model version: JSON objects, arrays in the contract's order, columns by name."""

    def __init__(self, scorer: Scorer) -> None:
        label = f"{scorer.model}@{scorer.version}"
        self.contract: Contract = scorer.contract
        self.order = tuple(declared.name for declared in scorer.contract.inputs)
        self._decode = scorer.decode
        self._rows = RowValidator(scorer.contract, label=label)
        self._table = TableValidator(scorer.contract, label=label)
        self._writer = FaultWriter(scorer.contract, label)

    def objects(self, raw: bytes) -> Rows:
        """Read the JSON of a list of objects; keys are tags, or all that a table's header may say.

        Raises:
            BodyRefused: It is not a list of objects.
            RowsRejected: With every fault of every row.
        """
        try:
            return self._decode(b'{"rows":' + raw + b"}")
        except BodyRefused as error:
            raise not_of_the_form(
                text("the rows are not a list of at least one object"),
                text("send {example}", example='[{"TAG": value, …}]'),
            ) from error
        except RowsRejected:
            rows = read_json(raw)
            if not isinstance(rows, list):
                raise
            names = list(dict.fromkeys(key for row in rows for key in row))
            found = table_columns(self.contract, names)
            tags = {names[place]: tag for tag, place in found.places.items() if names[place] != tag}
            if not tags or set(tags.values()) & set(names):
                raise
        return self._rows.judge([{tags.get(k, k): v for k, v in row.items()} for row in rows], found.units)

    def arrays(self, rows: Sequence[object], names: Sequence[str] | None = None) -> Rows:
        """Read rows that are lists of values, named by ``names`` or in the contract's order.

        Raises:
            BodyRefused: They are not lists of that length.
            RowsRejected: With every fault of every row.
        """
        names = self.order if names is None else names
        if not rows:
            raise no_row()
        listed = [row if isinstance(row, list) or len(names) != 1 else [row] for row in rows]
        for place, row in enumerate(listed):
            if not isinstance(row, list) or len(row) != len(names):
                raise not_of_the_form(
                    text("row {row} is not a list of {count} values", row=place + 1, count=len(names)),
                    text("send a value for each of: {names}", names=", ".join(names)),
                )
        return self.columns([(name, [row[i] for row in listed]) for i, name in enumerate(names)])  # type: ignore[index]

    def columns(self, columns: Sequence[tuple[str, Cells]], *, typed: bool = True) -> Rows:
        """Read columns of equal length, by the names that a table's header may have.

        Args:
            columns: Names and cells.
            typed: A text never spells a number; False for CSV.

        Raises:
            BodyRefused: There is no row.
            RowsRejected: With every fault of every row; a column that is no input is one in each row.
        """
        height = len(columns[0][1]) if columns else 0
        if not height:
            raise no_row()
        names = [name for name, _ in columns]
        found = table_columns(self.contract, names)
        wrong = [fault for fault in found.faults if fault.code != "contract-missing"]
        if wrong:
            raise refusal(self.contract, wrong, height)
        taken = set(found.places.values())
        strange = [name for place, name in enumerate(names) if place not in taken]
        extra = (self._writer.extra_key(row, name) for row in range(height) for name in strange)
        faults = list(islice(extra, _MOST_EXTRA))
        cells = {tag: columns[place][1] for tag, place in found.places.items()}
        if not cells:  # a table of strangers only has rows all the same
            cells = {"asset": [None] * height}
        verdict = self._table.check(cells, units=found.units, typed=typed)
        if verdict.breaches and not typed:
            cells = self._as_files_are_read(cells)
            verdict = self._table.check(cells, units=found.units, typed=typed)
        if verdict.breaches:
            verdict = self._table.check(self._shown(cells, typed=typed), units=found.units, typed=typed)
        faults += [*(self._nameless(cells) if typed else ()), *verdict.faults]
        if faults:
            raise refusal(self.contract, faults, height)
        return verdict.rows

    def _nameless(self, columns: Mapping[str, Cells]) -> Iterator[Fault]:
        for key in IDENTITY:
            cells = columns.get(key, ())
            if not isinstance(cells, np.ndarray):
                for row, cell in enumerate(cells):
                    if not isinstance(cell, (str, int, float, NoneType)):
                        yield self._writer.identity(row, key, cell)

    def _as_files_are_read(self, columns: Mapping[str, Cells]) -> dict[str, Cells]:
        # The words that mean "no value" in a file mean it here; commas stay what they are.
        read = dict(columns)
        for declared in self.contract.numbers:
            if declared.name in read:
                written = [str(cell or "").strip() for cell in read[declared.name]]
                read[declared.name], _ = read_as_numbers(written, Marks(), _POINTS)
        return read

    def _shown(self, columns: Mapping[str, Cells], *, typed: bool) -> dict[str, Cells]:
        # A fault shows a number as a number, whichever way it came.
        shown: dict[str, Cells] = {}
        for tag, cells in columns.items():
            declared = self.contract.by_name.get(tag)
            listed = cells.tolist() if isinstance(cells, np.ndarray) else cells
            spelled = not typed and declared is not None and declared.type is not TagType.CATEGORY
            shown[tag] = [_number(cell) for cell in listed] if spelled else listed
        return shown


def _number(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    number = number_of_text(cell, TagType.NUMBER)
    if math.isnan(number):
        return None
    return cell if math.isinf(number) else number
