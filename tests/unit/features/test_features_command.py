"""``andamio features show`` tells what a contract computes, with figures where there is data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
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


WAVES = """
[model]
kind = "regression"
data = "pumps"
target = "wear"
[input.vibration]
type = "waveform"
unit = "g"
rate_hz = 1000
length = 64
[input.shaft_hz]
type = "number"
unit = "Hz"
[features]
once = "band_energy(envelope(vibration, low=100, high=300), 2 * shaft_hz, width=6)"
noise = "band_energy(vibration, low=200)"
[output.wear]
"""


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_signals_of_a_row_are_drawn_with_the_bands_that_features_read(
    plant: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (plant / "models" / "wear.toml").write_text(WAVES, encoding="utf-8")
    rng = np.random.default_rng(0)
    table = {
        "vibration": pl.Series(rng.normal(size=(3, 64)).tolist(), dtype=pl.List(pl.Float64)),
        "shaft_hz": [25.0, 26.0, 27.0],
        "wear": [1.0, 2.0, 3.0],
    }
    pl.DataFrame(table).write_parquet(plant / "pumps.parquet")
    Datasets(plant).add(plant / "pumps.parquet", "pumps")
    with speak(language):
        show("wear", plot=plant / "signals.html", row=2)
        show("wear", plot=plant / "signals.png")
    assert "signals.html" in capsys.readouterr().out
    page = (plant / "signals.html").read_text(encoding="utf-8")
    assert "once, 52.0 Hz" in page
    assert "noise, 200" in page
    assert {"en": "envelope, 100 to 300 Hz", "es": "envolvente, 100 a 300 Hz"}[language] in page
    assert not any(f'{kind}="http' in page for kind in ("src", " href"))
    assert (plant / "signals.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("file", "row", "words"), [("x.html", 9, "no row 9"), ("x.pdf", 1, "neither a page"), ("x.png", 1, "")]
)
def test_what_cannot_be_drawn_is_told(plant: Path, file: str, row: int, words: str) -> None:
    (plant / "models" / "wear.toml").write_text(WAVES, encoding="utf-8")
    if not words:
        declare(plant, 'heat = "bearing_temp - ambient_temp"')
        words = "no signals to draw"
    samples = pl.Series([[0.0] * 64] * 2, dtype=pl.List(pl.Float64))
    table = pl.DataFrame({"vibration": samples, "shaft_hz": [1.0, 2.0], "wear": [1.0, 2.0]})
    table.write_parquet(plant / "pumps.parquet")
    Datasets(plant).add(plant / "pumps.parquet", "pumps")
    with pytest.raises(FeaturesRefused) as caught, speak("en"):
        show("wear", plot=plant / file, row=row)
    assert words in str(caught.value.what)
    assert not (plant / file).exists()


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


WAVE = """
[model]
kind = "regression"
data = "fans"
target = "wear"
[input.vibration]
type = "waveform"
unit = "g"
rate_hz = 1000
length = 64
{features}[output.wear]
"""


def test_what_training_takes_from_signals_by_itself_is_shown(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = plant / "models" / "fan.toml"
    contract.write_text(WAVE.format(features=""), encoding="utf-8")
    waves = np.random.default_rng(0).normal(size=(5, 64)).tolist()
    pl.DataFrame({"vibration": waves, "wear": [1.0, 2, 3, 4, 5]}).write_parquet(plant / "fans.parquet")
    Datasets(plant).add(plant / "fans.parquet", "fans")
    show("fan", json=True)
    found = json.loads(capsys.readouterr().out)["features"]
    assert {one["declared"] for one in found} == {False}
    assert any(one["expression"] == "kurtosis(vibration)" for one in found)
    assert all(one["least_median_greatest"] for one in found)
    with speak("es"):
        show("fan")
    assert f"{len(found)} de estas no" in " ".join(capsys.readouterr().out.split())
    contract.write_text(WAVE.format(features='[features]\nlevel = "rms(vibration)"\n'), encoding="utf-8")
    show("fan", json=True)
    (declared,) = json.loads(capsys.readouterr().out)["features"]
    assert declared["declared"] is True
    show("fan")
    assert "in no contract" not in capsys.readouterr().out
