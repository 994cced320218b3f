"""What the dialects refuse and show, and in whose words, without a socket."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.errors import BundleRefused, text
from andamio.journal import Record
from andamio.serving.application import Application
from andamio.serving.generation import Generation, Switchboard
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics

HOST = (b"host", b"127.0.0.1:8081")
JSON = (b"content-type", b"application/json")
CSV = (b"content-type", b"text/csv")
OCTETS = (b"content-type", b"application/octet-stream")
ROW = {"bearing_temp": 80.0, "ambient_temp": 20.0, "product": "L"}
INFER = "/v2/models/two/infer"


class House:
    """A process that serves any of the three shapes of model."""

    def __init__(self, models: Any, call: Callable[..., Any], *shapes: str, default: str = "") -> None:
        self.records: list[Record] = []
        self.metrics = Metrics()
        limits = Limits(rows=4)
        board = Switchboard(self._commit, ThreadPoolExecutor(1), self.metrics, limits, default=default)
        scorers = {shape: models.scorer(shape) for shape in shapes}
        errors = {"lost": BundleRefused(text("the bundle is lost"))}
        self.application = Application(board.routes(Generation(1, scorers, errors)), self.metrics, limits)
        self._call = call

    async def _commit(self, records: Sequence[Record]) -> None:
        self.records += records

    def ask(self, path: str, body: Any = None, *headers: tuple[bytes, bytes]) -> Any:
        if body is None:
            return self._call(self.application, "GET", path, headers=[HOST, *headers])
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._call(self.application, "POST", path, [content], [HOST, *(headers or (JSON,))])


@pytest.fixture
def house(models: Any, call: Callable[..., Any]) -> Callable[..., House]:
    return lambda *shapes, default="": House(models, call, *shapes, default=default)


@pytest.fixture
def one_house(house: Callable[..., House]) -> House:
    return house("two")


def test_invocations_answers_for_the_only_model_or_the_named_one(house: Callable[..., House]) -> None:
    body = {"dataframe_records": [ROW, ROW]}
    assert house("two").ask("/invocations", body).json == {"predictions": ["failure", "failure"]}
    assert house("more").ask("/invocations", body).json == {"predictions": ["hot", "hot"]}
    both = house("two", "number", default="number")
    first, second = both.ask("/invocations", body).json["predictions"]
    assert first == second == pytest.approx(1.6)
    assert both.metrics.requests["number", "predict", 200] == 1


def test_invocations_lists_the_models_where_it_cannot_know_which_is_meant(
    house: Callable[..., House],
) -> None:
    answer = house("two", "number").ask("/invocations", {"instances": [ROW]})
    assert answer.status == 400
    assert answer.json["error_code"] == "BAD_REQUEST"
    assert "number, two" in answer.json["message"]
    assert "--default number" in answer.json["message"]
    assert answer.json["detail"]["code"] == "model-unnamed"
    assert house("two", default="tow").ask("/invocations", {"instances": [ROW]}).status == 404
    assert house().ask("/invocations", {"instances": [ROW]}).status == 503


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"instances": [ROW], "inputs": [[1]]},
        {"instances": [ROW], "else": 1},
        {"instances": []},
        {"instances": [ROW, 3]},
        {"instances": [[1.0, 2.0]]},
        {"instances": "a"},
        {"inputs": {"bearing_temp": [1, 2], "product": ["L"]}},
        {"inputs": {}},
        {"dataframe_records": {}},
        {"dataframe_records": [3]},
        {"dataframe_split": [1]},
        {"dataframe_split": {"columns": ["product"], "data": [["L", 3]]}},
        {"dataframe_split": {"columns": [1], "data": [["L"]]}},
        {"dataframe_records": [ROW], "params": 3},
        [ROW],
        b"{",
        b"\xff",
        b"",
    ],
)
def test_mlflow_bodies_of_another_form_are_refused_in_its_words(
    house: Callable[..., House], body: Any
) -> None:
    asked = house("two")
    answer = asked.ask("/invocations", body)
    assert answer.status == 400
    assert set(answer.json) == {"error_code", "message", "detail"}
    assert answer.json["error_code"] == "BAD_REQUEST"
    assert answer.json["message"].startswith("error[body-refused]")
    assert asked.records == []


def test_mlflow_shows_its_pages(house: Callable[..., House]) -> None:
    asked = house("two")
    assert [asked.ask(path).status for path in ("/ping", "/health", "/version")] == [200, 200, 200]
    empty = house()
    assert empty.ask("/ping").status == empty.ask("/readyz").status == 403  # why the only model is not there
    assert set(empty.ask("/health").json) == {"error_code", "message", "detail"}


def test_the_open_protocol_describes_the_process_and_its_models(house: Callable[..., House]) -> None:
    asked = house("two", "more", "number")
    assert asked.ask("/v2").json["extensions"] == ["binary_tensor_data", "model_repository"]
    assert asked.ask("/v2/health/live").json == {"live": True}
    assert asked.ask("/v2/health/ready").json == {"ready": True}
    assert asked.ask("/v2/models/two/versions/3/ready").json == {"name": "two", "ready": True}
    described = asked.ask("/v2/models/number/versions/3").json
    assert described["versions"] == ["3"]
    assert described["inputs"][0] == {"name": "bearing_temp", "datatype": "FP64", "shape": [-1]}
    for model in ("two", "more", "number"):
        outputs = [(o["name"], o["datatype"]) for o in asked.ask(f"/v2/models/{model}").json["outputs"]]
        answer = asked.ask(f"/v2/models/{model}/infer", request(model)).json["outputs"]
        assert [(o["name"], o["datatype"]) for o in answer] == outputs
    index = asked.ask("/v2/repository/index", b"", OCTETS).json
    assert {(m["name"], m["state"], m["reason"]) for m in index} == {
        ("two", "READY", ""),
        ("more", "READY", ""),
        ("number", "READY", ""),
        ("lost", "UNAVAILABLE", "the bundle is lost"),
    }
    assert len(asked.ask("/v2/repository/index", {"ready": True}).json) == 3
    assert house().ask("/v2/health/ready").status == 403  # the reason why the only model is not there


def request(_model: str = "", **changes: Any) -> dict[str, Any]:
    inputs = [
        {"name": "bearing_temp", "shape": [1], "datatype": "FP32", "data": [80.0]},
        {"name": "product", "shape": [1, 1], "datatype": "BYTES", "data": [["L"]]},
    ]
    return {"inputs": [inputs[0] | changes, inputs[1]]}


@pytest.mark.parametrize(
    "body",
    [
        request(shape=[2]),
        request(shape=[1, 2]),
        request(shape=[]),
        request(shape=[-1]),
        request(datatype="BF16"),
        request(data=3),
        request(data=[1, 2]),
        request(parameters={"binary_data_size": 4}),
        request(parameters={"binary_data_size": "4"}),
        request() | {"outputs": [{"name": "nothing"}]},
        {"inputs": []},
        {"inputs": 3},
        {},
        b"[",
        b"\xff",
    ],
)
def test_inference_requests_of_another_form_are_refused_with_error(
    house: Callable[..., House], body: Any
) -> None:
    asked = house("two")
    answer = asked.ask(INFER, body)
    assert answer.status == 400
    assert isinstance(answer.json["error"], str)
    assert answer.json["detail"]["code"] == "body-refused"
    assert asked.records == []


def binary(tail: bytes, size: int, length: int | None = None, datatype: str = "FP32") -> tuple[bytes, Any]:
    head = json.dumps(request(datatype=datatype, data=None, parameters={"binary_data_size": size})).encode()
    length = len(head) if length is None else length
    return head + tail, (b"inference-header-content-length", b"%d" % length)


@pytest.mark.parametrize(
    ("body", "header"),
    [
        binary(b"\0\0\0", 3),
        binary(b"\0\0\0\0", 5),
        binary(b"\0\0\0\0\0", 4),
        binary(b"\0\0\0\0", 4, 10_000),
        binary(b"\0\0\0\0", 4, 3),
        binary(b"\2", 1, datatype="BOOL"),
        binary(struct.pack("<I", 9) + b"ab", 6, datatype="BYTES"),
        binary(struct.pack("<I", 1) + b"\xff", 5, datatype="BYTES"),
        binary(b"\1\0", 2, datatype="BYTES"),
        binary(b"", 0, datatype="BYTES"),
    ],
)
def test_bytes_that_are_not_their_tensors_are_refused(
    house: Callable[..., House], body: bytes, header: tuple[bytes, bytes]
) -> None:
    answer = house("two").ask(INFER, body, OCTETS, header)
    assert answer.status == 400
    assert answer.json["detail"]["code"] == "body-refused"


def test_a_request_without_a_type_is_taken_from_a_program_and_not_from_a_page(
    house: Callable[..., House],
) -> None:
    asked, body = house("two"), json.dumps(request()).encode()
    assert asked.ask(INFER, body, (b"accept", b"*/*")).status == 200
    assert asked.ask(INFER, body, (b"origin", b"http://elsewhere")).status == 415
    assert asked.ask(INFER, body, (b"content-type", b"text/plain")).status == 415
    assert asked.ask("/invocations", body, (b"accept", b"*/*")).status == 415


@pytest.mark.parametrize(
    "path",
    ["/v2/models/nobody", "/v2/models/nobody/infer", "/v2/models/two/versions/9/infer", "/v2/nothing",
     "/v1/models/nobody:predict"],
)  # fmt: skip
def test_what_is_not_there_is_said_in_the_dialect(house: Callable[..., House], path: str) -> None:
    for body in (None, request()):
        answer = house("two").ask(path, body)
        assert answer.status == 404
        assert isinstance(answer.json["error"], str)
        expected = "model-not-served" if "nobody" in path else "no-such-address"
        assert answer.json["detail"]["code"] == expected


def test_another_method_is_refused_in_the_dialect(house: Callable[..., House]) -> None:
    answer = house("two").ask(INFER)
    assert (answer.status, answer.headers[b"allow"]) == (405, b"POST")
    assert isinstance(answer.json["error"], str)
    assert house("two").ask("/v2", {}).headers[b"allow"] == b"GET, HEAD"


@pytest.mark.parametrize(
    "body", [{}, {"instances": {}}, {"instances": []}, {"instances": [ROW], "else": 1}, [ROW], b"{"]
)
def test_kserve_bodies_of_another_form_are_refused(house: Callable[..., House], body: Any) -> None:
    answer = house("two").ask("/v1/models/two:predict", body)
    assert answer.status == 400
    assert isinstance(answer.json["error"], str)


def test_a_model_is_ready_as_kserve_asks(house: Callable[..., House]) -> None:
    assert house("two").ask("/v1/models/two").json["ready"] is True


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"bearing_temp,product\n",
        b"bearing_temp,product\n80,5,L\n",
        b"bearing_temp;product\n80;L\n81,5;L\n",
        b'bearing_temp,product\n80,"L\n',
        b"bearing_temp,product\n\xff,L\n",
    ],
)
def test_csv_of_another_form_is_refused(house: Callable[..., House], body: bytes) -> None:
    answer = house("two").ask("/v1/models/two/predict", body, CSV)
    assert answer.status == 400
    assert answer.json["error"]["code"] == "body-refused"


def test_every_csv_row_of_another_length_is_named(house: Callable[..., House]) -> None:
    body = b"bearing_temp,product\n80.0,L\n80,5,L\n\n7\n"
    faults = house("two").ask("/v1/models/two/predict", body, CSV).json["error"]["faults"]
    assert [fault["data"]["line"] for fault in faults] == [3, 5]


def test_two_columns_for_one_tag_are_refused(house: Callable[..., House]) -> None:
    body = b"bearing_temp,product,bearing_temp\n80.0,L,81\n"
    answer = house("two").ask("/v1/models/two/predict", body, CSV)
    assert answer.status == 422
    assert [fault["code"] for fault in answer.json["error"]["faults"]] == ["contract-extra"]


@pytest.mark.parametrize(
    ("path", "body", "header"),
    [
        ("/v1/models/two/predict", b"bearing_temp,product\n" + b"80,L\n" * 5, CSV),
        ("/invocations", b"bearing_temp,product\n" + b"80,L\n" * 5, CSV),
        ("/invocations", json.dumps({"instances": [ROW] * 5}).encode(), JSON),
        (INFER, json.dumps(request(shape=[5], data=[80.0] * 5)).encode(), JSON),
    ],
)
def test_too_many_rows_are_refused_in_every_dialect(
    house: Callable[..., House], path: str, body: bytes, header: tuple[bytes, bytes]
) -> None:
    asked = house("two")
    answer = asked.ask(path, body, header)
    assert answer.status == 413
    assert answer.json.get("detail", answer.json["error"] if "detail" not in answer.json else None)[
        "code"
    ] == ("body-too-large")
    assert asked.records == []


def test_native_json_with_parameters_of_its_type_is_json(house: Callable[..., House]) -> None:
    asked = house("two")
    kind = (b"content-type", b"application/json; charset=utf-8")
    typed = asked.ask("/v1/models/two/predict", {"row": ROW}, kind)
    assert typed.status == 200
    assert list(typed.json) == list(asked.ask("/v1/models/two/predict", {"row": ROW}).json)
    assert [record.door for record in asked.records] == ["http", "http"]


def test_a_compressed_body_and_a_strange_type_are_refused(house: Callable[..., House]) -> None:
    asked = house("two")
    path = "/v1/models/two/predict"
    assert asked.ask(path, b"x", CSV, (b"content-encoding", b"br")).status == 415
    assert asked.ask(path, b"x", (b"content-type", b"text/plain")).status == 415
    assert asked.ask(path, b"x", (b"accept", b"*/*")).status == 415


def test_a_page_of_another_host_reaches_no_dialect(house: Callable[..., House]) -> None:
    asked = house("two")
    reply = asked._call(
        asked.application, "POST", "/invocations", [b"{}"], [(b"host", b"elsewhere.example"), JSON]
    )
    assert reply.status == 421
    assert reply.json["detail"]["code"] == "host-refused"


def test_large_bodies_are_answered_beside_the_loop(house: Callable[..., House]) -> None:
    asked = house("two")
    body = json.dumps({"dataframe_records": [ROW]}).encode() + b" " * 20_000
    assert asked.ask("/invocations", body).json == {"predictions": ["failure"]}
    assert len(asked.records) == 1


def test_an_asset_that_is_no_text_is_a_fault_as_in_native_json(house: Callable[..., House]) -> None:
    asked, rows = house("two"), [ROW | {"asset": ["a"]}, ROW | {"asset": True}]
    native = asked.ask("/v1/models/two/predict", {"rows": rows}).json["error"]["faults"]
    assert len(native) == 1
    split = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
    found = asked.ask("/invocations", {"dataframe_split": split}).json["detail"]["faults"]
    assert found == native


def test_many_strange_columns_are_told_in_bounds(house: Callable[..., House]) -> None:
    header, row = ",".join(f"c{i}" for i in range(9000)), ",".join(["1"] * 9000)
    body = f"bearing_temp,product,{header}\n80,L,{row}\n80,L,{row}\n".encode()
    faults = house("two").ask("/v1/models/two/predict", body, CSV).json["error"]["faults"]
    assert len(faults) == 10_000


SPLIT = {"dataframe_split": {"columns": list(ROW), "data": [[80.0, 20.0, "L"]]}}
BINARY, LENGTH = binary(b"\0\0\xa0\x42", 4)
FORMS: list[tuple[str, bytes, list[tuple[bytes, bytes]]]] = [
    ("/invocations", json.dumps(SPLIT).encode(), [JSON]),
    ("/invocations", json.dumps({"dataframe_records": [ROW], "params": {"answer": "full"}}).encode(), [JSON]),
    ("/invocations", json.dumps({"inputs": {k: [v] for k, v in ROW.items()}}).encode(), [JSON]),
    ("/v1/models/two:predict", json.dumps({"instances": [[80.0, 20.0, "L"]]}).encode(), [JSON]),
    (INFER, json.dumps(request()).encode(), [JSON]),
    (INFER, BINARY, [OCTETS, LENGTH]),
    ("/v1/models/two/predict", b"bearing_temp,product,asset\n80.0,L,pump\n", [CSV]),
]
STRANGE = [b"1e999", b"-0", b"null", b"[[[]]]", b"{}", b"9" * 400, b'"\\ud800"', b'"\xed\xa0\x80"', b"true"]


@pytest.mark.parametrize("form", FORMS, ids=[f"{form[0]}-{i}" for i, form in enumerate(FORMS)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 12), st.binary(max_size=6)), max_size=3),
    value=st.sampled_from(STRANGE),
    there=st.booleans(),
)
def test_no_body_is_answered_with_an_error_that_should_not_happen(
    one_house: House, form: Any, cuts: list[tuple[int, int, bytes]], value: bytes, there: bool
) -> None:
    path, body, headers = form
    if there:
        body = body.replace(b"80.0", value)
    for start, length, new in cuts:
        body = body[:start] + new + body[start + length :]
    answer = one_house.ask(path, body, *headers)
    assert answer.status in (200, 400, 413, 422), answer.content


def test_refused_rows_are_counted_and_journalled(house: Callable[..., House]) -> None:
    asked = house("two")
    answer = asked.ask("/invocations", {"instances": [ROW | {"bearing_temp": 500}]})
    assert (answer.status, answer.json["error_code"]) == (422, "INVALID_PARAMETER_VALUE")
    assert len(asked.records) == 1
    assert asked.metrics.rejected["pump", "contract-range"] == 1
