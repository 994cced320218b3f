"""``andamio score`` and ``andamio feedback`` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from andamio.bundles.deployment import read_deployment, write_deployment
from andamio.cli.application import run
from andamio.errors import NothingDeployed
from andamio.journal import BatchRecord, PredictionRecord, TruthRecord, read_journal
from andamio.serving.batch import refused
from andamio.serving.champions import open_champion
from andamio.serving.desk import command_journal

from .conftest import ROWS


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_file_is_scored_and_its_truth_comes_back_by_id(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", "--in", "rows.csv", "--out", "out.jsonl", "--json"]) == 0
    result = said(capsys)
    assert (result["model"], result["version"], result["scored"], result["refused"]) == ("pump", 3, 2, 0)
    ids = [json.loads(line)["id"] for line in (plant / "out.jsonl").read_text().splitlines()]
    (plant / "truth.csv").write_text(f"id,State of pump\n{ids[0]},failure\nnobody,fine\n{ids[1]},\n")
    assert run(["feedback", "truth.csv", "--json"]) == 0
    back = said(capsys)
    assert (back["recorded"], back["joined"], back["empty"]) == (2, 1, 1)
    kinds = [type(record) for record in read_journal(plant / ".andamio" / "journal")]
    assert kinds == [PredictionRecord, BatchRecord, TruthRecord, TruthRecord]


def test_the_truth_comes_back_by_asset_and_time(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", "--in", "rows.csv", "--out", "out.csv"]) == 0
    (plant / "truth.csv").write_text(
        "pump;timestamp;State of pump\nP1;01/01/2026 08:00;failure\nP9;01/01/2026 08:00;fine\n"
    )
    assert run(["feedback", "truth.csv", "--time", "timestamp"]) == 0
    text = capsys.readouterr().out
    assert "2 truths recorded for pump; 1 joins a prediction" in text
    assert "1 joins none yet" in text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "the first 2 have their faults in words, the others by code, tag and value"),
        ("es", "las primeras 2 llevan sus faltas en palabras; las demás, por código, etiqueta y valor"),
    ],
)
def test_the_command_says_what_the_file_of_refusals_holds(
    plant: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    told: str,
) -> None:
    monkeypatch.setenv("ANDAMIO_LANG", language)
    (plant / "rows.csv").write_text(ROWS + "999,20,L,P3,2026-01-01 08:00\n" * 3)
    score = ["score", "--in", "rows.csv", "--out", "out.csv"]
    assert run(score) == 0
    assert told not in capsys.readouterr().out
    monkeypatch.setattr(refused, "WORDED_ROWS", 2)
    assert run(score) == 0
    assert told in capsys.readouterr().out
    assert run([*score, "--json"]) == 0
    result = said(capsys)
    assert (result["rejected_listed"], result["rejected_worded"]) == (3, 2)


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["score", "--in", "no.csv", "--out", "o.csv"], 4, "not-found"),
        (["score", "--in", "rows.csv", "--out", "rows.csv"], 2, "usage"),
        (["score", "--in", "rows.csv", "--out", "nowhere/o.csv"], 2, "usage"),
        (["score", "--in", "rows.csv", "--out", "o.csv", "--decimal", ";"], 2, "usage"),
        (["score", "--in", "rows.csv", "--out", "o.csv", "--model", "pumps"], 4, "model-not-served"),
        (["feedback", "no.csv"], 4, "not-found"),
        (["feedback", "rows.csv"], 3, "feedback-rejected"),
    ],
)
def test_what_cannot_be_done_is_refused_kindly_and_leaves_nothing(
    plant: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, code: str
) -> None:
    assert run([*arguments, "--json"]) == status
    assert said(capsys)["error"]["code"] == code
    assert sorted(p.name for p in plant.iterdir()) == [".andamio", "andamio.toml", "rows.csv"]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet", "rows-folder.csv"])
def test_a_folder_is_called_a_folder(plant: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (plant / name).mkdir()
    assert run(["score", "--in", name, "--out", "o.csv", "--json"]) == 3
    assert said(capsys)["error"]["what"] == f"{name} is a folder, not a file"


def test_no_command_offers_an_option_that_it_does_not_have(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (plant / "ragged.csv").write_text("id;value\na;1\nb\nc;2\n")
    for command in (["feedback", "ragged.csv"], ["score", "--in", "ragged.csv", "--out", "o.csv"]):
        assert run([*command, "--json"]) == 3
        assert said(capsys)["error"]["try"] == "correct these lines of the file"
    assert run(["data", "add", "ragged.csv", "--json"]) == 3
    assert "--ragged skip" in said(capsys)["error"]["try"]


def test_status_of_a_version_without_a_reference_says_what_it_cannot_judge(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", "--in", "rows.csv", "--out", "out.csv"]) == 0
    capsys.readouterr()
    assert run(["status", "--json"]) == 0
    (model,) = said(capsys)["models"]
    assert (model["verdict"], model["answered"]) == ("waiting", 2)
    assert [finding["kind"] for finding in model["findings"]] == ["no-reference"]


def test_several_models_and_none_named_is_a_usage_error(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = plant / ".andamio" / "deployment.json"
    there = read_deployment(path)
    write_deployment(path, there.deploying("other", there.models["pump"].champion))
    assert run(["score", "--in", "rows.csv", "--out", "o.csv", "--json"]) == 2
    assert said(capsys)["error"]["try"] == "name one: --model other"


def test_before_the_first_deployment_there_is_nothing_to_score_with(tmp_path: Path) -> None:
    with pytest.raises(NothingDeployed):
        open_champion(tmp_path / "deployment.json", tmp_path, [], "")


def test_two_commands_at_once_write_to_two_places(tmp_path: Path) -> None:
    with command_journal(tmp_path, "score", "process"), command_journal(tmp_path, "score", "process"):
        assert {path.name.rsplit("-", 1)[0] for path in tmp_path.glob("*.journal")} == {"score-1", "score-2"}
