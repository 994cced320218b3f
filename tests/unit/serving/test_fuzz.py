"""Whatever comes, the application answers with a kind error and never with 500, and one verdict holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.access import TokenFile
from andamio.journal import PredictionRecord, RejectRecord
from andamio.serving.application import Application
from andamio.serving.gate import Gate
from andamio.serving.generation import Generation, Switchboard
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics

HOST = (b"host", b"127.0.0.1:8081")
JSON = (b"content-type", b"application/json")
HERE = "/v1/models/pump"
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["H", "L", "", "nan", "1e999", "\x00", "\ud83d\ude00", 0, 180, 180.0000001, -0.0])
)
names = st.sampled_from(
    [
        "row",
        "rows",
        "units",
        "bearing_temp",
        "ambient_temp",
        "product",
        "asset",
        "time",
        "value",
        "id",
        "feedback",
    ]
) | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "bearing_temp": scalars,
        "ambient_temp": scalars,
        "product": scalars,
        "asset": scalars,
        "time": scalars,
        "other": scalars,
    },
)
bodies = (
    st.fixed_dictionaries({"row": rows})
    | st.fixed_dictionaries({"rows": st.lists(rows, max_size=5)}, optional={"units": values})
    | values
)
paths = st.sampled_from(
    [
        f"{HERE}/predict",
        f"{HERE}/feedback",
        HERE,
        "/v1/models",
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
    ]
) | st.text(max_size=40).map("/{}".format)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"host",
                b"content-type",
                b"content-length",
                b"accept-language",
                b"x-request-id",
                b"authorization",
            ]
        ),
        st.binary(max_size=40)
        | st.sampled_from(
            [b"application/json", b"application/json;charset=utf-8", b"127.0.0.1", b"es;q=x", b"Bearer x"]
        ),
    ).filter(lambda pair: pair[0] != b"content-length" or pair[1].isdigit()),
    max_size=6,
)


def written(value: Any) -> bytes:
    """Write a value as senders do, surrogates and infinities included."""
    return json.dumps(value).encode()


class House:
    """An application with one model, whose journal is a list."""

    def __init__(self, models: Any, pool: ThreadPoolExecutor, call: Callable[..., Any]) -> None:
        self.records: list[Any] = []
        self.call = call

        async def commit(records: Any) -> None:
            self.records += records

        metrics = Metrics(peers_names=True)
        board = Switchboard(commit, pool, metrics, Limits(inline_bytes=300))
        routes = board.routes(Generation(1, {"pump": models.scorer("two")}))
        self.application = Application(routes, metrics, Limits(body_bytes=5000))


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


@pytest.fixture
def house(models: Any, pool: ThreadPoolExecutor, call: Callable[..., Any]) -> House:
    return House(models, pool, call)


def check(house: House, reply: Any) -> None:
    assert reply.status < 500, reply.content
    assert reply.headers[b"x-request-id"]
    if reply.status != 200:
        assert {"code", "what"} <= reply.json["error"].keys()


@FUZZ
@given(body=st.binary(max_size=400) | bodies.map(written), where=st.sampled_from(["predict", "feedback"]))
def test_no_body_is_answered_with_500_and_each_leaves_the_record_of_its_verdict(
    house: House, body: bytes, where: str
) -> None:
    house.records.clear()
    reply = house.call(house.application, "POST", f"{HERE}/{where}", [body], (HOST, JSON))
    check(house, reply)
    kinds = [type(record) for record in house.records]
    if where == "predict":
        expected = {200: [PredictionRecord], 422: [RejectRecord]}.get(reply.status, [])
        assert kinds == expected
    if reply.status == 200 and where == "predict":
        assert len(reply.json["predictions"]) == len(house.records[0])
    elif reply.status != 200 and where == "feedback":
        assert kinds == []


@FUZZ
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "X"]),
    path=paths,
    sent=headers,
    body=st.binary(max_size=60),
    cuts=st.integers(1, 4),
)
@pytest.mark.parametrize("guarded", [False, True])
def test_no_request_whatever_is_answered_with_500(
    house: House, guarded: bool, method: str, path: str, sent: Any, body: bytes, cuts: int
) -> None:
    house.application.gate = Gate(TokenFile()) if guarded else None
    chunks = [body[i::cuts] for i in range(cuts)]
    reply = house.call(house.application, method, path, chunks, sent)
    check(house, reply)
    if guarded and path not in {"/livez", "/readyz"}:
        assert reply.status == 401


@FUZZ
@given(row=rows, prefix=st.sampled_from([b"", b" ", b"\xef\xbb\xbf", b"\n"]))
def test_one_row_and_a_list_of_it_get_the_same_verdict(house: House, row: Any, prefix: bytes) -> None:
    def ask(body: Any) -> Any:
        return house.call(
            house.application, "POST", f"{HERE}/predict", [prefix + written(body)], (HOST, JSON)
        )

    alone, listed = ask({"row": row}), ask({"rows": [row]})
    assert alone.status == listed.status
    if alone.status == 200:
        one, other = (reply.json["predictions"][0] | {"id": ""} for reply in (alone, listed))
        assert one == other


def test_deep_nesting_is_refused_and_the_next_request_is_answered(house: House) -> None:
    for opening in (b"[" * 4000, b'{"row":' * 600, b'{"rows":[' * 500):
        check(house, house.call(house.application, "POST", f"{HERE}/predict", [opening], (HOST, JSON)))
    good = written({"row": {"bearing_temp": 80, "product": "L"}})
    assert house.call(house.application, "POST", f"{HERE}/predict", [good], (HOST, JSON)).status == 200
