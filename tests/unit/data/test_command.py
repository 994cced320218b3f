"""``andamio data``, as a person and as a program use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from andamio.cli.application import run

ROWS: dict[str, list[object]] = {
    "time": [f"1/4/24 {hour}:00" for hour in range(24)],
    "T [degC]": [f"{20 + hour % 5},{5 + hour % 3}" for hour in range(24)],
    "lot": ["a", "b"] * 12,
}
CONTRACT = """
[model]
kind = "regression"
data = "line"
target = "y"

[operation]
owner = "maintenance"

[input.temp]
column = "T [degC]"
type = "number"
unit = "degC"
range = [0, 23]

[output.y]
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "plant"
    (folder / "models").mkdir(parents=True)
    settings = '[plant]\nname = "Test"\ntime_zone = "America/Bogota"\n'
    (folder / "andamio.toml").write_text(settings, encoding="utf-8")
    (folder / "models" / "line-yield.toml").write_text(CONTRACT, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    return folder


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Run a command with --json and return its exit status and what it printed."""

    def run_json(*words: object) -> tuple[int, Any]:
        status = run(["data", *map(str, words), "--json"])
        return status, json.loads(capsys.readouterr().out)

    return run_json


Told = Callable[..., tuple[int, Any]]


@pytest.mark.usefixtures("plant")
def test_add_list_show_and_check_tell_one_story(write: Callable[..., Path], told: Told) -> None:
    file = write(ROWS)
    status, added = told("add", file, "--to", "line")
    assert status == 0
    assert (added["version"], added["rows"], added["added"], added["unchanged"]) == (0, 24, 24, False)
    assert added["guess"]["decimal"] == ","
    assert added["columns"] == {"time": "time", "T [degC]": "number", "lot": "text"}
    assert told("add", file, "--to", "line")[1]["unchanged"]

    status, listed = told("list")
    assert [(one["name"], one["version"], one["rows"]) for one in listed["datasets"]] == [("line", 0, 24)]
    assert listed["datasets"][0]["digest"] == added["digest"]
    status, shown = told("show", "line@0")
    columns = {column["name"]: column for column in shown["profile"]["columns"]}
    assert (columns["T [degC]"]["unit"], columns["T [degC]"]["high"]) == ("degC", 24.7)

    status, checked = told("check", "line")
    assert status == 1
    assert checked["checks"][0]["accepted"] == 15
    reason = checked["checks"][0]["reasons"][0]
    assert (reason["tag"], reason["code"], reason["count"]) == ("temp", "contract-range", 9)
    assert reason["places"][0] == {"version": 0, "line": 5}


@pytest.mark.usefixtures("plant")
def test_a_damaged_file_is_refused_with_its_columns_and_the_way_on(
    write: Callable[..., Path], told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = [f"{250 + row / 10:.1f}" if row % 4 else f"{250123 + row}" for row in range(60)]
    file = write({"row": range(60), "flow": flow})
    assert run(["data", "add", str(file)]) == 3
    said = capsys.readouterr().err
    assert 'error[data-damaged]: "flow" lost decimal marks (cells: 15)' in said
    assert "lines 2, 6, 10" in said
    assert "250123 ← 250.123" in said
    assert "--set-missing" in said
    status, refused = told("add", file)
    assert status == 3
    assert refused["error"]["faults"][0]["data"]["lines"] == list(range(2, 62, 4))
    status, added = told("add", file, "--set-missing", "flow")
    assert (status, added["choices"]) == (0, {"flow": "set-missing"})


@pytest.mark.usefixtures("plant")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["show", "none"], 4),
        (["show", "line@x"], 2),
        (["check", "line", "--contract", "none"], 4),
        (["add", "none.csv"], 4),
        (["add", "FILE", "--decimal", "x"], 2),
        (["add", "FILE", "--time-zone", "Mars/Phobos"], 2),
        (["add", "FILE", "--text", "none"], 2),
        (["add", "FILE", "--to", "../up"], 2),
        (["add", "FILE", "--dates", "year-last"], 2),
    ],
)
def test_a_mistake_has_its_exit_status(
    write: Callable[..., Path], told: Told, words: list[str], status: int
) -> None:
    file = write(ROWS)
    told("add", file, "--to", "line")
    got, said = told(*[str(file) if word == "FILE" else word for word in words])
    assert got == status
    assert said["error"]["what"]
    assert said["error"]["try"]


@pytest.mark.usefixtures("plant")
@pytest.mark.parametrize(("language", "word"), [("en", "decimals with"), ("es", "decimales con")])
def test_the_guess_is_shown_in_the_readers_language(
    write: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    word: str,
) -> None:
    monkeypatch.setenv("ANDAMIO_LANG", language)
    assert run(["data", "add", str(write(ROWS)), "--to", "line"]) == 0
    assert f'{word} ","' in capsys.readouterr().out
    assert run(["data", "show", "line"]) == 0
    assert run(["data", "list"]) == 0
    assert run(["data", "check", "line"]) == 1
    assert "None" not in capsys.readouterr().out
