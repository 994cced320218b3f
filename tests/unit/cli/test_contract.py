"""``andamio contract``: check, show, diff."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from andamio.cli.application import run
from andamio.language import speak

SOUND = """
[model]
kind = "classification"
data = "pumps"
target = "failed"
[input.bearing_temp]
type = "number"
unit = "degC"
range = [0, 180]
[input.ambient_temp]
type = "number"
unit = "degC"
[features]
heat = "bearing_temp - ambient_temp"
[accept]
recall = ">= 0.9"
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "andamio.toml").write_text('[plant]\nname = "test"\n', encoding="utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "pump-health.toml").write_text(SOUND, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    with speak("en"):
        yield tmp_path


def write(plant: Path, name: str, text: str) -> None:
    (plant / "models" / f"{name}.toml").write_text(text, encoding="utf-8")


def test_sound_contracts_are_in_order(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["contract", "check"]) == 0
    assert "pump-health: in order. Inputs: 2; features: 1; gates: 1." in capsys.readouterr().out


def test_all_faults_of_all_contracts_come_at_once(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(plant, "first", SOUND.replace("0, 180", "180, 0").replace("[accept]", "[acept]"))
    write(plant, "second", SOUND.replace("bearing_temp - ambient_temp", "bearing_temp - ambient"))
    assert run(["contract", "check", "--json"]) == 3
    faults = json.loads(capsys.readouterr().out)["error"]["faults"]
    assert [fault["code"] for fault in faults[:2]] == ["contract-value", "contract-name"]
    assert "models/first.toml, line 9" in faults[0]["where"]
    assert "ambient" in faults[2]["what"]


def test_a_misspelt_contract_is_told_the_right_name(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["contract", "check", "pump-helth"]) == 4
    assert 'did you mean "pump-health"?' in capsys.readouterr().err


def test_a_contract_is_shown_as_tables_as_data_and_as_schema(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["contract", "show", "pump-health"]) == 0
    shown = capsys.readouterr().out
    assert "bearing_temp - ambient_temp" in shown
    assert "0 to 180" in shown
    assert run(["contract", "show", "pump-health", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["contract"]["inputs"][0]["unit"] == "degC"
    assert run(["contract", "show", "pump-health", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "pump-health"


def test_two_contracts_are_compared_and_breaking_changes_are_marked(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(plant, "new", SOUND.replace("0, 180", "0, 150").replace(">= 0.9", ">= 0.95"))
    assert run(["contract", "diff", "pump-health", "models/new.toml", "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert [(change["path"], change["breaking"]) for change in changes] == [
        ("input.bearing_temp.range", True),
        ("accept.recall", False),
    ]


def test_the_commands_speak_spanish(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with speak("es"):
        assert run(["contract", "check"]) == 0
    assert "en orden" in capsys.readouterr().out
