"""Judge JSON rows completely: every fault of every row, or the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import NoneType

import msgspec

from andamio.contracts.cells import Cells
from andamio.contracts.contract import Contract
from andamio.contracts.faults import FaultWriter, cut, nearest
from andamio.contracts.rows import Rows
from andamio.contracts.table import BadCell, TableValidator
from andamio.errors import BodyRefused, Fault, RowsRejected, Text, UnitUnknown, text
from andamio.kernel.units import convert

IDENTITY = ("asset", "time")
_BODY = ("row", "rows", "units")


class RowValidator:
    """The slow and complete way from a JSON body to rows."""

    def __init__(self, contract: Contract, *, label: str | None = None) -> None:
        self.contract = contract
        self._tags = {i.name for i in contract.inputs} | set(IDENTITY)
        self._table = TableValidator(contract, label=label)
        self._writer = FaultWriter(contract, label)

    def validate(self, body: bytes) -> Rows:
        """Read a body that is ``{"row": …}`` or ``{"rows": […], "units": {…}}``.

        Raises:
            BodyRefused: The body is not JSON, or not of this form.
            RowsRejected: With every fault of every row.
        """
        return self.judge(*open_body(body))

    def judge(self, rows: Sequence[Mapping[str, object]], units: Mapping[str, str]) -> Rows:
        """Judge rows that were read already, whatever body they came in.

        Raises:
            RowsRejected: With every fault of every row.
        """
        faults = self._unit_faults(units) + [found.write() for found in self._strangers(rows)]
        columns = self._columns(rows)
        usable = {} if faults and any(fault.code == "contract-unit" for fault in faults) else units
        verdict = self._table.check(columns, units=usable, typed=True)
        if usable == units:
            faults += verdict.faults
        if faults:
            raise refusal(self.contract, faults, len(rows))
        return verdict.rows

    def bad_cells(self, rows: Sequence[Mapping[str, object]]) -> list[BadCell]:
        """Find every fault of every row, by row, without a word written yet."""
        verdict = self._table.check(self._columns(rows), typed=True)
        return sorted([*self._strangers(rows), *verdict.bad_cells()], key=lambda found: found.row)

    def _columns(self, rows: Sequence[Mapping[str, object]]) -> dict[str, Cells]:
        names = [i.name for i in self.contract.inputs]
        names += [key for key in IDENTITY if any(key in row for row in rows)]
        return {name: [row.get(name) for row in rows] for name in names}

    def _strangers(self, rows: Sequence[Mapping[str, object]]) -> Iterator[BadCell]:
        writer = self._writer
        for place, row in enumerate(rows):
            for key, cell in row.items():
                if key not in self._tags:
                    write = partial(writer.extra_key, place, key)
                    yield BadCell(place, "contract-extra", cut(key), cell, write)
            for key in IDENTITY:
                if not isinstance(row.get(key), (str, int, float, NoneType)):
                    write = partial(writer.identity, place, key, row[key])
                    yield BadCell(place, "contract-type", key, row[key], write)

    def _unit_faults(self, units: Mapping[str, str]) -> list[Fault]:
        faults = []
        for tag, unit in units.items():
            declared = self.contract.by_name.get(tag)
            if declared is None:
                what = text('units names "{tag}", which is no input', tag=tag[:60])
                fix = nearest(tag, [i.name for i in self.contract.inputs]) or text("remove it from units")
                faults.append(self._writer.unit(tag, what, fix))
            elif declared.unit is None:
                what = text(
                    "the contract gives {tag} no unit, so {unit} cannot be converted", tag=tag, unit=unit
                )
                faults.append(self._writer.unit(tag, what, text("remove it from units")))
            else:
                try:
                    convert(0.0, unit, declared.unit)
                except UnitUnknown as error:
                    fix = text(
                        "send {tag} in {unit}, or in a unit of the same kind", tag=tag, unit=declared.unit
                    )
                    faults.append(self._writer.unit(tag, error.what, fix))
        return faults


def refusal(contract: Contract, faults: list[Fault], count: int) -> RowsRejected:
    """Refuse ``count`` rows for their faults, sorted by row."""
    faults.sort(key=_place)
    bad = len({fault.data["row"] for fault in faults if "row" in fault.data})
    what = (
        text("the row breaks the contract of {name}", name=contract.name)
        if count == 1
        else text(
            "{bad} of {count} rows break the contract of {name}", bad=bad, count=count, name=contract.name
        )
    )
    return RowsRejected(what, faults=faults, data={"rows": count, "rejected": bad})


def open_body(body: bytes) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Read the frame of a body: its rows and its units.

    Raises:
        BodyRefused: It is not JSON, or not of the form.
    """
    frame = read_json(body)
    if not isinstance(frame, dict):
        raise _not_a_frame(text("it is not an object"))
    others = [key for key in frame if key not in _BODY]
    if others:
        raise _not_a_frame(text('it has "{key}", which nobody reads', key=others[0][:60]))
    if ("row" in frame) == ("rows" in frame):
        raise _not_a_frame(text('it needs "row" or "rows", one of them'))
    rows = frame["rows"] if "rows" in frame else [frame["row"]]
    units = frame.get("units")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _not_a_frame(text("a row is an object, and rows a list of at least one"))
    if units is None:
        return rows, {}
    if not isinstance(units, dict) or not all(isinstance(unit, str) for unit in units.values()):
        raise _not_a_frame(text("units is an object of texts"))
    return rows, units


def read_json(body: bytes) -> object:
    """Read any JSON; a number beyond float64 becomes infinity, which the contract judges.

    Raises:
        BodyRefused: It is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if "out of range" in str(error):
            return _huge_numbers(body)
        raise BodyRefused(
            text("the body is not JSON"), why=text("{reason}", reason=error), fix=_example()
        ) from error


def _huge_numbers(body: bytes) -> object:
    # A number beyond float64 is a fault of its row, as it is in a table, not of the whole body.
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyRefused(
            text("the body is not JSON"), why=text("it holds a number of absurd length"), fix=_example()
        ) from error


def _not_a_frame(why: Text) -> BodyRefused:
    return BodyRefused(text("the body has not the form of a request"), why=why, fix=_example())


def _example() -> Text:
    return text("send {one} or {several}", one='{"row": {"TAG": value, …}}', several='{"rows": [{…}, {…}]}')


def _place(fault: Fault) -> int:
    row = fault.data.get("row", -1)
    return row if isinstance(row, int) else -1
