"""``?explain=true``: the same answer with reasons, capped, recorded like any other."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from andamio.bundles import Outputs
from andamio.bundles.assignment import plan
from andamio.bundles.deployment import Served
from andamio.contracts import Rows
from andamio.journal import PredictionRecord, Record, RejectRecord
from andamio.kernel.ids import IdMaker
from andamio.serving.application import Application
from andamio.serving.generation import Generation, Switchboard
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.routing import Shadows, Team
from andamio.serving.scorer import Scorer

ROW = {"bearing_temp": 80.0, "ambient_temp": 20.0, "product": "L"}
PREDICT = "/v1/models/pump/predict"
JSON = {"content-type": "application/json", "host": "127.0.0.1:8081"}
RULE = '\n[fallback]\nversion = true\ntag = "bearing_temp"\nabove = 90\n'


class Site:
    """An application over one model, asked without a socket."""

    def __init__(self, scorer: Scorer, team: Team | None = None, **limits: Any) -> None:
        self.committed: list[Record] = []
        self.metrics = Metrics()
        caps = Limits(**limits)
        board = Switchboard(
            self._commit, ThreadPoolExecutor(1), self.metrics, caps,
            shadows=None if team is None else Shadows(lambda: None, self.metrics.shadows),  # type: ignore[arg-type,return-value]
        )  # fmt: skip
        generation = Generation(1, {"pump": scorer}, {}, {} if team is None else {"pump": team})
        self.application = Application(board.routes(generation), self.metrics, caps)

    async def _commit(self, records: Sequence[Record]) -> None:
        self.committed += records

    async def ask(self, body: Any, query: str = "explain=true", **headers: str) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        told = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http", "method": "POST", "path": PREDICT, "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }  # fmt: skip
        await self.application(scope, receive, send)
        return sent[0]["status"], json.loads(b"".join(m.get("body", b"") for m in sent[1:]))

    def asked(self, body: Any, query: str = "explain=true", **headers: str) -> tuple[int, Any]:
        return asyncio.run(self.ask(body, query, **headers))


@pytest.fixture
def site(models: Any) -> Site:
    return Site(models.scorer("two", golden=3))


def parts_add_up(prediction: dict[str, Any], answer: str = "probability") -> bool:
    told = prediction["explanation"]
    total = told["base"] + sum(one["contribution"] for one in told["contributions"])
    return bool(
        np.isclose(total, prediction[answer], atol=1e-6) and np.isclose(total, told["value"], atol=1e-6)
    )


def test_the_answer_is_the_usual_one_with_reasons(site: Site) -> None:
    status, plain = site.asked({"row": ROW | {"bearing_temp": 120.0}}, query="")
    assert status == 200
    status, answer = site.asked({"row": ROW | {"bearing_temp": 120.0}})
    assert status == 200
    prediction = answer["predictions"][0]
    assert parts_add_up(prediction)
    first = prediction["explanation"]["contributions"][0]
    assert first["tag"] == "bearing_temp"
    assert first["words"].endswith("because bearing_temp is 120 °C")
    bare = {key: value for key, value in prediction.items() if key not in {"explanation", "id"}}
    assert bare == {key: value for key, value in plain["predictions"][0].items() if key != "id"}


def test_it_is_recorded_and_counted_once_and_its_duration_is_no_latency(site: Site) -> None:
    _, answer = site.asked({"rows": [ROW, ROW]})
    (record,) = site.committed
    assert isinstance(record, PredictionRecord)
    assert list(record.ids) == [one["id"] for one in answer["predictions"]]
    assert site.metrics.requests["pump", "explain", 200] == 1
    assert site.metrics.predictions["pump", 3] == 2
    assert sum(site.metrics.latency["pump"].counts) == 0


def test_the_words_are_in_the_language_that_is_asked_for(site: Site) -> None:
    _, answer = site.asked({"row": ROW}, accept_language="es")
    assert "porque" in answer["predictions"][0]["explanation"]["contributions"][0]["words"]


@pytest.mark.parametrize("query", ["", "explain=false", "explain=0", "other=true"])
def test_nobody_is_explained_to_who_does_not_ask(site: Site, query: str) -> None:
    status, answer = site.asked({"row": ROW}, query=query)
    assert status == 200
    assert "explanation" not in answer["predictions"][0]


@pytest.mark.parametrize("query", ["explain=maybe", "explain", "explain="])
def test_neither_true_nor_false_is_refused(site: Site, query: str) -> None:
    status, answer = site.asked({"row": ROW}, query=query)
    assert (status, answer["error"]["code"]) == (400, "body-refused")
    assert site.committed == []


def test_too_many_rows_are_refused_before_anything_is_answered(models: Any) -> None:
    site = Site(models.scorer("two", golden=3), explained_rows=2)
    assert site.asked({"rows": [ROW] * 2})[0] == 200
    site.committed.clear()
    status, answer = site.asked({"rows": [ROW] * 3})
    assert (status, answer["error"]["code"]) == (413, "body-too-large")
    assert "explained" in answer["error"]["what"]
    assert site.committed == []


def test_rows_that_the_contract_refuses_are_refused_and_recorded_as_ever(site: Site) -> None:
    status, answer = site.asked({"rows": [ROW, ROW | {"bearing_temp": 999}]})
    assert (status, answer["error"]["faults"][0]["code"]) == (422, "contract-range")
    (record,) = site.committed
    assert isinstance(record, RejectRecord)


def test_only_json_is_explained(site: Site) -> None:
    status, answer = site.asked(b"bearing_temp\n1\n", content_type="text/csv")
    assert (status, answer["error"]["code"]) == (415, "body-type")


def test_a_body_that_is_not_json_is_refused_as_ever(site: Site) -> None:
    status, answer = site.asked(b"{")
    assert (status, answer["error"]["code"]) == (400, "body-refused")


def test_a_large_body_of_few_rows_is_explained_too(models: Any) -> None:
    site = Site(models.scorer("two", golden=3), inline_bytes=10)
    status, answer = site.asked({"row": ROW})
    assert status == 200
    assert parts_add_up(answer["predictions"][0])


class Slow:
    """A graph that waits for leave at its first small question; it tells how many rows it was asked."""

    def __init__(self, real: Any) -> None:
        self.real, self.leave, self.asked = real, threading.Event(), 0

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        self.leave.wait(20)
        self.asked += len(rows.numbers)
        found: Outputs = self.real.run(rows, features=features)
        return found


def test_more_than_a_few_at_once_are_sent_back_and_plain_requests_go_on(models: Any) -> None:
    scorer = models.scorer("two", golden=3)
    slow = Slow(scorer.graph)
    scorer.explainer._graph = slow
    site = Site(scorer, explaining=2)

    async def crowd() -> tuple[list[Any], Any, Any]:
        waiting = [asyncio.create_task(site.ask({"row": ROW})) for _ in range(2)]
        while site.metrics.predictions["pump", 3] < 2:
            await asyncio.sleep(0)
        third, plain = await site.ask({"row": ROW}), await site.ask({"row": ROW}, query="")
        slow.leave.set()
        return await asyncio.gather(*waiting), third, plain

    first, third, plain = asyncio.run(crowd())
    assert [status for status, _ in first] == [200, 200]
    assert (third[0], third[1]["error"]["code"]) == (429, "overloaded")
    assert plain[0] == 200
    assert site.asked({"row": ROW})[0] == 200


def test_when_the_time_is_up_what_is_there_is_told(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andamio.serving.explaining.PIECE", 8)
    site = Site(models.scorer("two", golden=10), explaining_s=0.0)
    _, answer = site.asked({"rows": [ROW] * 3})
    for prediction in answer["predictions"]:
        method = prediction["explanation"]["method"]
        assert (method["cut"], method["background_rows"], method["graph_rows"]) == (True, 1, 8)
        assert parts_add_up(prediction)


def test_a_version_without_rows_to_compare_answers_and_says_why_it_cannot_explain(models: Any) -> None:
    status, answer = Site(models.scorer("two")).asked({"row": ROW})
    assert status == 200
    prediction = answer["predictions"][0]
    assert prediction["explanation"] is None
    assert "no rows to compare" in prediction["unexplained"]


@pytest.mark.parametrize(("shape", "answer"), [("number", "value"), ("more", "")])
def test_every_shape_of_answer_is_explained(models: Any, shape: str, answer: str) -> None:
    _, told = Site(models.scorer(shape, golden=3)).asked({"row": ROW})
    prediction = told["predictions"][0]
    prediction |= {"of the label": prediction.get("probabilities", {}).get(prediction.get("label"))}
    assert parts_add_up(prediction, answer or "of the label")


def test_each_row_is_explained_by_the_version_that_answered_it(models: Any) -> None:
    one, two = (models.scorer("two", version=n, bias=-0.3 * n, golden=3) for n in (1, 2))
    trial = plan(None, "ab", Served(2, two.digest), 50, [f"pump-{n}" for n in range(8)])
    site = Site(one, Team(champion=one, ids=IdMaker(), trial=trial, challenger=two))
    _, answer = site.asked({"rows": [ROW | {"asset": f"pump-{n}"} for n in range(8)]})
    assert {prediction["version"] for prediction in answer["predictions"]} == {1, 2}
    assert all(parts_add_up(prediction) for prediction in answer["predictions"])


class Broken:
    """A graph that cannot answer a hot row."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        if (rows.numbers[:, 0] > 100).any():
            raise RuntimeError("too hot for it")
        found: Outputs = self.real.run(rows, features=features)
        return found


def ruled(models: Any, **members: Any) -> Site:
    champion = models.scorer("two", version=5, golden=3, more=RULE)
    champion.graph = Broken(champion.graph)
    return Site(champion, Team(champion=champion, ids=IdMaker(), **members))


def test_the_fixed_rule_is_not_explained_as_if_it_were_the_model(models: Any) -> None:
    _, answer = ruled(models).asked({"row": ROW | {"bearing_temp": 120.0}})
    prediction = answer["predictions"][0]
    assert (prediction["quality"], prediction["explanation"]) == ("fallback", None)
    assert "fixed rule" in prediction["unexplained"]


def test_the_version_that_stood_in_explains_its_own_answer(models: Any) -> None:
    last_good = models.scorer("two", version=4, bias=-0.4, golden=3)
    _, answer = ruled(models, last_good=last_good).asked({"row": ROW | {"bearing_temp": 120.0}})
    prediction = answer["predictions"][0]
    assert (prediction["quality"], prediction["version"]) == ("fallback", 4)
    assert parts_add_up(prediction)


def test_the_champion_that_stood_in_for_a_challenger_explains_its_own_answer(models: Any) -> None:
    champion = models.scorer("two", version=5, golden=3, more=RULE)
    challenger = models.scorer("two", version=6, bias=-0.6, golden=3)
    challenger.graph = Broken(challenger.graph)
    trial = plan(None, "canary", Served(6, challenger.digest), 100, [])
    site = Site(champion, Team(champion=champion, ids=IdMaker(), trial=trial, challenger=challenger))
    _, answer = site.asked({"row": ROW | {"bearing_temp": 120.0}})
    prediction = answer["predictions"][0]
    assert (prediction["quality"], prediction["version"]) == ("fallback", 5)
    assert parts_add_up(prediction)


def test_a_failure_while_explaining_leaves_the_answer(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = models.scorer("two", golden=3)
    monkeypatch.setattr(scorer.explainer, "_graph", Broken(scorer.graph))
    status, answer = Site(scorer).asked({"row": ROW | {"bearing_temp": 120.0}})
    assert status == 200
    assert answer["predictions"][0]["recorded"] is True
    assert "failed while it was being explained" in answer["predictions"][0]["unexplained"]


def test_the_document_describes_it(site: Site) -> None:
    page = site.application.routes.find("/openapi.json")
    assert page is not None
    assert page.get is not None
    document = json.loads(page.get.page().content)
    (parameter,) = document["paths"][PREDICT]["post"]["parameters"]
    assert (parameter["name"], parameter["in"]) == ("explain", "query")
    prediction = document["components"]["schemas"]["pump.Prediction"]
    assert "explanation" in prediction["properties"]
    assert "explanation" not in prediction["required"]


def test_what_it_answers_is_what_the_document_says(site: Site) -> None:
    jsonschema: Callable[..., Any] = pytest.importorskip("jsonschema").Draft202012Validator
    page = site.application.routes.find("/openapi.json")
    assert page is not None
    assert page.get is not None
    document = json.loads(page.get.page().content)
    for body in ({"row": ROW}, {"rows": [ROW | {"product": "Z", "ambient_temp": None}] * 2}):
        _, answer = site.asked(body)
        checker = jsonschema(
            {"$ref": "#/components/schemas/pump.Answer", "components": document["components"]}
        )
        assert list(checker.iter_errors(answer)) == []
        assert {"Explanation", "Contribution"} <= set(document["components"]["schemas"])
