"""A machine that nobody labelled: from a contract to answers, explanations and truths, by the commands."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andamio.cli.application import run

pytestmark = pytest.mark.slow

CONTRACT = """\
[model]
kind = "anomaly"
data = "compressor"
time = "time"

[operation]
owner = "maintenance"

[input.suction]
type = "number"
unit = "bar"

[input.discharge]
type = "number"
unit = "bar"

[input.flow]
type = "number"
unit = "m3/h"
missing = "impute"

[accept]
false_alarm_rate = "<= 0.05"
"""


def write_rows(file: Path, rows: int, seed: int, *, leak_from: int | None = None) -> None:
    """Write readings one a minute; from a row on the flow no longer follows the pressures."""
    rng = np.random.default_rng(seed)
    load = rng.normal(size=rows)
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["time", "suction", "discharge", "flow"])
        for i in range(rows):
            flow = 80 + 10 * load[i] + rng.normal()
            if leak_from is not None and i >= leak_from:
                flow -= 25
            moment = f"2026-04-{1 + i // 1440:02d}T{i // 60 % 24:02d}:{i % 60:02d}:00"
            suction, discharge = 2 + 0.2 * load[i] + 0.02 * rng.normal(), 8 + load[i] + 0.1 * rng.normal()
            writer.writerow([moment, f"{suction:.4f}", f"{discharge:.4f}", f"{flow:.3f}"])


def spoken(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def compressor(plant: Path, tmp_path: Path) -> Path:
    """The plant with a second model, which watches a compressor, deployed."""
    write_rows(tmp_path / "history.csv", 400, 1)
    (plant / "models" / "compressor.toml").write_text(CONTRACT, encoding="utf-8")
    assert run(["contract", "check", "compressor"]) == 0
    assert run(["data", "add", str(tmp_path / "history.csv"), "--to", "compressor"]) == 0
    assert run(["train", "compressor", "--trials", "2"]) == 0
    assert run(["deploy", "compressor@1", "--reason", "first watch"]) == 0
    return plant


def test_a_leak_is_told_explained_and_confirmed(
    compressor: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path / "live.csv", 60, 2, leak_from=40)
    answers = tmp_path / "answers.csv"
    scored = ["score", "--model", "compressor", "--in", str(tmp_path / "live.csv"), "--out", str(answers)]
    assert run(scored) == 0
    with answers.open(newline="") as file:
        rows = list(csv.DictReader(file))
    alarms = [row["decision"].lower() == "true" for row in rows]
    assert sum(alarms[:40]) <= 1
    assert sum(alarms[40:]) >= 19
    assert float(rows[50]["score"]) > 1
    assert float(rows[50]["health"]) < 50
    assert rows[50]["label"] == "anomaly"
    told = spoken(["explain", rows[50]["id"]], capsys)["explanation"]
    assert told["contributions"][0]["tag"] == "flow"
    assert told["value"] == pytest.approx(float(rows[50]["score"]), rel=1e-4)
    assert run(["explain", rows[50]["id"]]) == 0
    feedback = tmp_path / "truth.csv"
    feedback.write_text(
        "id,value\n"
        + "".join(f"{row['id']},{'anomaly' if i >= 40 else 'normal'}\n" for i, row in enumerate(rows))
    )
    assert run(["feedback", str(feedback), "--model", "compressor"]) == 0
    models = {one["model"]: one for one in spoken(["status"], capsys)["models"]}
    measures = {one["name"]: one["value"] for one in models["compressor"]["performance"]["measures"]}
    assert measures["recall"] > 0.9
    assert measures["false_alarm_rate"] < 0.05


def told_in(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(words) == 0
    return capsys.readouterr().out


def test_it_is_shown_like_any_other_version(
    compressor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compressor.is_dir()
    for language, words in (("en", "injected faults noticed"), ("es", "fallas inyectadas")):
        monkeypatch.setenv("ANDAMIO_LANG", language)
        assert words in told_in(["show", "compressor@1"], capsys)
        told_in(["status", "compressor"], capsys)
    told_in(["contract", "show", "compressor"], capsys)
    told_in(["monitor", "compressor"], capsys)
    write_rows(tmp_path / "live.csv", 30, 5)
    told_in(["score", "--model", "compressor", "--in", str(tmp_path / "live.csv"),
             "--out", str(tmp_path / "answers.jsonl")], capsys)  # fmt: skip
    (first, *_) = (json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines())
    assert set(first) >= {"id", "label", "decision", "score", "health"}
    assert "salud" in told_in(["status", "compressor"], capsys)
    ask = tmp_path / "ask.csv"
    told_in(["label", "next", "compressor", "--rows", "4", "--out", str(ask)], capsys)
    assert "truth" in ask.read_text().splitlines()[0]
