"""``andamio explain`` as a person types it: the prediction found, its version opened, its reasons told."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from andamio.archive import compact
from andamio.bundles import Bundle
from andamio.bundles.deployment import Deployment, Served, write_deployment
from andamio.cli.application import run
from andamio.explanations import Effort
from andamio.journal import Journal, PredictionRecord, find_prediction, read_journal
from andamio.kernel.ids import IdMaker

TANGLED = [{"bearing_temp": 0.02, "heat": -0.004, "idle": 1.5, "flow": 0.3}]
RULE = '\n[fallback]\ntag = "bearing_temp"\nabove = 90\n'
ROWS = "bearing_temp,flow,idle,product,unused\n91,8,1,M,3\n65,,,Z,2\n"
Capture = pytest.CaptureFixture[str]


class Plant:
    """A plant with one deployed model, and the person in its folder."""

    def __init__(self, root: Path, bundle: Bundle) -> None:
        self.root, self.bundle = root, bundle
        (root / ".andamio" / "bundles").mkdir(parents=True)
        (root / "andamio.toml").write_text(f'[plant]\nname = "x"\n\n[keys]\ntrusted = ["{bundle.key}"]\n')
        self.folder = root / ".andamio" / "bundles" / bundle.digest
        shutil.copytree(bundle.path, self.folder)
        write_deployment(
            root / ".andamio" / "deployment.json", Deployment().deploying("pump", Served(3, bundle.digest))
        )
        (root / "rows.csv").write_text(ROWS)

    def score(self) -> list[str]:
        """Score the rows and return the ids."""
        assert run(["score", "--in", "rows.csv", "--out", "out.jsonl", "--json"]) == 0
        return [json.loads(line)["id"] for line in (self.root / "out.jsonl").read_text().splitlines()]

    def journalled(self) -> PredictionRecord:
        found = (
            r for r in read_journal(self.root / ".andamio" / "journal") if isinstance(r, PredictionRecord)
        )
        return next(found)

    def record(self, record: PredictionRecord) -> None:
        with Journal(self.root / ".andamio" / "journal", "test") as journal:
            journal.append_now([record])


@pytest.fixture
def make(
    build: Callable[..., Bundle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Plant]:
    def make(*shape: Any, **more: Any) -> Plant:
        plant = Plant(tmp_path / "plant", build(*(shape or ("two", TANGLED)), **more))
        monkeypatch.chdir(plant.root)
        monkeypatch.setenv("ANDAMIO_PLANT", str(plant.root))
        monkeypatch.setenv("ANDAMIO_LANG", "en")
        monkeypatch.setenv("COLUMNS", "80")
        return plant

    return make


@pytest.fixture
def plant(make: Callable[..., Plant]) -> Plant:
    return make()


def explained(capsys: Capture, *words: str, status: int = 0) -> Any:
    capsys.readouterr()
    assert run(["explain", *words, "--json"]) == status
    return json.loads(capsys.readouterr().out)


def told(capsys: Capture, *words: str) -> str:
    capsys.readouterr()
    assert run([*words]) == 0
    return capsys.readouterr().out


def test_a_prediction_is_explained_to_a_person(plant: Plant, capsys: Capture) -> None:
    text = told(capsys, "explain", plant.score()[0])
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("pump@3 · ")
    assert "  chance that state is «failure»: 86 %" in text
    assert any("because bearing_temp is 91.0 °C, usually 60.7–68.8 °C" in line for line in lines), text
    assert any("because idle is true, as in 2" in line for line in lines), text
    assert "the shares are exact" in text
    assert "Tags that move together" in text


def test_and_in_spanish(plant: Plant, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    name = plant.score()[0]
    monkeypatch.setenv("ANDAMIO_LANG", "es")
    text = told(capsys, "explain", name)
    assert max(map(len, text.splitlines())) <= 80
    assert "porque bearing_temp es 91,0 °C, normalmente 60,7–68,8 °C" in text
    assert "because" not in text


def test_the_whole_adds_up_for_a_program_and_is_the_same_each_time(plant: Plant, capsys: Capture) -> None:
    name = plant.score()[1]
    first, again = (explained(capsys, name) for _ in range(2))
    assert first["explanation"] == again["explanation"]
    assert (first["id"], first["model"], first["version"], first["same_answer"]) == (name, "pump", 3, True)
    assert first["flags"] == ["flow:imputed", "idle:imputed", "product:other"]
    why = first["explanation"]
    recorded = list(plant.journalled().predictions())[1].probabilities
    assert recorded is not None
    total = why["base"] + sum(one["contribution"] for one in why["contributions"])
    assert total == pytest.approx(float(recorded[1]), abs=1e-6)
    words = " ".join(one["words"] for one in why["contributions"])
    assert "flow is missing, as in 10 % of its training; usually" in words
    assert "product is «Z», which the contract does not name" in words


def test_a_value_is_explained_in_its_unit(make: Callable[..., Plant], capsys: Capture) -> None:
    plant = make("number", [{"bearing_temp": 0.5, "flow": -2.0}], unit="bar")
    text = told(capsys, "explain", plant.score()[0])
    assert "  answer: " in text
    assert " bar  because bearing_temp is 91.0 °C" in text
    assert "decided" not in text


def test_what_was_compacted_is_explained_as_before(plant: Plant, capsys: Capture) -> None:
    first, second = plant.score()
    before = explained(capsys, second)
    compact(plant.root / ".andamio" / "journal", plant.root / ".andamio")
    assert find_prediction(plant.root / ".andamio" / "journal", second) is None
    after = explained(capsys, second)
    assert {**before, "seconds": 0} == {**after, "seconds": 0}
    assert explained(capsys, first)["id"] == first
    assert explained(capsys, IdMaker().take(1)[0], status=4)["error"]["code"] == "prediction-not-found"


def test_an_unknown_id_says_when_it_was_made(plant: Plant, capsys: Capture) -> None:
    plant.score()
    error = explained(capsys, IdMaker(lambda: 1_795_000_000_000).take(1)[0], status=4)["error"]
    assert error["code"] == "prediction-not-found"
    assert "2026-11-1" in error["why"]
    assert explained(capsys, "pump-07", status=2)["error"]["code"] == "usage"


def test_a_row_of_a_long_file_was_never_kept_and_that_is_said(
    plant: Plant, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andamio.serving.batch.run.KEPT_ROWS", 1)
    error = explained(capsys, plant.score()[0], status=4)["error"]
    assert error["code"] == "prediction-not-found"
    assert "when rows.csv was scored" in error["why"]


def test_a_pruned_day_is_said(plant: Plant, capsys: Capture) -> None:
    settings = plant.root / "andamio.toml"
    settings.write_text(settings.read_text() + "\n[journal]\nkeep_days = 30\n")
    error = explained(capsys, IdMaker(lambda: 1_500_000_000_000).take(1)[0], status=4)["error"]
    assert "keeps 30 days" in error["why"]


def test_a_bundle_that_is_gone_is_named(plant: Plant, capsys: Capture) -> None:
    name = plant.score()[0]
    shutil.rmtree(plant.folder)
    error = explained(capsys, name, status=4)["error"]
    assert error["code"] == "not-explainable"
    assert "pump@3" in error["what"]
    assert plant.bundle.digest in error["where"]


def test_another_answer_than_the_recorded_one_is_said(plant: Plant, capsys: Capture) -> None:
    plant.score()
    record = plant.journalled()
    (name, _) = names = IdMaker().take(2)
    other = np.array([[0.1, 0.9], [0.2, 0.8]], "<f4").tobytes()
    plant.record(msgspec.structs.replace(record, ids=names, probabilities=other))
    assert explained(capsys, name)["same_answer"] is False
    text = told(capsys, "explain", name)
    assert "The journal has another answer" in text
    assert "What is explained is today's answer" in text


def test_the_fixed_rule_is_its_own_explanation(make: Callable[..., Plant], capsys: Capture) -> None:
    plant = make("two", TANGLED, more=RULE)
    plant.score()
    (name, other) = names = IdMaker().take(2)
    certain = np.array([[0, 1], [0.2, 0.8]], "<f4").tobytes()
    plant.record(
        msgspec.structs.replace(plant.journalled(), ids=names, probabilities=certain, quality="fallback")
    )
    error = explained(capsys, name, status=4)["error"]
    assert error["code"] == "not-explainable"
    assert "whether bearing_temp is above 90" in error["why"]
    assert explained(capsys, other)["quality"] == "fallback"
    assert "stood in for one that could not answer" in told(capsys, "explain", other)


def test_orders_that_agree_and_orders_that_do_not_say_so(
    make: Callable[..., Plant], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = partial(Effort, graph_rows=1_920)
    monkeypatch.setattr("andamio.cli.explain.Effort", few)
    plant = make()
    text = told(capsys, "explain", plant.score()[0])
    assert re.search(r"1,920 rows were asked; the shares are good to ±0\.\d+ %\.", " ".join(text.split())), (
        text
    )
    shutil.rmtree(plant.root)
    linear = make("number", [{"bearing_temp": 0.5, "flow": -2.0}])
    text = told(capsys, "explain", linear.score()[0])
    assert "every order gave the same shares" in " ".join(text.split())


def test_a_bundle_of_before_says_that_the_average_is_rough(
    make: Callable[..., Plant], capsys: Capture
) -> None:
    plant = make("two", TANGLED, bare=True, golden=12)
    text = told(capsys, "explain", plant.score()[0])
    assert "10 golden rows, which is rough" in " ".join(text.split())
    assert "Usual is" not in text
