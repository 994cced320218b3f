"""The monitor through the command line: look, replay, report, rebase and back again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andamio.cli.application import run
from andamio.errors import DiskFull, text
from andamio.monitoring import detectors
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.rows import Rows

MODEL = "pump-health"


class Hot:
    """Finds that the last temperature is above 120; blames what it is told to blame."""

    cause = Cause.PROCESS

    def __init__(self) -> None:
        self.last = np.zeros(2)

    def feed(self, rows: Rows) -> None:
        self.last = np.array([rows.numbers[-1, 0], rows.times[-1]], dtype=np.float64)

    def standing(self) -> Sequence[Finding]:
        if self.last[0] <= 120:
            return []
        since = datetime.fromtimestamp(float(self.last[1]), UTC)
        return [
            Finding(kind="hot", level=Level.ALARM, cause=self.cause, certainty=0.9, tag="temp", since=since,
                    what=text("sensor"), fix=text("check the name and the folder")),
        ]  # fmt: skip

    def state(self) -> Mapping[str, np.ndarray]:
        return {"last": self.last}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.last = state["last"].copy()


@pytest.fixture(autouse=True)
def detecting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "MAKERS", (lambda _contract, _reference: Hot,))


@pytest.fixture
def watched(plant: Path) -> Path:
    """The plant with a setting that lets rows go at once."""
    with (plant / "andamio.toml").open("a") as settings:
        settings.write("\n[monitor]\nlate_minutes = 0\n")
    return plant


def score(plant: Path, temps: Sequence[float]) -> None:
    lines = ["Temperature [degC],Load", *(f"{temp:.2f},0.1" for temp in temps)]
    (plant.parent / "live.csv").write_text("\n".join(lines) + "\n")
    assert run(["score", "--in", str(plant.parent / "live.csv"), "--out", str(plant.parent / "out.csv")]) == 0


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    status = run([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_one_look_says_what_stands_and_the_next_goes_on_from_there(watched, capsys):
    status, first = asked(capsys, "monitor")
    assert status == 0
    assert first["models"][0]["rows"] == 5
    score(watched, [80, 130])
    status, second = asked(capsys, "monitor", MODEL)
    assert status == 1
    found = second["models"][0]
    assert (found["rows"], found["assets"][0]["rows"], found["kept"]) == (2, 7, True)
    hot, learning = found["findings"]
    assert (hot["kind"], hot["cause"], hot["certainty"]) == ("hot", "process", 0.9)
    assert (learning["kind"], learning["level"]) == ("still-learning", "notice")
    status, third = asked(capsys, "monitor", "look", MODEL)
    assert (status, third["models"][0]["rows"]) == (1, 0)


def test_it_speaks_spanish(watched, capsys, monkeypatch):
    score(watched, [130])
    monkeypatch.setenv("ANDAMIO_LANG", "es")
    assert run(["monitor", MODEL]) == 1
    said = capsys.readouterr().out
    assert "causa: proceso (certeza 90 %)" in said
    assert "vigiladas, de 1 equipo\n" in said
    assert "Para reconocerlas o apartarlas: andamio alarms" in said
    assert "revise el nombre y la carpeta" in said


@pytest.mark.parametrize(("gap", "states"), [(60, ["unacknowledged"]), (0.00001, ["suppressed"])])
def test_alarms_of_an_asset_that_starts_up_again_are_muted(watched, capsys, gap, states):
    with (watched / "andamio.toml").open("a") as settings:
        settings.write(f"\n[alarms]\non_delay_minutes = 0\nstart_up_mute_minutes = 60\ngap_minutes = {gap}\n")
    score(watched, [80, 130])
    assert asked(capsys, "monitor", MODEL)[0] == 1
    _, told = asked(capsys, "alarms", "--all")
    assert [alarm["state"] for alarm in told["alarms"]] == states


class Desk:
    """Keeps no alarms; fails when it is asked for the nth time, and ends the watch the time after."""

    def __init__(self, fails_at: int) -> None:
        self.fails_at = fails_at
        self.asked = 0

    def update(self, *_: object) -> None:
        self.asked += 1
        if self.asked == self.fails_at:
            raise DiskFull(text("sensor"))
        if self.asked > self.fails_at:
            os.kill(os.getpid(), signal.SIGTERM)


def test_what_stands_is_told_also_when_its_alarms_cannot_be_kept(watched, capsys, monkeypatch):
    score(watched, [130])
    monkeypatch.setattr("andamio.cli.monitor.desk_of", lambda _: Desk(1))
    capsys.readouterr()
    assert run(["monitor", MODEL]) == DiskFull.exit_status
    told = capsys.readouterr()
    assert "cause: process (90 % sure)" in told.out
    assert "error[disk-full]" in told.err


def test_a_long_watch_outlives_a_disk_that_was_full_for_a_while(watched, capsys, monkeypatch):
    desk = Desk(2)
    monkeypatch.setattr("andamio.cli.monitor_watching.desk_of", lambda _: desk)
    capsys.readouterr()
    assert run(["monitor", MODEL, "--watch", "--interval", "0.01"]) == 0
    assert capsys.readouterr().err.count("error[disk-full]") == 1
    assert desk.asked == 3


def test_a_date_that_is_none_is_told_as_it_was_typed(watched, capsys):
    assert run(["monitor", "replay", MODEL, "--from", "05/02/2026"]) == 2
    assert "05/02/2026 is not a date" in capsys.readouterr().err


def test_a_model_that_does_not_answer_is_not_found(watched, capsys):
    assert asked(capsys, "monitor", "nobody")[0] == 4
    assert asked(capsys, "monitor", "replay", f"{MODEL}@7")[0] == 4


def test_a_replay_tells_what_would_have_stood_and_keeps_nothing(watched, capsys):
    score(watched, [80] * 30 + [130] * 30 + [80] * 30)
    status, told = asked(capsys, "monitor", "replay", MODEL, "--every", "10")
    assert status == 0
    assert told["rows"] == 95
    assert [(one["kind"], one["cleared"] is None) for one in told["episodes"]] == [("hot", False)]
    assert not list((watched / ".andamio").glob("monitor/**/*.npz"))
    status, told = asked(capsys, "monitor", "replay", MODEL, "--to", "2020-01-01")
    assert (status, told["rows"], told["episodes"]) == (0, 0, [])
    assert run(["monitor", "replay", MODEL, "--from", "2026-01-02", "--to", "2026-01-01"]) == 2


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_holds_everything_and_asks_for_nothing(watched, capsys, monkeypatch, language):
    score(watched, [80] * 30 + [130] * 30)
    monkeypatch.setenv("ANDAMIO_LANG", language)
    status, told = asked(capsys, "monitor", "report", MODEL, "--out", str(watched.parent / "page.html"))
    assert status == 0
    assert told["tags"]["temp"]["ks"] > 0.3
    assert set(told["tags"]["temp"]) == {"psi", "ks", "wasserstein", "jensenshannon", "missing"}
    assert told["drift"][0]["rows"] == 65
    assert {one["tags"][0] for one in told["drift"][0]["moved"]} <= {"temp", "load", "failure"}
    page = (watched.parent / "page.html").read_text()
    assert ("el modelo" in page) == (language == "es")
    assert {"en": "1 finding needs a person.", "es": "1 hallazgo necesita a una persona."}[language] in page
    assert f'<html lang="{language}">' in page
    assert ("Hallazgos" in page) == (language == "es")
    assert page.count("<svg") >= 3
    assert "<script" not in page
    assert 'src="http' not in page
    assert run(["monitor", "report", MODEL, "--out", "/nowhere/page.html"]) == 4


EVIDENTLY = os.environ.get("ANDAMIO_EVIDENTLY_PYTHON", "")
LOADED = """
import sys
from evidently.core.report import Snapshot
snapshot = Snapshot.load(sys.argv[1])
results = snapshot.metric_results.values()
told = [(one.metric_value_location.metric.params, one.value) for one in results]
page = snapshot.get_html_str(as_iframe=False)
print({f"{params['column']} {params['method']}": value for params, value in told}, len(page) > 1000)
"""


def test_the_distances_are_written_as_an_evidently_snapshot(watched, capsys):
    score(watched, [80] * 30 + [130] * 30)
    file = watched.parent / "snapshot.json"
    status, told = asked(capsys, "monitor", "report", MODEL, "--evidently", str(file))
    assert (status, told["evidently"]) == (0, str(file))
    snapshot = json.loads(file.read_text())
    found = {
        (one["metric_value_location"]["metric"]["params"]["column"],
         one["metric_value_location"]["metric"]["params"]["method"]): one["value"]
        for one in snapshot["metric_results"].values()
    }  # fmt: skip
    assert found["temp", "psi"] == told["tags"]["temp"]["psi"]
    assert found["temp", "ks_distance"] == told["tags"]["temp"]["ks"]
    assert set(snapshot["metric_results"]) == set(snapshot["top_level_metrics"])
    assert run(["monitor", "report", MODEL, "--evidently", "/nowhere/snapshot.json"]) == 4


@pytest.mark.skipif(not EVIDENTLY, reason="ANDAMIO_EVIDENTLY_PYTHON names no Python that has Evidently")
def test_evidently_loads_the_snapshot(watched, capsys):
    score(watched, [80] * 30 + [130] * 30)
    file = watched.parent / "snapshot.json"
    told = asked(capsys, "monitor", "report", MODEL, "--evidently", str(file))[1]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [EVIDENTLY, "-c", LOADED, str(file)], capture_output=True, text=True, check=True, env=env
    )
    assert f"'temp psi': {told['tags']['temp']['psi']}" in done.stdout
    assert done.stdout.strip().endswith("True")


def test_a_rebase_learns_anew_and_can_be_taken_back(watched, capsys):
    digests = {file.name: file.stat().st_mtime_ns for file in (watched / ".andamio/bundles").rglob("*")}
    status, told = asked(capsys, "monitor", "rebase", MODEL, "--reason", "new impeller")
    assert (status, told["error"]["code"]) == (1, "rebase-refused")
    chance = random.Random(1)
    score(watched, [chance.gauss(100, 2) for _ in range(600)])
    assert run(["monitor", "rebase", MODEL]) == 2, "a reason is asked for"
    before = asked(capsys, "monitor", "report", MODEL)[1]["tags"]["temp"]["psi"]
    status, told = asked(capsys, "monitor", "rebase", MODEL, "--reason", "new impeller")
    assert (status, told["rows"]) == (0, 605)
    assert asked(capsys, "monitor", "report", MODEL)[1]["tags"]["temp"]["psi"] < before / 10
    found = asked(capsys, "monitor")[1]["models"][0]
    assert (found["reference"], found["assets"]) == (told["reference"], [])
    assert digests == {
        file.name: file.stat().st_mtime_ns for file in (watched / ".andamio/bundles").rglob("*")
    }
    status, undone = asked(capsys, "monitor", "rebase", MODEL, "--undo", "--reason", "it was the sensor")
    assert (status, undone["undone"], undone["reference"]) == (0, told["reference"], "bundle")
    assert asked(capsys, "monitor")[1]["models"][0]["assets"][0]["rows"] == 605
    assert asked(capsys, "monitor", "rebase", MODEL, "--undo")[0] == 4
    capsys.readouterr()
    assert run(["audit", "--json"]) == 0
    actions = [row["action"] for row in json.loads(capsys.readouterr().out)["rows"]]
    assert [a for a in actions if a.startswith("reb")] == [
        "rebase-intended", "rebased", "rebase-undo-intended", "rebase-undone",
    ]  # fmt: skip


def test_a_broken_sensor_is_not_learnt_as_normal(watched, capsys, monkeypatch):
    monkeypatch.setattr(Hot, "cause", Cause.SENSOR)
    score(watched, [130.0] * 600)
    status, told = asked(capsys, "monitor", "rebase", MODEL, "--reason", "it is so now")
    assert (status, told["error"]["code"]) == (1, "rebase-refused")
    assert asked(capsys, "monitor", "rebase", MODEL, "--reason", "it is so now", "--anyway")[0] == 0


def test_a_reference_that_nobody_signed_is_not_compared_with(watched, capsys):
    score(watched, [80.0] * 600)
    name = asked(capsys, "monitor", "rebase", MODEL, "--reason", "why not")[1]["reference"]
    record = watched / ".andamio/monitor" / MODEL / "references" / name / "record.json"
    record.write_bytes(record.read_bytes().replace(b"why not", b"not why"))
    status, told = asked(capsys, "monitor")
    assert (status, told["errors"][0]["code"]) == (5, "not-trusted")


def test_one_process_keeps_the_watch_and_ends_at_sigterm(watched, capsys):
    command = [sys.executable, "-m", "andamio", "monitor", MODEL, "--watch", "--interval", "0.2", "--json"]
    with subprocess.Popen(command, cwd=watched, stdout=subprocess.PIPE, text=True, env=os.environ) as keeper:
        assert keeper.stdout is not None
        assert json.loads(keeper.stdout.readline())["models"][0]["rows"] == 5
        score(watched, [80])
        assert asked(capsys, "monitor", MODEL)[1]["models"][0]["kept"] is False
        second = subprocess.run(
            command, cwd=watched, capture_output=True, text=True, check=False, env=os.environ
        )
        assert second.returncode == 6, second.stderr
        while not json.loads(keeper.stdout.readline())["models"][0]["rows"]:
            pass
        keeper.send_signal(signal.SIGTERM)
        keeper.stdout.read()
        assert keeper.wait() == 0
