"""A model that errs twice as often as it promised becomes an alarm; one that keeps its promise never does."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from andamio.cli.application import run

from ..crash.small_plant import MODEL, found_plant, history, training_at_once, typed

ANDAMIO = [sys.executable, "-m", "andamio"]


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plant whose model errs in about one row of ten, measured on hundreds."""
    folder = tmp_path_factory.mktemp("harm")
    plant = found_plant(folder)
    (folder / "first.csv").write_text(flipped(history(3000, 1), 0.07))
    with (plant / "andamio.toml").open("a") as settings:
        settings.write("\n[monitor]\nlate_minutes = 0\n\n[alarms]\non_delay_minutes = 0\n")
    assert typed(plant, "data", "add", str(folder / "first.csv"), "--to", "pumps") == 0
    with training_at_once():
        assert typed(plant, "train", MODEL) == 0
    assert typed(plant, "deploy", f"{MODEL}@1", "--reason", "trial") == 0
    return plant


@pytest.fixture
def plant(promised: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "plant"
    shutil.copytree(promised, copy)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    return copy


def flipped(table: str, share: float) -> str:
    """Turn the truth of some rows round: what no model can know."""
    chance = random.Random(11)
    head, *rows = table.splitlines()
    turned = {",yes": ",no", ",no": ",yes"}
    for place, row in enumerate(rows):
        end = row[row.rindex(",") :]
        rows[place] = row.removesuffix(end) + turned[end] if chance.random() < share else row
    return "\n".join([head, *rows]) + "\n"


def spoken(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    status = run([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def judge(plant: Path, rows: int, wrong: float, seed: int) -> None:
    """Score rows, and tell of each whether it was right, as often wrong as asked for."""
    chance, folder = random.Random(seed), plant.parent
    (folder / "rows.csv").write_text(history(rows, seed))
    assert run(["score", "--in", str(folder / "rows.csv"), "--out", str(folder / "out.csv")]) == 0
    with (folder / "out.csv").open(newline="") as file:
        answers = list(csv.DictReader(file))
    with (folder / "truth.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["prediction", "value"])
        for answer in answers:
            failed = answer["label"] == "yes"
            told = failed != (chance.random() < wrong)
            writer.writerow([answer["id"], "yes" if told else "no"])
    assert run(["feedback", str(folder / "truth.csv"), "--id", "prediction", "--value", "value"]) == 0


def harms(told: Any) -> list[Any]:
    return [finding for finding in told["models"][0]["findings"] if finding["kind"] == "harm"]


def test_answers_as_good_as_promised_are_no_alarm(plant, capsys):
    judge(plant, 800, 0.10, 2)
    _, told = spoken(capsys, "monitor", MODEL)
    assert harms(told) == []
    assert told["models"][0]["judged"] == 800
    assert not [alarm for alarm in spoken(capsys, "alarms")[1]["alarms"] if alarm["cause"] == "concept"]
    assert spoken(capsys, "status")[1]["alarms"]["open"] == len(spoken(capsys, "alarms")[1]["alarms"])


def test_errors_that_double_are_an_alarm_at_every_door(plant, capsys, monkeypatch):
    judge(plant, 300, 0.10, 3)
    assert not harms(spoken(capsys, "monitor", MODEL)[1])
    judge(plant, 900, 0.22, 4)
    status, told = spoken(capsys, "monitor", MODEL)
    assert status == 1
    (harm,) = harms(told)
    assert (harm["level"], harm["cause"], harm["tag"]) == ("alarm", "concept", "failure")
    assert harm["certainty"] > 0.9
    assert harm["since"]
    (alarm,) = [one for one in spoken(capsys, "alarms")[1]["alarms"] if one["cause"] == "concept"]
    assert alarm["state"] == "unacknowledged"
    assert "worse than was promised" in alarm["consequence"]
    _, replayed = spoken(capsys, "monitor", "replay", MODEL)
    (episode,) = [one for one in replayed["episodes"] if one["kind"] == "harm"]
    assert (episode["level"], episode["cleared"]) == ("alarm", None)
    page = plant.parent / "page.html"
    assert run(["monitor", "report", MODEL, "--out", str(page)]) == 0
    assert "at acceptance it was" in page.read_text()
    status = spoken(capsys, "status")[1]
    assert status["alarms"]["open"] == status["alarms"]["waiting"] >= 1
    assert status["alarms"]["worst"]["state"] == "unacknowledged"
    (health,) = status["models"]
    assert [finding["kind"] for finding in health["findings"]].count("harm") >= 1
    monkeypatch.setenv("ANDAMIO_LANG", "es")
    capsys.readouterr()
    run(["monitor", MODEL])
    run(["status"])
    said = capsys.readouterr().out
    assert "Alarmas abiertas: " in said
    assert "andamio alarms show" in said
    assert "respuestas comparadas con su verdad" in said
    assert "donde se conoce la verdad" in said
    assert "causa: el conocimiento del propio modelo" in said
    assert run(["alarms"]) == 0
    assert "las respuestas son peores de lo prometido" in capsys.readouterr().out


def test_killed_and_begun_again_each_truth_counts_once(plant, capsys):
    judge(plant, 300, 0.10, 5)
    command = [*ANDAMIO, "monitor", MODEL, "--watch", "--interval", "0.1", "--json"]
    for turn in range(3):
        judge(plant, 300, 0.25, 6 + turn)
        with subprocess.Popen(command, cwd=plant, stdout=subprocess.PIPE, env=os.environ) as keeper:
            assert keeper.stdout is not None
            if turn < 2:
                keeper.stdout.readline()
            keeper.send_signal(signal.SIGKILL)
            keeper.wait()
    _, told = spoken(capsys, "monitor", MODEL)
    assert told["models"][0]["judged"] == 1200
    shutil.rmtree(plant / ".andamio" / "monitor")
    _, anew = spoken(capsys, "monitor", MODEL)
    assert (harms(anew), anew["models"][0]["judged"]) == (harms(told), 1200)
    assert len(harms(told)) == 1
    concept = [one for one in spoken(capsys, "alarms")[1]["alarms"] if one["cause"] == "concept"]
    assert len(concept) == 1


def test_the_control_process_tells_of_it(plant):
    judge(plant, 300, 0.10, 9)
    judge(plant, 700, 0.25, 10)
    command = [*ANDAMIO, "up", "--port", "0", "--interval", "0.2"]
    with subprocess.Popen(command, cwd=plant, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split("at ")[1].split("/api")[0]
            for _ in range(300):
                if _answers(f"{address}/readyz") is not None:
                    break
                time.sleep(0.1)
            else:
                pytest.fail("the control process was not ready within half a minute")
            told = _answers(f"{address}/api/v1/models/{MODEL}/findings")
        finally:
            process.terminate()
    found = [one["kind"] for version in told["versions"] for one in version["findings"]]
    assert "harm" in found


def _answers(address: str) -> Any:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        return None
