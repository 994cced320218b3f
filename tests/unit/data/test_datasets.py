"""Files become versions that never change."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from andamio.connectors.csv import CsvOptions
from andamio.data import AddOptions, Datasets, ReadOptions
from andamio.data.digest import content_digest
from andamio.errors import Busy, ColumnsDiffer, DataDamaged, DiskFull, FileRefused, NotFound, UsageError
from andamio.storage import files

Write = Callable[..., Path]

MONDAY = {
    "time": ["1/4/24 8:00", "1/4/24 9:00", "1/4/24 10:00"],
    "T": ["20,5", "21,25", ""],
    "lot": ["a", "b", "b"],
}
TUESDAY = {"time": ["1/4/24 10:00", "2/4/24 8:00"], "T": ["", "22,5"], "lot": ["b", "ñ"]}


def test_a_file_becomes_a_typed_version_in_utc(datasets: Datasets, write: Write) -> None:
    added = datasets.add(write(MONDAY), "line")
    version = datasets.open("line")
    assert (added.version, version.version) == (0, 0)
    assert version.frame.schema == {"time": pl.Datetime("us", "UTC"), "T": pl.Float64, "lot": pl.String}
    assert version.frame["time"][0] == datetime(2024, 4, 1, 13, tzinfo=UTC)
    assert version.frame["T"].to_list() == [20.5, 21.25, None]
    assert version.digest == added.digest == content_digest(version.frame)
    assert version.record is not None
    assert version.record.time == "time"
    assert version.record.guess["zone"] == "America/Bogota"


def test_the_raw_file_is_kept_untouched(datasets: Datasets, write: Write, tmp_path: Path) -> None:
    file = write(MONDAY, "Línea 2.csv")
    added = datasets.add(file)
    kept = tmp_path / "plant" / added.record.raw
    assert added.dataset == "linea-2"
    assert kept.read_bytes() == file.read_bytes()
    assert kept.name.startswith(added.record.source_digest[:12])
    assert not kept.stat().st_mode & stat.S_IWUSR


def test_the_same_file_twice_changes_nothing(datasets: Datasets, write: Write) -> None:
    first = datasets.add(write(MONDAY), "line")
    again = datasets.add(write(MONDAY, "renamed.csv"), "line")
    assert again.unchanged
    assert (again.version, again.digest) == (first.version, first.digest)
    assert len(datasets.versions("line")) == 1


def test_rows_that_are_there_already_are_left_out_and_counted(datasets: Datasets, write: Write) -> None:
    datasets.add(write(MONDAY), "line")
    added = datasets.add(write(TUESDAY, "tuesday.csv"), "line")
    assert (added.record.added, added.record.already, added.record.rows) == (1, 1, 4)
    version = datasets.open("line")
    assert version.frame["lot"].to_list() == ["a", "b", "b", "ñ"]
    assert version.origin is not None
    assert version.origin.rows() == [(0, 2), (0, 3), (0, 4), (1, 3)]
    assert datasets.open("line", 0).frame.height == 3


def test_copies_inside_one_file_are_all_kept_and_reported(datasets: Datasets, write: Write) -> None:
    columns = {"time": ["1/4/24 8:00"] * 3, "T": ["20,5", "20,5", "21,5"]}
    added = datasets.add(write(columns), "line")
    assert added.record.rows == 3
    assert [finding.lines for finding in added.findings if finding.kind == "duplicates"] == [[3]]
    more = {"time": ["1/4/24 8:00"] * 4, "T": ["20,5", "20,5", "20,5", "21,5"]}
    assert datasets.add(write(more, "more.csv"), "line").record.added == 1


def test_without_a_time_column_only_a_grown_export_has_known_rows(datasets: Datasets, write: Write) -> None:
    datasets.add(write({"part": ["7", "7"], "ok": ["1", "1"]}), "parts")
    other = datasets.add(write({"part": ["7", "8"], "ok": ["1", "1"]}, "other.csv"), "parts")
    assert (other.record.added, other.record.already) == (2, 0)
    grown = datasets.add(write({"part": ["7", "7", "7", "8", "9"], "ok": ["1"] * 5}, "grown.csv"), "parts")
    assert (grown.record.added, grown.record.already) == (1, 4)


def test_equal_content_has_an_equal_digest_whatever_the_file_is(datasets: Datasets, write: Write) -> None:
    one = datasets.add(write(MONDAY), "one")
    points = MONDAY | {"T": ["20.5", "21.250", ""]}
    two = datasets.add(write(points, "points.csv"), "two")
    assert one.digest == two.digest
    split = datasets.add(write({name: cells[:1] for name, cells in MONDAY.items()}, "a.csv"), "three")
    split = datasets.add(write({name: cells[1:] for name, cells in MONDAY.items()}, "b.csv"), "three")
    assert split.digest == one.digest


def test_new_absent_and_retyped_columns_are_refused_together(datasets: Datasets, write: Write) -> None:
    datasets.add(write(MONDAY), "line")
    with pytest.raises(ColumnsDiffer) as refused:
        datasets.add(write({"time": ["2/4/24 8:00"], "T": ["warm"], "P": ["1,5"]}, "b.csv"), "line")
    assert {fault.data["column"] for fault in refused.value.faults} == {"lot", "P", "T"}


def test_new_columns_are_let_in_when_asked_and_old_versions_stay(datasets: Datasets, write: Write) -> None:
    datasets.add(write(MONDAY), "line")
    options = AddOptions(new_columns=True)
    datasets.add(write({"time": ["2/4/24 8:00"], "P": ["1,5"]}, "b.csv"), "line", options)
    version = datasets.open("line")
    assert version.frame.columns == ["time", "T", "lot", "P"]
    assert version.frame["P"].to_list() == [None, None, None, 1.5]
    assert version.origin is not None
    assert version.origin["andamio_version"].to_list() == [0, 0, 0, 1]
    assert datasets.open("line", 0).frame.columns == ["time", "T", "lot"]


def test_whole_numbers_become_numbers_when_a_file_brings_decimals(datasets: Datasets, write: Write) -> None:
    datasets.add(write({"time": ["1/4/24 8:00"], "n": ["3"], "empty": [""]}), "line")
    datasets.add(write({"time": ["1/4/24 9:00"], "n": ["3,5"], "empty": ["x"]}, "b.csv"), "line")
    assert datasets.open("line").frame["n"].to_list() == [3.0, 3.5]
    assert datasets.open("line").frame["empty"].to_list() == [None, "x"]


def mangled() -> dict[str, list[object]]:
    flow = [f"{250 + row % 50 / 10:.3f}".rstrip("0") for row in range(100)]
    lost = [cell.replace(".", "") if row % 3 else cell for row, cell in enumerate(flow)]
    return {"row": list(range(100)), "flow": lost, "T": [f"{20 + row % 7}.5" for row in range(100)]}


def test_mangled_columns_are_refused_until_somebody_decides(datasets: Datasets, write: Write) -> None:
    file = write(mangled())
    with pytest.raises(DataDamaged) as refused:
        datasets.add(file, "line")
    assert [fault.data["column"] for fault in refused.value.faults] == ["flow"]
    assert "--set-missing" in str(refused.value.fix)
    assert datasets.names() == []
    with pytest.raises(NotFound):
        datasets.open("line")


@pytest.mark.parametrize(
    ("options", "choice"),
    [
        (AddOptions(set_missing=("flow",)), "set-missing"),
        (AddOptions(set_missing=("all",)), "set-missing"),
        (AddOptions(drop=("flow",)), "drop-column"),
        (AddOptions(keep=("flow",)), "keep"),
        (AddOptions(set_missing=("all",), keep=("flow",)), "keep"),
    ],
)
def test_what_was_decided_is_done_and_recorded(
    datasets: Datasets, write: Write, options: AddOptions, choice: str
) -> None:
    datasets.add(write(mangled()), "line", options)
    version = datasets.open("line")
    assert version.record is not None
    assert version.record.choices == {"flow": choice}
    assert [finding.column for finding in version.record.findings if finding.blocks] == ["flow"]
    if choice == "drop-column":
        assert version.frame.columns == ["row", "T"]
    else:
        largest = version.frame["flow"].max()
        assert isinstance(largest, float)
        assert (largest > 1000) is (choice == "keep")


def test_a_decision_about_a_column_that_is_not_there_is_a_mistake(datasets: Datasets, write: Write) -> None:
    with pytest.raises(UsageError):
        datasets.add(write(mangled()), "line", AddOptions(keep=("Flow",)))


def test_another_process_at_work_on_the_dataset_is_busy(
    datasets: Datasets, write: Write, tmp_path: Path
) -> None:
    datasets.add(write(MONDAY), "line")
    lock = tmp_path / "plant" / ".andamio" / "datasets" / ".line.lock"
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Busy):
            datasets.add(write(TUESDAY, "b.csv"), "line")
    assert datasets.add(write(TUESDAY, "b.csv"), "line").version == 1


@pytest.mark.parametrize("first", [True, False])
def test_a_disk_that_fills_at_any_write_leaves_the_dataset_as_it_was(
    datasets: Datasets, write: Write, monkeypatch: pytest.MonkeyPatch, first: bool, tmp_path: Path
) -> None:
    if not first:
        datasets.add(write(MONDAY), "line")
    before = datasets.names()
    writes = 0
    while True:
        left = writes

        def full(step: str, path: Path) -> None:
            nonlocal left
            if step in {"write", "mkdir"}:
                left -= 1
                if left < 0:
                    raise OSError(28, "No space left on device", str(path))

        with monkeypatch.context() as patch:
            patch.setattr(files, "_before", full)
            try:
                added = datasets.add(write(TUESDAY, "b.csv"), "line")
            except DiskFull:
                assert datasets.names() == before
                assert first or datasets.open("line").version == 0
                writes += 1
                continue
        break
    assert writes >= 3
    assert added.version == (0 if first else 1)
    assert list(tmp_path.rglob("*.tmp")) == []
    assert list(tmp_path.rglob(".staging-*")) == []


def test_a_really_full_disk_leaves_the_dataset_as_it_was(write: Write, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        datasets = Datasets(disk)
        datasets.add(write(MONDAY), "line")
        ballast, full = disk / "ballast", 0
        for free in range(40):
            ballast.write_bytes(b"")
            room = os.statvfs(disk).f_bavail - free
            ballast.write_bytes(b"x" * 4096 * room)
            try:
                added = datasets.add(write(TUESDAY, "b.csv"), "line")
            except DiskFull:
                full += 1
                assert datasets.open("line").frame.height == 3
                continue
            break
        assert full >= 2
        assert added.version == 1
        assert datasets.open("line").frame.height == 4
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_the_table_is_a_plain_delta_table(datasets: Datasets, write: Write, tmp_path: Path) -> None:
    datasets.add(write(MONDAY), "line")
    datasets.add(write(TUESDAY, "b.csv"), "line")
    table = DeltaTable(tmp_path / "plant" / ".andamio" / "datasets" / "line")
    assert table.version() == 1
    assert pl.read_delta(str(table.table_uri)).height == 4


def test_names_that_are_no_names_and_files_that_are_no_tables_are_refused(
    datasets: Datasets, write: Write, tmp_path: Path
) -> None:
    for name in ("../up", "A", "", "a b", "x" * 70):
        with pytest.raises(UsageError if name else (UsageError, NotFound)):
            datasets.add(write(MONDAY), name or "-")
        with pytest.raises(NotFound):
            datasets.open(name)
    with pytest.raises(NotFound):
        datasets.add(tmp_path / "none.csv")
    with pytest.raises(FileRefused):
        datasets.add(tmp_path)
    with pytest.raises(NotFound):
        datasets.add(write(MONDAY), "line") and datasets.open("line", 7)


def test_the_guess_can_be_overruled(datasets: Datasets, write: Write) -> None:
    options = AddOptions(read=ReadOptions(csv=CsvOptions(decimal=".", text=("lot",))))
    file = write({"lot": ["1", "2"], "v": ["1.234", "2.345"]}, "a.csv")
    assert datasets.add(file, "line", options).record.columns == {"lot": "text", "v": "number"}
