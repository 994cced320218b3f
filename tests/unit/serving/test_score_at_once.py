"""Several runs onto one output, and an output on a disk that fills up: whole files of one run, or none."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from andamio.cli.application import run
from andamio.errors import text
from andamio.journal import BatchRecord, read_journal
from andamio.storage.locks import hold

SCORE = "import sys; from andamio.cli.application import run; sys.exit(run(sys.argv[1:]))"
RUNS = 4


def write_rows(path: Path, count: int, asset: str) -> None:
    """Write rows of one asset; every tenth is refused."""
    rows = [f"{999 if i % 10 == 0 else i % 170}.5,20.5,L,{asset},2026-01-01" for i in range(count)]
    path.write_text("\n".join(["bearing_temp,ambient_temp,product,pump,timestamp", *rows]) + "\n")


@pytest.mark.live
def test_of_several_runs_onto_one_output_each_is_whole_or_busy(plant: Path) -> None:
    runs = []
    for number in range(RUNS):
        write_rows(plant / f"rows-{number}.csv", 10_000 + 100 * number, f"P{number}")
        words = ["score", "--in", f"rows-{number}.csv", "--out", "out.csv", "--json"]
        runs.append(
            subprocess.Popen([sys.executable, "-c", SCORE, *words], cwd=plant, stdout=subprocess.PIPE)
        )
    ended = [(json.loads(one.communicate()[0]), one.returncode) for one in runs]
    assert {status for _, status in ended} <= {0, 6}
    assert 0 in {status for _, status in ended}
    assert {told["error"]["code"] for told, status in ended if status} <= {"busy"}
    with (plant / "out.csv").open() as file:
        (asset,) = {row["asset"] for row in csv.DictReader(file)}
    refused = (plant / "out.rejected.csv").read_text().count("\n") - 1
    told, status = ended[int(asset[1:])]
    assert (status, told["refused"]) == (0, refused)
    records = [one for one in read_journal(plant / ".andamio" / "journal") if isinstance(one, BatchRecord)]
    assert len(records) == sum(status == 0 for _, status in ended)
    names = [path.name for path in [*plant.iterdir(), *(plant / ".andamio").iterdir()]]
    assert [name for name in names if "tmp" in name or name.startswith("score-")] == []


def test_an_output_that_another_run_writes_is_busy_and_its_neighbours_are_free(
    plant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(plant / "rows.csv", 20, "P1")
    seen: list[str] = []

    def locks() -> list[Path]:
        return list((plant / ".andamio").glob("score-*.lock"))

    assert run(["score", "--in", "rows.csv", "--out", "out.csv"]) == 0
    assert locks() == []
    from andamio.cli import score as door

    held = door._alone
    with held(door.find_plant(), door.refused_path(plant / "out.csv")):
        (lock,) = locks()
        seen.append(lock.name)
        for taken in ("out.csv", str(plant / "out.jsonl"), "../plant/out.csv"):  # one file of refusals
            capsys.readouterr()
            assert run(["score", "--in", "rows.csv", "--out", taken, "--json"]) == 6
            assert json.loads(capsys.readouterr().out)["error"]["code"] == "busy"
        assert run(["score", "--in", "rows.csv", "--out", "other.csv"]) == 0
    with hold(plant / ".andamio" / seen[0], text("nobody's")):
        pass


@pytest.mark.live
@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.jsonl"])
def test_a_disk_that_fills_up_in_the_middle_keeps_the_old_output(
    plant: Path,
    mount_small_disk: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    disk = mount_small_disk("1m")
    write_rows(plant / "rows.csv", 60_000, "P1")
    (disk / name).write_text("yesterday's")
    (disk / "out.rejected.csv").write_text("of yesterday")
    assert run(["score", "--in", "rows.csv", "--out", str(disk / name), "--json"]) == 7
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "disk-full"
    assert sorted(path.name for path in disk.iterdir()) == sorted([name, "out.rejected.csv"])
    assert (disk / name).read_text() == "yesterday's"
    assert (disk / "out.rejected.csv").read_text() == "of yesterday"
    kept = [one for one in read_journal(plant / ".andamio" / "journal") if isinstance(one, BatchRecord)]
    assert kept == []
