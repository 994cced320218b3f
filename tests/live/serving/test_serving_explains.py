"""A real scoring process explains what it answers, and other requests do not wait for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytestmark = pytest.mark.live
WHY = "/v1/models/pump-health/predict?explain=true"


def explain(plant: Any, *words: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from andamio.cli import main; main()", "explain", *words],
        env=os.environ | {"ANDAMIO_PLANT": str(plant.root), "ANDAMIO_LANG": language, "COLUMNS": "80"},
        cwd=plant.root, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def total(why: dict[str, Any]) -> float:
    return float(why["base"] + sum(one["contribution"] for one in why["contributions"]))


def test_it_explains_what_it_answered_and_the_command_says_the_same(served: Any) -> None:
    plant, running = served
    row = plant.row | {"bearing_temp": 120.0, "product": "new"}
    answer = running.ask(WHY, {"row": row}, Accept_Language="es")
    assert answer.status == 200
    [prediction] = answer.json["predictions"]
    assert prediction["recorded"] is True
    why = prediction["explanation"]
    assert total(why) == pytest.approx(prediction["probability"], abs=1e-6)
    assert why["contributions"][0]["words"].endswith("porque bearing_temp es 120 °C")
    assert prediction["id"] in plant.journalled()
    done = explain(plant, prediction["id"], "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["same_answer"] is True
    here = {one["tag"]: one["contribution"] for one in why["contributions"]}
    there = {one["tag"]: one["contribution"] for one in told["explanation"]["contributions"]}
    assert there == pytest.approx(here, abs=1e-9)
    text = explain(plant, prediction["id"], language="es").stdout
    assert "porque bearing_temp es 120 °C" in text


def test_plain_requests_are_answered_while_explanations_are_calculated(served: Any) -> None:
    _, running = served
    row = served[0].row

    def ask(path: str) -> int:
        status: int = running.ask(path, {"rows": [row] * 16} if "explain" in path else {"row": row}).status
        return status

    with ThreadPoolExecutor(12) as people:
        why = [people.submit(ask, WHY) for _ in range(40)]
        plain = [people.submit(ask, WHY.partition("?")[0]) for _ in range(200)]
        statuses = [one.result() for one in why]
        assert {one.result() for one in plain} == {200}
    assert 200 in statuses
    assert set(statuses) <= {200, 429}
    assert ask(WHY) == 200


def test_an_id_that_nobody_gave_ends_with_status_4(served: Any) -> None:
    done = explain(served[0], "1m7ycrqwj001ca7j7")
    assert done.returncode == 4
    assert "prediction-not-found" in done.stderr
