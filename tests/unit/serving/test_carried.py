"""What every dialect says of an answer beside the answer: who gave it, and whether it is recorded."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.bundles.assignment import Assignment, plan
from andamio.bundles.deployment import Served
from andamio.errors import BodyRefused, BodyTooLarge, JournalFull, text
from andamio.journal import Record
from andamio.kernel.ids import IdMaker
from andamio.serving.application import Application
from andamio.serving.compressed import gunzip
from andamio.serving.generation import Generation, Switchboard
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.routing import Team

HOST = (b"host", b"127.0.0.1:8081")
JSON = (b"content-type", b"application/json")
ROW = {"bearing_temp": 80.0, "ambient_temp": 20.0, "product": "L"}
CSV_ROWS = b"bearing_temp,ambient_temp,product\n80,20,L\n"
INFER = {
    "inputs": [
        {"name": name, "shape": [1], "datatype": kind, "data": [ROW[name]]}
        for name, kind in (("bearing_temp", "FP64"), ("ambient_temp", "FP64"), ("product", "BYTES"))
    ]
}
GOES_ON = '[operation]\non_full_disk = "score-unlogged"\n'
ASKED = {
    "predict": {"rows": [ROW]},
    "csv": CSV_ROWS,
    "mlflow": {"dataframe_records": [ROW]},
    "full": {"dataframe_records": [ROW], "params": {"answer": "full"}},
    "kserve": {"instances": [ROW]},
    "infer": INFER,
}
PATHS = {
    "predict": "/v1/models/pump/predict",
    "csv": "/v1/models/pump/predict",
    "mlflow": "/invocations",
    "full": "/invocations",
    "kserve": "/v1/models/pump:predict",
    "infer": "/v2/models/pump/infer",
}


class Silent:
    def hear(self, *heard: object) -> None:
        raise AssertionError("there is no shadow")


class House:
    """A process with one model, alone or with a challenger, whose disk may be full."""

    def __init__(self, call: Callable[..., Any], champion: Any, team: Team | None = None) -> None:
        self.records: list[Record] = []
        self.full = False
        self.mixed: list[str] = []
        metrics = Metrics()
        board = Switchboard(
            self._commit, ThreadPoolExecutor(1), metrics, Limits(body_bytes=5000), shadows=Silent()  # type: ignore[arg-type]
        )  # fmt: skip
        generation = Generation(1, {"pump": champion}, {}, {} if team is None else {"pump": team})
        self.metrics = metrics
        self.application = Application(board.routes(generation), metrics, Limits(body_bytes=5000))
        self._call = call

    async def _commit(self, records: Sequence[Record]) -> None:
        if self.full:
            raise JournalFull(text("no room"))
        self.records += records

    def ask(self, how: str, *headers: tuple[bytes, bytes], body: Any = None) -> Any:
        body = ASKED[how] if body is None else body
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = (b"content-type", b"text/csv") if how == "csv" else JSON
        return self._call(self.application, "POST", PATHS[how], [content], [HOST, kind, *headers])


@pytest.fixture(scope="module")
def scorers(models: Any) -> dict[int, Any]:
    return {
        version: models.scorer("two", version=version, bias=-0.1 * version, more=GOES_ON)
        for version in (1, 2)
    }


@pytest.fixture
def alone(call: Callable[..., Any], scorers: dict[int, Any]) -> House:
    return House(call, scorers[1])


@pytest.fixture
def house(call: Callable[..., Any], scorers: dict[int, Any]) -> House:
    """The champion 1, and 2 as a canary, which answers the assets of ``challenged``."""
    served = Served(2, scorers[2].digest)
    team = Team(
        champion=scorers[1],
        ids=IdMaker(),
        trial=plan(None, "canary", served, 50, ()),
        challenger=scorers[2],
    )
    made = House(call, scorers[1], team)
    assets = [f"pump-{n}" for n in range(100)]
    challenged = Assignment(team.trial).challenged  # type: ignore[arg-type]
    made.mixed = [
        next(a for a in assets if not challenged(a)),
        next(a for a in assets if challenged(a)),
    ]
    return made


def two_rows(house: House, how: str) -> Any:
    """Write the same two rows, one for each version, in a dialect."""
    rows = [ROW | {"asset": asset} for asset in house.mixed]
    if how == "csv":
        lines = [",".join(str(value) for value in row.values()) for row in rows]
        return "\n".join([",".join(rows[0]), *lines]).encode()
    if how == "infer":
        kinds = {"bearing_temp": "FP64", "ambient_temp": "FP64"}
        tensors = [
            {"name": n, "shape": [2], "datatype": kinds.get(n, "BYTES"), "data": [row[n] for row in rows]}
            for n in rows[0]
        ]
        return {"inputs": tensors}
    key = {"predict": "rows", "kserve": "instances"}.get(how, "dataframe_records")
    return {**ASKED[how], key: rows}


@pytest.mark.parametrize("how", [how for how in ASKED if how != "predict"])
def test_every_dialect_says_that_an_answer_is_not_recorded(alone: House, how: str) -> None:
    recorded = alone.ask(how)
    assert recorded.status == 200
    assert b"x-andamio-recorded" not in recorded.headers
    assert recorded.headers[b"x-andamio-version"] == b"1"
    alone.full = True
    missed = alone.ask(how)
    assert (missed.status, missed.headers[b"x-andamio-recorded"]) == (200, b"false")
    assert alone.metrics.unrecorded["pump"] == 1
    if how in {"full", "kserve"}:
        assert [one["recorded"] for one in missed.json["predictions"]] == [False]
        assert [one["recorded"] for one in recorded.json["predictions"]] == [True]
    if how == "infer":
        assert missed.json["parameters"] == {"recorded": False}
        assert "parameters" not in recorded.json
        assert next(o for o in missed.json["outputs"] if o["name"] == "recorded")["data"] == [False]
    if how == "csv":
        [row] = missed.json["predictions"]
        assert row["recorded"] is False


@pytest.mark.parametrize("how", [how for how in ASKED if how != "predict"])
def test_a_plant_that_prefers_records_stops_in_every_dialect(
    call: Callable[..., Any], models: Any, how: str
) -> None:
    house = House(call, models.scorer("two"))
    house.full = True
    reply = house.ask(how)
    assert (reply.status, reply.headers[b"retry-after"]) == (503, b"1")


@pytest.mark.parametrize("how", [how for how in ASKED if how != "predict"])
def test_every_dialect_names_all_the_versions_that_answered(house: House, how: str) -> None:
    reply = house.ask(how, body=two_rows(house, how))
    assert reply.status == 200, reply.content
    assert reply.headers[b"x-andamio-version"] == b"1, 2"
    if how in {"csv", "full", "kserve"}:
        assert [one["version"] for one in reply.json["predictions"]] == [1, 2]
    if how == "csv":
        assert reply.json["version"] is None
    if how == "infer":
        assert reply.json["model_version"] == "1,2"
        assert reply.json["parameters"] == {"versions": "1,2"}


def test_csv_and_arrow_name_the_version_of_every_row(house: House) -> None:
    body = two_rows(house, "csv")
    written = house.ask("csv", (b"accept", b"text/csv"), body=body)
    assert pl.read_csv(io.BytesIO(written.content))["version"].to_list() == [1, 2]
    streamed = house.ask("csv", (b"accept", b"application/vnd.apache.arrow.stream"), body=body)
    assert pl.read_ipc_stream(io.BytesIO(streamed.content))["version"].to_list() == ["1", "2"]
    assert streamed.headers[b"x-andamio-version"] == b"1, 2"


def test_a_full_disk_and_several_versions_are_said_together(house: House) -> None:
    house.full = True
    reply = house.ask("infer", body=two_rows(house, "infer"))
    assert reply.json["parameters"] == {"recorded": False, "versions": "1,2"}
    assert reply.headers[b"x-andamio-recorded"] == b"false"


@pytest.mark.parametrize("how", list(ASKED))
def test_a_body_in_gzip_gets_the_same_answer(alone: House, how: str) -> None:
    body = ASKED[how] if isinstance(ASKED[how], bytes) else json.dumps(ASKED[how]).encode()
    reply = alone.ask(how, (b"content-encoding", b"gzip"), body=gzip.compress(body))
    assert reply.status == 200, reply.content
    assert reply.content.count(b"failure") == alone.ask(how).content.count(b"failure")


@pytest.mark.parametrize("how", list(ASKED))
@pytest.mark.parametrize(
    ("sent", "coding", "status"),
    [
        (gzip.compress(bytes(10_000_000)), b"gzip", 413),
        (b"{}", b"gzip", 400),
        (gzip.compress(b"{}")[:-4], b"gzip", 400),
        (b"", b"gzip", 400),
        (b"{}", b"br", 415),
        (b"{}", b"gzip, gzip", 415),
    ],
    ids=["a bomb", "no gzip", "cut off", "empty", "brotli", "twice"],
)
def test_a_bomb_a_broken_body_and_another_coding_are_refused(
    alone: House, how: str, sent: bytes, coding: bytes, status: int
) -> None:
    assert alone.ask(how, (b"content-encoding", coding), body=sent).status == status


def test_feedback_takes_no_compressed_body(alone: House) -> None:
    headers = [HOST, JSON, (b"content-encoding", b"gzip")]
    reply = alone._call(alone.application, "POST", "/v1/models/pump/feedback", [b"x"], headers)
    assert (reply.status, reply.json["error"]["code"]) == (415, "body-type")


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_what_was_compressed_is_opened_whatever_its_members(parts: list[bytes]) -> None:
    assert gunzip(b"".join(gzip.compress(part) for part in parts), 1000) == b"".join(parts)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda b: gzip.compress(b)[: len(b)]))
def test_whatever_comes_is_opened_or_refused(body: bytes) -> None:
    with suppress(BodyRefused, BodyTooLarge):
        assert len(gunzip(body, 100)) <= 100


def test_a_bomb_of_many_members_is_refused_too() -> None:
    with pytest.raises(BodyTooLarge):
        gunzip(gzip.compress(bytes(60)) * 2, 100)
