"""Single rows that come in the same turn share a run, a record and a commit, and nobody can tell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from andamio.bundles import Outputs
from andamio.contracts import Rows
from andamio.errors import JournalFull, RowsRejected, text
from andamio.journal import PredictionRecord, Record, RejectRecord
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.predicting import PredictDoor
from andamio.serving.scorer import Scorer


class Ledger:
    """Takes records after a turn of the event loop, or refuses them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.records: list[Record] = []
        self._error = error

    async def commit(self, records: Sequence[Record]) -> None:
        await asyncio.sleep(0)
        if self._error is not None:
            raise self._error
        self.records += records


def body(temperature: float, **more: object) -> bytes:
    row = {"bearing_temp": temperature, "ambient_temp": 20.0, "product": "L", **more}
    return json.dumps({"row": row}).encode()


def ask(scorer: Scorer, ledger: Ledger, bodies: Sequence[bytes], metrics: Metrics | None = None) -> list[Any]:
    """Send requests in one turn; return what each got, an answer or an error."""

    async def all_at_once() -> list[Any]:
        with ThreadPoolExecutor(1) as pool:
            door = PredictDoor(scorer, ledger.commit, pool, metrics or Metrics(), Limits())
            asked: list[Awaitable[bytes]] = [door.answer(sent) for sent in bodies]
            return await asyncio.gather(*asked, return_exceptions=True)

    return [json.loads(told) if isinstance(told, bytes) else told for told in asyncio.run(all_at_once())]


@pytest.mark.parametrize("shape", ["two", "more", "number"])
def test_rows_answered_together_get_what_they_get_alone(models: Any, shape: str) -> None:
    scorer = models.scorer(shape, golden=3)
    bodies = [body(20.0 + place / 3, asset=f"P{place}") for place in range(40)]
    ledger = Ledger()
    together = ask(scorer, ledger, bodies)
    alone = [ask(scorer, Ledger(), [sent])[0] for sent in bodies]
    assert [_nameless(told) for told in together] == [_nameless(told) for told in alone]
    [record] = ledger.records
    assert isinstance(record, PredictionRecord)
    kept = list(record.predictions())
    assert [p.asset for p in kept] == [f"P{place}" for place in range(40)]
    assert [p.id for p in kept] == [told["predictions"][0]["id"] for told in together]
    assert len({p.id for p in kept}) == 40


def test_more_rows_than_a_group_holds_are_answered_in_several(models: Any) -> None:
    ledger, metrics = Ledger(), Metrics()
    told = ask(models.scorer("two"), ledger, [body(20.0)] * 150, metrics)
    assert all(len(answer["predictions"]) == 1 for answer in told)
    assert sum(len(record) for record in ledger.records if isinstance(record, PredictionRecord)) == 150
    assert len(ledger.records) == 3
    assert sum(metrics.predictions.values()) == 150


def test_a_bad_row_is_refused_alone(models: Any) -> None:
    ledger = Ledger()
    told = ask(models.scorer("two"), ledger, [body(20.0), body(9999.0), body(30.0), b"no json"])
    assert [isinstance(answer, dict) for answer in told] == [True, False, True, False]
    assert isinstance(told[1], RowsRejected)
    kinds = [type(record) for record in ledger.records]
    assert (kinds.count(PredictionRecord), kinds.count(RejectRecord)) == (1, 1)


def test_a_commit_that_fails_fails_everybody_who_shares_it(models: Any) -> None:
    full = JournalFull(text("the disk is full"))
    told = ask(models.scorer("two"), Ledger(full), [body(20.0)] * 5)
    assert told == [full] * 5


def test_when_the_first_is_called_off_the_others_get_their_answers(models: Any) -> None:
    async def call_off() -> list[Any]:
        with ThreadPoolExecutor(1) as pool:
            door = PredictDoor(models.scorer("two"), Ledger().commit, pool, Metrics(), Limits())
            asked = [asyncio.ensure_future(door.answer(body(20.0))) for _ in range(3)]
            await asyncio.sleep(0)
            asked[0].cancel()
            found = await asyncio.gather(*asked, return_exceptions=True)
            return [*found, await door.answer(body(20.0))]

    told = asyncio.run(call_off())
    assert [isinstance(answer, asyncio.CancelledError) for answer in told] == [True, False, False, False]


def test_a_graph_whose_answers_depend_on_the_company_is_asked_row_by_row(models: Any) -> None:
    scorer = models.scorer("two", golden=3)
    graph = scorer.graph
    rows = scorer.decode(body(20.0))
    assert graph.is_rowwise(rows)
    run = graph.run

    def influenced(rows: Rows, *, features: bool = True) -> Outputs:
        answers = run(rows, features=features)
        return Outputs(probabilities=answers.probabilities + 1e-6 * len(rows), decision=answers.decision)

    graph.run = influenced
    assert not graph.is_rowwise(rows)
    scorer.rowwise = False
    told = ask(scorer, Ledger(), [body(20.0 + place) for place in range(9)])
    alone = [ask(scorer, Ledger(), [body(20.0 + place)])[0] for place in range(9)]
    assert [_nameless(answer) for answer in told] == [_nameless(answer) for answer in alone]


def test_without_golden_rows_nothing_is_taken_for_granted(models: Any) -> None:
    assert not models.scorer("two").rowwise
    assert models.scorer("two", golden=3).rowwise


def _nameless(told: dict[str, Any]) -> dict[str, Any]:
    [prediction] = told["predictions"]
    return {**told, "predictions": [{**prediction, "id": ""}]}


def test_a_row_that_the_graph_cannot_answer_fails_alone(models: Any) -> None:
    scorer = models.scorer("two", golden=3)
    run = scorer.graph.run

    def choking(rows: Rows, *, features: bool = True) -> Outputs:
        if (rows.numbers == 33.0).any():
            raise RuntimeError("the graph chokes")
        return run(rows, features=features)

    scorer.graph.run = choking
    ledger = Ledger()
    told = ask(scorer, ledger, [body(20.0), body(33.0), body(30.0)])
    assert [isinstance(answer, dict) for answer in told] == [True, False, True]
    assert isinstance(told[1], RuntimeError)
    assert sum(len(record) for record in ledger.records if isinstance(record, PredictionRecord)) == 2


def test_a_slow_graph_is_asked_row_by_row(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = models.scorer("two", golden=3)
    clock = iter(range(1000))
    monkeypatch.setattr("andamio.bundles.graph.perf_counter", lambda: float(next(clock)))
    assert not scorer.rowwise
