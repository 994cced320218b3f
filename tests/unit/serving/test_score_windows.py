"""``andamio score`` over the rows of a model that answers windows."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from andamio.bundles.deployment import Served, read_deployment, write_deployment
from andamio.cli.application import run

WINDOW = """
[window]
length = 4
gap = "10 min"
tags = ["bearing_temp"]
"""
HEADER = "bearing_temp,ambient_temp,product,pump,timestamp"


def rows(pump: str, minutes: list[int]) -> list[str]:
    return [f"{50 + m},20,L,{pump},2026-01-01 {8 + m // 60:02d}:{m % 60:02d}:00" for m in minutes]


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join([HEADER, *lines]) + "\n")


def answers(path: Path) -> list[tuple[str, str, str]]:
    with path.open(newline="") as file:
        return [(row["asset"], row["time"], row["value"]) for row in csv.DictReader(file)]


@pytest.fixture
def windowed(plant: Path, models: Any) -> Path:
    bundle = models.bundle("number", more=WINDOW)
    path = plant / ".andamio" / "deployment.json"
    write_deployment(path, read_deployment(path).deploying("pump", Served(4, bundle.digest)))
    return plant


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_file_of_rows_has_an_answer_for_each_window_that_ends(
    windowed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = rows("P1", list(range(10))) + rows("P2", [0, 1, 2, 3, 30, 31, 32, 33])
    write(windowed / "rows.csv", lines)
    assert run(["score", "--in", "rows.csv", "--out", "out.csv", "--json"]) == 0
    result = told(capsys)
    assert (result["scored"], result["refused"], result["unanswered"], result["late"]) == (9, 0, 9, 0)
    with (windowed / "out.csv").open(newline="") as file:
        found = [(int(row["line"]), row["asset"]) for row in csv.DictReader(file)]
    assert found == [*((line, "P1") for line in range(5, 12)), (15, "P2"), (19, "P2")]


def test_two_files_with_a_kept_state_give_the_answers_of_one(
    windowed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = rows("P1", list(range(12)))
    write(windowed / "rows.csv", lines)
    assert run(["score", "--in", "rows.csv", "--out", "whole.csv"]) == 0
    found = []
    for part, chosen in (("a", lines[:2]), ("b", lines[2:7]), ("c", lines[7:])):
        write(windowed / f"{part}.csv", chosen)
        command = ["score", "--in", f"{part}.csv", "--out", f"{part}-out.csv", "--state", "w.state"]
        assert run(command) == 0
        if part == "a":
            assert not (windowed / "a-out.csv").exists()
            assert "no window ended yet" in capsys.readouterr().out
        else:
            found += answers(windowed / f"{part}-out.csv")
    assert found == answers(windowed / "whole.csv")
    assert len(found) == 9


def test_rows_that_come_too_late_are_told_and_answer_nothing_again(
    windowed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(windowed / "rows.csv", rows("P1", [0, 1, 2, 4, 5, 3, 6]))
    assert run(["score", "--in", "rows.csv", "--out", "out.csv", "--json"]) == 0
    result = told(capsys)
    assert (result["scored"], result["late"]) == (3, 1)
    assert [time for _, time, _ in answers(windowed / "out.csv")] == [
        "2026-01-01T08:04:00",
        "2026-01-01T08:05:00",
        "2026-01-01T08:06:00",
    ]


def test_a_row_without_a_time_is_refused_with_the_reason(
    windowed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = rows("P1", list(range(6)))
    write(windowed / "rows.csv", [*lines, "60,20,L,P1,", "300,20,L,P1,2026-01-01 08:09:00"])
    assert run(["score", "--in", "rows.csv", "--out", "out.csv", "--json"]) == 0
    assert told(capsys)["reasons"] == {"contract-missing": 1, "contract-range": 1}
    refused = (windowed / "out.rejected.csv").read_text()
    assert "the row has no time" in refused


def test_json_lines_hold_single_rows_too(windowed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = [
        {"bearing_temp": 50 + m, "product": "L", "asset": "P1", "time": f"2026-01-01T08:{m:02d}:00Z"}
        for m in range(6)
    ]
    (windowed / "rows.jsonl").write_text("\n".join(map(json.dumps, body)))
    assert run(["score", "--in", "rows.jsonl", "--out", "out.jsonl", "--json"]) == 0
    assert told(capsys)["scored"] == 3


def counted(plant: Path, name: str, counts: list[int]) -> None:
    write(plant / name, [f"{50 + count % 7},20,L,P1,{count}" for count in counts])


def test_a_counter_that_leaps_in_one_row_silences_nobody(
    windowed: Path, models: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = windowed / ".andamio" / "deployment.json"
    counting = WINDOW.replace('gap = "10 min"\n', "")
    served = Served(5, models.bundle("number", more=counting).digest)
    write_deployment(path, read_deployment(path).deploying("pump", served))
    command = ["score", "--out", "out.csv", "--state", "w.state", "--json", "--in"]
    counted(windowed, "a.csv", [1, 2, 3, 900_000, 4, 5, 6, 7, 8, 9, 900_001])
    assert run([*command, "a.csv"]) == 0
    result = told(capsys)
    assert (result["scored"], result["refused"], result["late"]) == (7, 1, 0)
    assert "900000 is far ahead of the rows that follow" in (windowed / "out.rejected.csv").read_text()
    counted(windowed, "b.csv", [10, 11, 12, 13, 14])
    assert run([*command, "b.csv"]) == 0
    result = told(capsys)
    assert (result["scored"], result["refused"], result["late"]) == (4, 0, 0)
    assert [time for _, time, _ in answers(windowed / "out.csv")] == ["11", "12", "13", "14"]
    counted(windowed, "c.csv", [15, 16])
    assert run([*command, "c.csv"]) == 0
    assert told(capsys)["scored"] == 2


CYCLES = """
[window]
length = 4
cycle = "batch"
tags = ["bearing_temp"]
"""


def test_cycles_of_json_lines_are_those_of_a_table(plant: Path, models: Any) -> None:
    path = plant / ".andamio" / "deployment.json"
    served = Served(4, models.bundle("number", more=CYCLES).digest)
    write_deployment(path, read_deployment(path).deploying("pump", served))
    batches: list[int | None] = [7] * 3 + [8] * 5 + [None] + [9] * 2
    times = [f"2026-01-01T08:{minute:02d}:00" for minute in range(len(batches))]
    table, body = [f"{HEADER},batch"], []
    for minute, (time, batch) in enumerate(zip(times, batches, strict=True)):
        table.append(f"{50 + minute % 4},20,L,P1,{time},{'' if batch is None else batch}")
        row = {
            "bearing_temp": 50 + minute % 4,
            "ambient_temp": 20,
            "product": "L",
            "asset": "P1",
            "time": time,
        }
        body.append(json.dumps(row | ({} if batch is None else {"batch": batch})))
    (plant / "rows.csv").write_text("\n".join(table) + "\n")
    (plant / "rows.jsonl").write_text("\n".join(body))
    for name in ("rows.csv", "rows.jsonl"):
        assert run(["score", "--in", name, "--out", f"{name}.out.csv"]) == 0
    found = answers(plant / "rows.jsonl.out.csv")
    assert found == answers(plant / "rows.csv.out.csv")
    assert len(found) == 3


@pytest.mark.parametrize("damage", ["cut", "turned", "empty"])
def test_a_damaged_state_is_refused_and_stays_as_it_is(
    windowed: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    write(windowed / "rows.csv", rows("P1", list(range(5))))
    command = ["score", "--in", "rows.csv", "--out", "out.csv", "--state", "w.state"]
    assert run(command) == 0
    kept = (windowed / "w.state").read_bytes()
    content = {"cut": kept[:-3], "turned": kept[:40] + b"x" + kept[41:], "empty": b""}[damage]
    (windowed / "w.state").write_bytes(content)
    capsys.readouterr()
    assert run([*command, "--json"]) == 3
    assert told(capsys)["error"]["code"] == "windows-refused"
    assert (windowed / "w.state").read_bytes() == content


def test_a_model_without_windows_keeps_no_state(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", "--in", "rows.csv", "--out", "out.csv", "--state", "w.state"]) == 2
    assert "no windows" in capsys.readouterr().err
    assert not (plant / "w.state").exists()


def test_a_request_carries_the_last_samples_and_answers_as_the_file_does(windowed: Path, models: Any) -> None:
    write(windowed / "rows.csv", rows("P1", list(range(4))))
    assert run(["score", "--in", "rows.csv", "--out", "out.csv"]) == 0
    scorer = models.scorer("number", more=WINDOW)
    body = {"bearing_temp": [50, 51, 52, 53], "ambient_temp": 20, "product": "L"}
    found = scorer.decoder.decode(json.dumps({"row": body}).encode())
    block = scorer.score_block(found)
    ((_, _, prediction),) = answers(windowed / "out.csv")
    assert float(prediction) == pytest.approx(float(scorer.predictions(block)[0].value))


def test_a_row_from_the_future_is_refused_and_silences_nobody(
    windowed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = rows("P1", list(range(8)))
    leapt = [*lines[:4], lines[4].replace("2026-01-01", "2099-01-01"), *lines[5:]]
    write(windowed / "rows.csv", leapt)
    assert run(["score", "--in", "rows.csv", "--out", "out.csv", "--state", "w.state", "--json"]) == 0
    result = told(capsys)
    assert (result["scored"], result["refused"], result["late"]) == (4, 1, 0)
    assert "2099" in (windowed / "out.rejected.csv").read_text()
    assert "has not come yet" in (windowed / "out.rejected.csv").read_text()
    write(windowed / "later.csv", rows("P1", [8, 9]))
    assert run(["score", "--in", "later.csv", "--out", "out.csv", "--state", "w.state", "--json"]) == 0
    assert told(capsys)["scored"] == 2
