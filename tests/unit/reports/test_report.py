"""A version's page tells which classes the model mixes up, in words and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from andamio.contracts import parse_contract
from andamio.language import speak
from andamio.reports.report import Report, render_report

CONTRACT = """
[model]
kind = "classification"
data = "bearings"
target = "condition"
[input.vibration]
type = "number"
[output.condition]
"""
INTERVAL = {"value": 0.9, "low": 0.8, "high": 0.95}


def page(counts: Sequence[Sequence[int]], **more: Any) -> str:
    evaluation = {
        "deployable": True,
        "gates": [],
        "metrics": {"f1": INTERVAL},
        "main": "f1",
        "measured": None,
        "split": {"train_rows": 80, "held_out_rows": 20, "note": "", "left_out": []},
        "curves": {
            "confusion": {"classes": ["good", "inner", "<outer>"], "counts": counts, "positive": None}
        },
        "importances": [],
        "claims": None,
        "simpler": [],
        "slices": [],
        "noise": {"level": 0.01, "metrics": {}},
        **more,
    }
    report = Report(
        reference="bearing@1",
        digest="d" * 64,
        contract=parse_contract(CONTRACT, name="bearing", file="-"),
        evaluation=evaluation,
        parity={"rows": 20, "max_abs_difference": 0.0, "decision_flips": 0},
        lineage={
            "dataset": {"name": "bearings", "version": 0, "digest": "a"},
            "contract": "b",
            "code": {"version": "1", "digest": "c"},
            "seed": 0,
            "learnt": {},
        },
        threshold=None,
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        made_by="ana",
        audit_head={"seq": 1, "hash": "h", "key_id": "k", "signature": "s"},
    )
    return render_report(report)


def test_the_pairs_most_often_mixed_up_come_first() -> None:
    shown = page([[8, 1, 0], [0, 3, 4], [2, 0, 2]])
    first = shown.index("“inner” was answered as “&lt;outer&gt;”: 4 of 7 rows")
    second = shown.index("“&lt;outer&gt;” was answered as “good”: 2 of 4 rows")
    assert first < second < shown.index("“good” was answered as “inner”: 1 of 9 rows")
    assert (
        '<td class="number good">8</td><td class="number bad">1</td><td class="number soft">0</td>' in shown
    )


def test_a_model_that_mixes_nothing_up_is_told_so() -> None:
    with speak("es"):
        assert "No confundió ninguna clase con otra." in page([[8, 0, 0], [0, 3, 0], [0, 0, 2]])


@pytest.mark.parametrize("tags", [1, 2])
def test_a_single_tag_is_not_ranked(tags: int) -> None:
    each = [{"tag": f"t{n}", "loss": 0.5, "metric": "f1"} for n in range(tags)]
    assert ("<svg" in page([[1, 0, 0], [0, 1, 0], [0, 0, 1]], importances=each)) == (tags > 1)
