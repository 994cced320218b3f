"""Truths that come back as a file: find the columns, check every row, make the records."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from andamio.bundles import GraphInfo
from andamio.connectors.csv import CsvTable
from andamio.contracts import Contract
from andamio.errors import Fault, FeedbackRejected, Text, text
from andamio.journal import TruthRecord
from andamio.serving.truth import TruthCheck, naming_fault

_ID = ("id", "prediction", "prediction_id", "prediccion", "id_prediccion")
_ASSET = ("asset", "asset_id", "equipo", "activo", "maquina")
_TIME = ("time", "timestamp", "event_time", "date", "fecha", "hora", "fecha_hora")
_VALUE = ("value", "truth", "actual", "verdad", "valor", "real", "label")


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthColumns:
    """Which column is what; None leaves it to the guess, and after the guess means there is none."""

    prediction: str | None = None
    asset: str | None = None
    time: str | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class TruthTable:
    """What a file said: the records it makes, the columns that were used, rows without a truth yet."""

    records: list[TruthRecord]
    columns: TruthColumns
    empty: int


def read_truths(
    table: CsvTable, contract: Contract, model: str, info: GraphInfo, named: TruthColumns, source: str
) -> TruthTable:
    """Make the truth records of a file. Rows whose truth is empty are passed over: it is not known yet.

    Args:
        table: The file as it was read.
        contract: The model's contract; its asset, time and target columns are the first guesses.
        model: The name under which it is deployed.
        info: What the model answers.
        named: Columns that the person named.
        source: What the records say of their origin.

    Raises:
        FeedbackRejected: A column is missing, or rows do not hold; every fault is in it.
    """
    columns = find_columns(table.header, contract, named)
    reader = _RowReader(table, columns, model, TruthCheck(info), source)
    cells = table.written(columns.value) if info.classes else table.columns[columns.value]
    records = [reader.read(row, cell) for row, cell in enumerate(cells) if cell]
    if reader.faults:
        raise FeedbackRejected(
            text(
                "nothing was recorded; faults: {faults}, truths sent: {truths}",
                faults=len(reader.faults),
                truths=len(records),
            ),
            fix=text("correct the file and give the command again"),
            faults=reader.faults,
        )
    known = [record for record in records if record is not None]
    return TruthTable(known, columns, len(cells) - len(known))


class _RowReader:
    """Makes the record of one row after the other, and keeps the faults of those that have none."""

    def __init__(
        self, table: CsvTable, columns: TruthColumns, model: str, check: TruthCheck, source: str
    ) -> None:
        self.faults: list[Fault] = []
        self._table = table
        self._columns = columns
        self._model = model
        self._check = check
        self._source = source
        self._now = time.time()

    def read(self, row: int, cell: str) -> TruthRecord | None:
        prediction = self._at(self._columns.prediction, row)
        asset = None if prediction else self._at(self._columns.asset, row)
        moment = None if prediction else self._at(self._columns.time, row)
        where = text("line {line}", line=self._table.lines[row])
        wrong = naming_fault(prediction, asset, moment, where)
        if wrong is not None:
            self.faults.append(wrong)
        try:
            value = self._check.value(cell)
        except ValueError:
            self.faults.append(self._check.fault(cell, where))
            return None
        return TruthRecord(
            time=self._now,
            model=self._model,
            value=value,
            prediction=prediction,
            asset=asset,
            event_time=moment,
            source=self._source,
        )

    def _at(self, column: str | None, row: int) -> str | None:
        return (self._table.columns[column][row] or None) if column else None


def find_columns(header: Sequence[str], contract: Contract, named: TruthColumns) -> TruthColumns:
    """Find the columns of a file of truths: as named, else as the contract calls them, else by usual names.

    Raises:
        FeedbackRejected: A named column is not there, or what is needed was not found.
    """
    missing = [
        name
        for name in (named.prediction, named.asset, named.time, named.value)
        if name and name not in header
    ]
    if missing:
        raise _no_columns(text("the file has no column {names}", names=", ".join(missing)), header)
    value = named.value or _first(header, [contract.target, *_VALUE])
    if value is None:
        raise _no_columns(text("no column of the file looks like the truth"), header)
    prediction = named.prediction or (None if named.time else _first(header, _ID))
    if prediction:
        return TruthColumns(prediction=prediction, value=value)
    moment = named.time or _first(header, [contract.time or "", *_TIME])
    if moment is None:
        raise _no_columns(text("no column of the file names the prediction, by id or by time"), header)
    asset = named.asset or _first(header, [contract.asset or "", *_ASSET])
    return TruthColumns(asset=asset, time=moment, value=value)


def _first(header: Sequence[str], wanted: Iterable[str]) -> str | None:
    plain = {_plain(name): name for name in reversed(header)}
    return next((plain[_plain(name)] for name in wanted if name and _plain(name) in plain), None)


def _plain(name: str) -> str:
    lower = name.strip().lower().translate(str.maketrans("áéíóúü", "aeiouu"))
    return re.sub(r"[^a-z0-9]+", "_", lower).strip("_")


def _no_columns(what: Text, header: Sequence[str]) -> FeedbackRejected:
    return FeedbackRejected(
        what,
        why=text("its columns are: {names}", names=", ".join(header[:40])),
        fix=text("name the columns: --id COLUMN, or --asset COLUMN --time COLUMN, and --value COLUMN"),
    )
