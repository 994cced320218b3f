"""The alarms command, as a person at 3 a.m. meets it: what stands, what to do, who was told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from andamio.app import Plant
from andamio.cli.application import run
from andamio.errors import text
from andamio.kernel import clock
from andamio.monitoring import Cause, Finding, Level

SETTINGS = """
[plant]
name = "pump-house"
time_zone = "America/Bogota"

[[notification.target]]
name = "night"
address = "json://127.0.0.1:1/s3cret-path"
"""


def finding(tag: str, asset: str) -> Finding:
    return Finding(
        kind="stuck",
        level=Level.ALARM,
        what=text("{tag} is stuck: {n} readings without a change, the longest was {m}", tag=tag, n=200, m=9),
        fix=text("check the sensor and its cable; the machine behind it may be well, so do not stop it yet"),
        tag=tag,
        asset=asset,
        since=clock.now() - timedelta(minutes=33),
        cause=Cause.SENSOR,
    )


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "andamio.toml").write_text(SETTINGS)
    monkeypatch.setenv("COLUMNS", "80")
    opened = Plant.open(tmp_path)
    standing = [finding("bearing_temp", "pump-07"), finding("flow", "pump-07"), finding("flow", "pump-08")]
    opened.alarms.update("pump-health", standing, at=clock.now(), version=3)
    opened.database.close()
    return tmp_path


def andamio(plant: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    status = run(["-C", str(plant), "alarms", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("language", "word"), [("en", "means: "), ("es", "implica: ")])
def test_what_stands_is_told_in_80_columns(
    plant: Path, capsys: pytest.CaptureFixture[str], language: str, word: str
) -> None:
    for command in ((), ("--all",), ("show", "1"), ("history",)):
        assert run(["-C", str(plant), "--language", language, "alarms", *command]) == 0
        shown = capsys.readouterr().out
        assert max(map(len, shown.splitlines())) <= 80, shown
        assert "pump-07" in shown or "bearing_temp" in shown
        assert word in shown or command == ("history",)


def test_what_to_do_stands_beside_what_is_the_case(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["-C", str(plant), "alarms"])
    shown = capsys.readouterr().out
    assert "Alarms that wait for you: 2" in shown
    assert "! 1    pump-07 · sensor" in shown
    assert "(33 min)" in shown
    assert "andamio alarms ack 1" in shown
    assert "Not delivered yet to night: 1" in shown


def test_an_alarm_is_acknowledged_shelved_and_taken_out(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, done = andamio(plant, capsys, "ack", "1", "--comment", "on my way")
    assert (status, done["alarms"][0]["state"], done["waiting"]) == (0, "acknowledged", 1)
    status, done = andamio(plant, capsys, "shelve", "1", "2", "--hours", "2", "--reason", "valve is changed")
    assert {alarm["state"] for alarm in done["alarms"]} == {"shelved"}
    assert done["alarms"][0]["held_why"] == "valve is changed"
    assert andamio(plant, capsys)[1]["put_aside"] == 2
    assert andamio(plant, capsys, "unshelve", "1")[1]["alarms"][0]["state"] == "unacknowledged"
    status, done = andamio(plant, capsys, "out-of-service", "1", "--reason", "pump is away")
    assert done["alarms"][0]["state"] == "out-of-service"
    assert andamio(plant, capsys, "in-service", "1")[0] == 0
    assert andamio(plant, capsys, "comment", "1", "--reason", "ordered")[0] == 0
    events = andamio(plant, capsys, "history", "1")[1]["events"]
    assert [e["event"] for e in events if not e["event"].startswith("finding")] == [
        "raised", "acknowledged", "shelved", "unshelved", "out-of-service", "in-service", "commented"
    ]  # fmt: skip
    run(["-C", str(plant), "audit", "pump-health", "--json"])
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["action"] for row in rows][:2] == ["alarm-acknowledged", "alarm-shelved"]


@pytest.mark.parametrize(
    ("words", "expected", "code"),
    [
        (("ack", "77"), 4, "alarm-not-found"),
        (("show", "pump-07"), 4, "alarm-not-found"),
        (("unshelve", "1"), 3, "alarm-refused"),
        (("shelve", "1"), 2, "usage"),
        (("shelve", "1", "--hours", "0", "--reason", "r"), 2, "usage"),
        (("out-of-service", "1"), 2, "usage"),
        (("history", "--since", "yesterday"), 2, "usage"),
        (("test-notification", "nobody"), 4, "not-found"),
        (("deliver",), 1, "notification-failed"),
        (("test-notification",), 1, "notification-failed"),
    ],
)
def test_what_cannot_be_done_says_so_and_shows_no_secret(
    plant: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], expected: int, code: str
) -> None:
    status, answer = andamio(plant, capsys, *words)
    assert (status, answer["error"]["code"]) == (expected, code)
    assert "s3cret" not in json.dumps(answer)


def test_a_plant_without_alarms_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "andamio.toml").write_text('[plant]\nname = "p"\n')
    assert run(["-C", str(tmp_path), "alarms"]) == 0
    assert capsys.readouterr().out == "No alarm stands.\n"
    status, answer = andamio(tmp_path, capsys, "test-notification")
    assert (status, "[[notification.target]]" in answer["error"]["try"]) == (4, True)


def test_listing_and_acknowledging_load_no_service(plant: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from andamio.cli.application import run; "
        f"run(['-C', {str(plant)!r}, 'alarms', 'ack', '1']); print('apprise' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
