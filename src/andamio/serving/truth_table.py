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
    check = TruthCheck(info)
    now = time.time()
    records: list[TruthRecord] = []
    faults: list[Fault] = []
    empty = 0
    for i, cell in enumerate(_cells(table, columns.value, info)):
        if not cell:
            empty += 1
            continue
        prediction = _at(table, columns.prediction, i)
        asset, moment = (
            (None, None) if prediction else (_at(table, columns.asset, i), _at(table, columns.time, i))
        )
        where = text("line {line}", line=table.lines[i])
        wrong = naming_fault(prediction, asset, moment, where)
        if wrong is not None:
            faults.append(wrong)
        try:
            value = check.value(cell if info.classes else float(cell))
        except ValueError:
            faults.append(check.fault(cell, where))
            continue
        records.append(
            TruthRecord(
                time=now,
                model=model,
                value=value,
                prediction=prediction,
                asset=asset,
                event_time=moment,
                source=source,
            )
        )
    if faults:
        raise FeedbackRejected(
            text(
                "nothing was recorded; faults: {faults}, truths sent: {truths}",
                faults=len(faults),
                truths=len(table),
            ),
            fix=text("correct the file and give the command again"),
            faults=faults,
        )
    return TruthTable(records, columns, empty)


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


def _cells(table: CsvTable, column: str, info: GraphInfo) -> Sequence[str]:
    return table.written(column) if info.classes else table.columns[column]


def _at(table: CsvTable, column: str | None, row: int) -> str | None:
    return (table.columns[column][row] or None) if column else None


def _no_columns(what: Text, header: Sequence[str]) -> FeedbackRejected:
    return FeedbackRejected(
        what,
        why=text("its columns are: {names}", names=", ".join(header[:40])),
        fix=text("name the columns: --id COLUMN, or --asset COLUMN --time COLUMN, and --value COLUMN"),
    )
