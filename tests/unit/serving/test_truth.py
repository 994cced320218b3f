"""What may come back as the truth, over HTTP and in a file."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.bundles import GraphInfo
from andamio.connectors.csv import read_csv
from andamio.errors import BodyRefused, BodyTooLarge, FeedbackRejected, text
from andamio.journal import Record
from andamio.serving.feedback import FeedbackDoor
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.truth import TruthCheck, naming_fault
from andamio.serving.truth_table import TruthColumns, read_truths

TWO = GraphInfo(kind="classification", classes=("fine", "failure"), positive=1)
DIGITS = GraphInfo(kind="classification", classes=("0", "1"), positive=1)
THREE = GraphInfo(kind="classification", classes=("hot", "mild", "cold"))
NUMBER = GraphInfo(kind="regression")


@pytest.mark.parametrize(
    ("info", "sent", "kept"),
    [
        (TWO, "failure", "failure"),
        (TWO, " fine ", "fine"),
        (TWO, True, "failure"),
        (TWO, "false", "fine"),
        (DIGITS, 1, "1"),
        (DIGITS, 0.0, "0"),
        (DIGITS, "1.0", "1"),
        (DIGITS, False, "0"),
        (THREE, "mild", "mild"),
        (NUMBER, 3, 3.0),
        (NUMBER, "2.5", 2.5),
    ],
)
def test_a_truth_is_kept_as_the_model_names_it(info: GraphInfo, sent: Any, kept: str | float) -> None:
    assert TruthCheck(info).value(sent) == kept


@pytest.mark.parametrize(
    ("info", "sent"),
    [
        (TWO, "failed"),
        (TWO, 1),
        (THREE, True),
        (DIGITS, 2),
        (NUMBER, "high"),
        (NUMBER, "nan"),
        (NUMBER, True),
        (NUMBER, 1e999),
    ],
)
def test_what_is_no_truth_of_the_model_is_refused_with_a_reason(info: GraphInfo, sent: Any) -> None:
    check = TruthCheck(info)
    with pytest.raises(ValueError):  # noqa: PT011  the reason is in the fault
        check.value(sent)
    assert check.fault(sent, text("here")).fix is not None


@given(st.none() | st.text(max_size=3), st.none() | st.text(max_size=3), st.none() | st.text(max_size=12))
def test_a_truth_names_its_prediction_in_exactly_one_way(
    prediction: str | None, asset: str | None, moment: str | None
) -> None:
    fault = naming_fault(prediction, asset, moment, text("here"))
    if fault is None:
        assert bool(prediction) != bool(moment)


def feedback(info: GraphInfo, body: Any, **limits: int) -> tuple[dict[str, Any], list[Record]]:
    kept: list[Record] = []

    async def commit(records: Any) -> None:
        kept.extend(records)

    door = FeedbackDoor("pump", info, commit, Metrics(), Limits(**limits))
    answer = asyncio.run(door.answer(body if isinstance(body, bytes) else json.dumps(body).encode()))
    return json.loads(answer), kept


def test_one_truth_and_many_are_recorded() -> None:
    assert feedback(TWO, {"id": "x", "value": "fine"})[0] == {"model": "pump", "recorded": 1}
    many = [{"id": "x", "value": "fine"}, {"asset": "P1", "time": "2026-01-01T00:00:00Z", "value": True}]
    answer, kept = feedback(TWO, {"feedback": many})
    assert answer["recorded"] == len(kept) == 2


def test_a_truth_whose_value_is_the_word_feedback_is_one_truth() -> None:
    info = GraphInfo(kind="classification", classes=("feedback", "other"))
    assert feedback(info, {"id": "x", "value": "feedback"})[0]["recorded"] == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5",
        b'{"feedback": 5}',
        b'{"id": "x", "feedback": []}',
        b'{"id": 5, "value": 1}',
        b'{"id": "x", "vale": 1}',
    ],
)
def test_a_body_of_another_form_is_refused_with_an_example(body: bytes) -> None:
    with pytest.raises(BodyRefused) as refused:
        feedback(NUMBER, body)
    assert '{"feedback": [' in str(refused.value.fix)


def test_more_truths_than_the_cap_are_refused() -> None:
    with pytest.raises(BodyTooLarge):
        feedback(NUMBER, {"feedback": [{"id": "x", "value": 1}] * 3}, rows=2)


def read(path: Path, models: Any, content: str, named: TruthColumns | None = None, shape: str = "two") -> Any:
    file = path / "truth.csv"
    file.write_text(content, encoding="utf-8")
    bundle = models.bundle(shape)
    return read_truths(
        read_csv(file), bundle.contract, "pump", bundle.info, named or TruthColumns(), "truth.csv"
    )


def test_a_file_by_id_is_read_and_rows_without_truth_are_passed_over(tmp_path: Path, models: Any) -> None:
    table = read(tmp_path, models, "Prediction ID,verdad\na,failure\nb,\nc,fine\n")
    assert [(r.prediction, r.value) for r in table.records] == [("a", "failure"), ("c", "fine")]
    assert (table.empty, table.columns) == (1, TruthColumns(prediction="Prediction ID", value="verdad"))


def test_a_file_by_asset_and_time_is_read_by_the_contracts_own_columns(tmp_path: Path, models: Any) -> None:
    table = read(tmp_path, models, "pump;timestamp;State of pump\nP1;05/11/2026 08:30;failure\n")
    [record] = table.records
    assert (record.prediction, record.asset, record.event_time) == (None, "P1", "2026-11-05T08:30:00")


def test_numbers_come_as_the_plant_writes_them(tmp_path: Path, models: Any) -> None:
    table = read(tmp_path, models, "id;valor\na;1.234,5\nb;2.000,25\n", shape="number")
    assert [record.value for record in table.records] == [1234.5, 2000.25]


def test_named_columns_go_before_the_guess(tmp_path: Path, models: Any) -> None:
    named = TruthColumns(time="when", asset="where", value="what")
    table = read(tmp_path, models, "id,when,where,what\nx,2026-01-01 00:00,P1,fine\n", named)
    assert (table.records[0].prediction, table.records[0].asset) == (None, "P1")


def test_every_wrong_row_is_told_by_its_line_and_nothing_is_recorded(tmp_path: Path, models: Any) -> None:
    with pytest.raises(FeedbackRejected) as refused:
        read(tmp_path, models, "id,value\na,failure\nb,broken\n,fine\n")
    assert [str(fault.where) for fault in refused.value.faults] == ["line 3", "line 4"]


@pytest.mark.parametrize("header", ["id,notes", "value,notes"])
def test_a_file_without_the_columns_says_which_it_has(tmp_path: Path, models: Any, header: str) -> None:
    with pytest.raises(FeedbackRejected) as refused:
        read(tmp_path, models, f"{header}\na,b\n")
    assert header.split(",", maxsplit=1)[0] in str(refused.value.why)
