"""``andamio features show`` tells what a contract computes, with figures where there is data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from andamio.cli.features import show
from andamio.data import Datasets
from andamio.errors import FeaturesRefused
from andamio.language import speak

CONTRACT = """
[model]
kind = "regression"
data = "pumps"
target = "wear"
[input.bearing_temp]
type = "number"
unit = "degC"
[input.ambient_temp]
type = "number"
unit = "degC"
[features]
{features}
[output.wear]
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "andamio.toml").write_text('[plant]\nname = "Test"\n', encoding="utf-8")
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def declare(plant: Path, features: str) -> None:
    (plant / "models" / "wear.toml").write_text(CONTRACT.format(features=features), encoding="utf-8")


def test_features_are_shown_with_their_figures(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(plant, 'heat = "bearing_temp - ambient_temp"')
    file = plant / "pumps.csv"
    file.write_text("bearing_temp,ambient_temp,wear\n50,20,1\n61,20,2\n79,20,3\n", encoding="utf-8")
    Datasets(plant).add(file, "pumps")
    show("wear", json=True)
    (feature,) = json.loads(capsys.readouterr().out)["features"]
    assert feature["unit"] == "degC"
    assert feature["tags"] == ["bearing_temp", "ambient_temp"]
    assert feature["least_median_greatest"] == [30, 41, 59]
    with speak("es"):
        show("wear")
    shown = capsys.readouterr().out
    assert "mediana" in shown
    assert "41" in shown


def test_without_a_dataset_there_are_no_figures_and_the_reason_is_told(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(plant, 'heat = "bearing_temp - ambient_temp"')
    with speak("en"):
        show("wear")
    shown = capsys.readouterr().out
    assert "bearing_temp - ambient_temp" in shown
    assert "No figures" in shown


def test_wrong_features_are_refused_with_every_fault(plant: Path) -> None:
    declare(plant, 'a = "bearing_tmp"\nb = "ambient_temp +"')
    with pytest.raises(FeaturesRefused) as caught:
        show("wear")
    assert len(caught.value.faults) == 2


def test_a_contract_without_features_tells_how_to_declare_one(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(plant, "")
    with speak("en"):
        show("wear")
    assert "[features]" in capsys.readouterr().out
