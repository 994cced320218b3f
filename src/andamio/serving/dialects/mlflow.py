"""MLflow's scoring dialect: ``/invocations``.

    {"dataframe_split": {"columns": ["bearing_temp", …], "data": [[80.0, …], …]}}
    {"dataframe_records": [{"bearing_temp": 80.0, …}, …]}
    {"instances": [{…}, …]}  or  {"instances": [[80.0, …], …]}
    {"inputs": {"bearing_temp": [80.0, …], …}}  or a list of rows
    text/csv with a header

The answer is ``{"predictions": […]}``: the label of each row where the model tells classes, the value
where it predicts a number. ``"params": {"answer": "full"}`` asks for the native predictions instead, with
id and probability; other parameters are passed over, as MLflow does for a model that declares none.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from andamio.contracts import Rows
from andamio.contracts.validator import read_json
from andamio.errors import text
from andamio.serving.answers import ValuePrediction
from andamio.serving.carried import Carried
from andamio.serving.dialects.asking import JSON, Call, Reply, check_type, not_of_the_form
from andamio.serving.dialects.csv_body import CSV, csv_columns
from andamio.serving.dialects.frame import listed, members
from andamio.serving.dialects.rows import RowReader
from andamio.serving.limits import Limits
from andamio.serving.predicting import PredictDoor
from andamio.serving.scorer import Scorer

INPUTS = ("dataframe_split", "dataframe_records", "instances", "inputs")
EXAMPLE = '{"dataframe_split": {"columns": ["TAG", …], "data": [[value, …], …]}}'

_encode = msgspec.json.Encoder().encode


class MlflowSpeaker:
    """Answers ``/invocations`` for one model version."""

    def __init__(self, scorer: Scorer, door: PredictDoor, limits: Limits) -> None:
        self._reader = RowReader(scorer)
        self._door = door
        self._limits = limits

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Take JSON and CSV."""
        check_type(headers, (JSON, CSV))

    async def reply(self, call: Call) -> Reply:
        """Answer one request."""
        body = call.body
        if call.kind == CSV:
            cap = self._limits.rows
            return await self._door.carry(
                len(body),
                lambda: self._reader.columns(csv_columns(body, cap), typed=False),
                _labels,
                door="mlflow",
            )
        full = False

        def read() -> Rows:
            nonlocal full
            given = members(body, EXAMPLE)
            full = _wants_all(given.pop("params", b"null"))
            return self._rows(given)

        return await self._door.carry(
            len(body), read, lambda carried: _everything(carried) if full else _labels(carried), door="mlflow"
        )

    def _rows(self, given: Mapping[str, bytes]) -> Rows:
        found = [name for name in given if name in INPUTS]
        if len(found) != 1 or len(given) != 1:
            raise not_of_the_form(
                text(
                    "it needs exactly one of {names}, beside params, and has: {found}",
                    names=", ".join(INPUTS),
                    found=", ".join(given)[:200] or "-",
                ),
                text("send {example}", example=EXAMPLE),
            )
        name, raw = found[0], given[found[0]]
        if name == "dataframe_split":
            return self._split(raw)
        if name == "dataframe_records":
            return self._reader.objects(raw)
        return rows_or_columns(self._reader, name, raw)

    def _split(self, raw: bytes) -> Rows:
        frame = read_json(raw)
        columns = frame.get("columns") if isinstance(frame, dict) else None
        data = frame.get("data") if isinstance(frame, dict) else None
        named = columns is None or (isinstance(columns, list) and all(isinstance(c, str) for c in columns))
        if not isinstance(data, list) or not named:
            raise not_of_the_form(
                text("dataframe_split is not an object with columns and data"),
                text("send {example}", example=EXAMPLE),
            )
        return self._reader.arrays(data, columns)


def rows_or_columns(reader: RowReader, name: str, raw: bytes) -> Rows:
    """Read a list of objects, a list of lists in the contract's order, or an object of columns."""
    if raw[:1] == b"{":
        return _by_column(reader, name, raw)
    if raw[1:].lstrip()[:1] == b"{":
        return reader.objects(raw)
    return reader.arrays(listed(raw, name, f'{{"{name}": [{{"TAG": value, …}}, …]}}'))


def _by_column(reader: RowReader, name: str, raw: bytes) -> Rows:
    given = read_json(raw)
    columns = [
        (tag, [_single(cell) for cell in (cells if isinstance(cells, list) else [cells])])
        for tag, cells in (given.items() if isinstance(given, dict) else ())
    ]
    if len({len(cells) for _, cells in columns}) > 1:
        raise not_of_the_form(
            text("the columns of {name} are not of one length", name=name),
            text("send a list of one value a row for each tag"),
        )
    return reader.columns(columns)


def _single(cell: object) -> object:
    return cell[0] if isinstance(cell, list) and len(cell) == 1 else cell


def _wants_all(params: bytes) -> bool:
    given = read_json(params)
    if given is not None and not isinstance(given, dict):
        raise not_of_the_form(
            text("params is not an object"), text("send {example}", example='"params": {"answer": "full"}')
        )
    return given is not None and given.get("answer") == "full"


def _labels(carried: Carried) -> Reply:
    said = [p.value if isinstance(p, ValuePrediction) else p.label for p in carried.predictions]
    return Reply(_encode({"predictions": said}), extra=carried.headers())


def _everything(carried: Carried) -> Reply:
    return Reply(_encode({"predictions": carried.native()}), extra=carried.headers())
