"""Rows in, answers and a record out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from andamio.errors import BodyTooLarge, DiskFull, JournalFull, RowsRejected, Unequipped, text
from andamio.journal import PredictionRecord, Record, RejectRecord, ServiceRecord
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.predicting import PredictDoor
from andamio.serving.recording import Recording, unrecorded

HOT = {"bearing_temp": 120.0, "ambient_temp": 20.0, "product": "L"}
COLD = {"bearing_temp": 0.0, "ambient_temp": 60.0, "product": "H"}


class Ledger:
    """Takes records; full when told so."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.full = False

    async def commit(self, records: Sequence[Record]) -> None:
        if self.full:
            raise DiskFull(text("the disk is full"))
        self.records += records


def answered(door: PredictDoor, *rows: dict[str, Any]) -> dict[str, Any]:
    body = {"row": rows[0]} if len(rows) == 1 else {"rows": rows}
    found: dict[str, Any] = json.loads(asyncio.run(door.answer(json.dumps(body).encode())))
    return found


def door(models: Any, shape: str, ledger: Ledger, **limits: int) -> PredictDoor:
    pool = ThreadPoolExecutor(1)
    return PredictDoor(models.scorer(shape), ledger.commit, pool, Metrics(), Limits(**limits))


def test_two_classes_answer_with_label_decision_and_the_probability_of_the_positive_one(models: Any) -> None:
    answer = answered(door(models, "two", Ledger()), HOT, COLD)
    assert (answer["model"], answer["version"]) == ("pump", 3)
    hot, cold = answer["predictions"]
    assert list(hot) == ["id", "label", "decision", "probability", "flags", "recorded"]
    assert (hot["label"], hot["decision"], hot["probability"]) == (
        "failure",
        True,
        pytest.approx(0.73106, abs=1e-4),
    )
    assert (cold["label"], cold["decision"], cold["probability"]) == (
        "fine",
        False,
        pytest.approx(0.35434, abs=1e-4),
    )


def test_more_classes_answer_with_every_probability(models: Any) -> None:
    hot, cold = answered(door(models, "more", Ledger()), HOT, COLD)["predictions"]
    assert list(hot) == ["id", "label", "probabilities", "flags", "recorded"]
    assert (hot["label"], cold["label"]) == ("hot", "cold")
    assert sum(hot["probabilities"].values()) == pytest.approx(1.0, abs=1e-6)
    assert max(hot["probabilities"], key=hot["probabilities"].get) == "hot"


def test_a_number_answers_with_its_interval(models: Any) -> None:
    [hot] = answered(door(models, "number", Ledger()), HOT)["predictions"]
    assert list(hot) == ["id", "value", "lower", "upper", "flags", "recorded"]
    assert (hot["lower"], hot["value"], hot["upper"]) == pytest.approx((1.5, 2.0, 2.5), abs=1e-6)


@pytest.mark.parametrize("shape", ["two", "more", "number"])
def test_the_record_holds_exactly_what_was_answered(models: Any, shape: str) -> None:
    ledger = Ledger()
    answer = answered(door(models, shape, ledger), {**HOT, "asset": "P1", "time": "2026-01-01"}, COLD)
    [record] = ledger.records
    assert isinstance(record, PredictionRecord)
    kept = list(record.predictions())
    assert [p.id for p in kept] == [p["id"] for p in answer["predictions"]]
    assert (kept[0].asset, kept[0].event_time, kept[1].asset) == ("P1", "2026-01-01", None)
    for prediction, told in zip(kept, answer["predictions"], strict=True):
        if shape == "number":
            assert prediction.value == told["value"]
        else:
            assert prediction.probabilities is not None
            shares = prediction.probabilities.tolist()
            wanted = told["probability"] if shape == "two" else list(told["probabilities"].values())
            assert (shares[1] if shape == "two" else shares) == wanted


def test_on_the_event_loop_and_in_a_thread_the_answers_are_the_same(models: Any) -> None:
    here = answered(door(models, "two", Ledger()), HOT, COLD)["predictions"]
    there = answered(door(models, "two", Ledger(), inline_bytes=0), HOT, COLD)["predictions"]
    assert [{**p, "id": ""} for p in here] == [{**p, "id": ""} for p in there]


@pytest.mark.parametrize("inline", [0, 10_000], ids=["in a thread", "on the loop"])
def test_refused_rows_are_journalled_with_every_reason_and_counted(models: Any, inline: int) -> None:
    ledger = Ledger()
    bad = door(models, "two", ledger, inline_bytes=inline)
    with pytest.raises(RowsRejected) as refused:
        answered(bad, {**HOT, "bearing_temp": 999}, {"product": 5})
    [record] = ledger.records
    assert isinstance(record, RejectRecord)
    assert (record.rows, record.version) == (2, 3)
    assert len(record.faults) == len(refused.value.faults)
    assert {fault.row for fault in record.faults} == {0, 1}


def test_nothing_is_answered_that_could_not_be_recorded(models: Any) -> None:
    ledger = Ledger()
    ledger.full = True
    with pytest.raises(DiskFull):
        answered(door(models, "two", ledger), HOT)


def test_more_rows_than_the_cap_are_refused_before_they_are_scored(models: Any) -> None:
    ledger = Ledger()
    with pytest.raises(BodyTooLarge):
        answered(door(models, "two", ledger, rows=1), HOT, COLD)
    assert ledger.records == []


def test_where_the_contract_prefers_answers_only_a_full_disk_lets_them_go_unrecorded(models: Any) -> None:
    told: list[Record] = []
    failure: list[Exception] = [JournalFull(text("the journal is full"))]

    async def commit(records: Sequence[Record]) -> None:
        if failure:
            raise failure[0]
        told.extend(records)

    metrics = Metrics()
    recording = Recording("pump", commit, "score-unlogged", metrics)
    record = RejectRecord(time=5.0, model="pump", version=1, rows=3, faults=())
    assert [asyncio.run(recording.commit((record,))) for _ in range(2)] == [False, False]
    failure[0] = Unequipped(text("the disk fails"))
    with pytest.raises(Unequipped):
        asyncio.run(recording.commit((record,)))
    failure.clear()
    assert [asyncio.run(recording.commit((record,))) for _ in range(2)] == [True, True]
    [event] = [item for item in told if isinstance(item, ServiceRecord)]
    assert event.event == "unrecorded"
    assert event.detail == {"model": "pump", "rows": 6, "since": 5.0, "until": 5.0}
    assert metrics.unrecorded == {"pump": 6}


def test_an_answer_says_unrecorded_of_its_predictions_and_touches_no_text() -> None:
    content = json.dumps({"label": '"recorded":true}', "recorded": True}, separators=(",", ":")).encode()
    assert json.loads(unrecorded(content)) == {"label": '"recorded":true}', "recorded": False}
