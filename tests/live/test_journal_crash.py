"""Kill the writer at random, fill a real disk: every acknowledged record is there, once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from andamio.errors import DiskFull, JournalFull
from andamio.journal import Damage, Journal, PredictionRecord, TruthRecord, read_journal
from andamio.storage.files import publish_folder, replace_file, staging_folder, write_file

pytestmark = pytest.mark.live

# Appends without end, several requests at once, and says each id on the pipe after its commit.
WRITER = """
import asyncio, sys, time
from pathlib import Path
from andamio.journal import Journal, PredictionRecord
from andamio.kernel.ids import IdMaker

ids = IdMaker()
journal = Journal(Path(sys.argv[1]), "w0", sys.argv[2])

async def ask():
    while True:
        names = ids.take(3)
        record = PredictionRecord(
            ids=names, time=time.time(), model="pump", version=1, digest="d" * 64, numbers=bytes(3 * 4 * 500)
        )
        await journal.commit([record])
        sys.stdout.write("".join(name + "\\n" for name in names))
        sys.stdout.flush()
        await asyncio.sleep(0)

async def main():
    await asyncio.gather(*(ask() for _ in range(20)))

asyncio.run(main())
"""


def acknowledged_until_killed(folder: Path, durability: str, after: int) -> list[str]:
    """Start a writer, kill it after some acknowledgements, and return all that it gave."""
    command = [sys.executable, "-c", WRITER, str(folder), durability]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(after)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
    return [line.strip() for line in lines if line.endswith("\n")]


@pytest.mark.slow
@pytest.mark.parametrize("durability", ["process", "power-cut"])
def test_twenty_kills_lose_no_acknowledged_record_and_double_none(tmp_path, durability):
    folder = tmp_path / "journal"
    chance = random.Random(20)
    acknowledged: list[str] = []
    for _ in range(20):
        acknowledged += acknowledged_until_killed(folder, durability, after=chance.randint(1, 300))
    Journal(folder, "w0").close()
    found: Counter[str] = Counter()
    for item in read_journal(folder):
        assert not isinstance(item, Damage), item
        if isinstance(item, PredictionRecord):
            found.update(item.ids)
    assert len(acknowledged) > 1000
    assert [name for name in acknowledged if found[name] != 1] == []
    assert max(found.values()) == 1


@pytest.fixture
def small_disk(mount_small_disk: Callable[[str], Path]) -> Path:
    """A real file system of one megabyte."""
    return mount_small_disk("1m")


def truth_of(i: int) -> TruthRecord:
    return TruthRecord(time=float(i), model="pump", value=1.0, prediction=f"r{i}", source="x" * 700)


@pytest.mark.parametrize("durability", ["process", "power-cut"])
def test_a_full_disk_refuses_whole_commits_and_recording_goes_on_when_there_is_room(small_disk, durability):
    folder = small_disk / "journal"
    recorded: list[str] = []
    with Journal(folder, "w0", durability) as journal:
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(300_000))

        def fill_up() -> None:
            for i in range(0, 10_000, 2):
                journal.append_now([truth_of(i), truth_of(i + 1)])
                recorded.extend([f"r{i}", f"r{i + 1}"])

        with pytest.raises(JournalFull):
            fill_up()
        for _ in range(5):
            with pytest.raises(JournalFull):
                journal.append_now([truth_of(j) for j in range(20_000, 20_020)])
        ballast.unlink()
        journal.append_now([truth_of(10_000)])
        recorded.append("r10000")
    items = list(read_journal(folder))
    assert all(isinstance(item, TruthRecord) for item in items)
    assert [item.prediction for item in items] == recorded
    assert len(recorded) > 500


def test_a_bundle_store_on_a_full_disk_stays_as_it_was(small_disk):
    replace_file(small_disk / "deployment.json", b"old")
    (small_disk / "ballast").write_bytes(bytes(700_000))

    def build() -> None:
        with staging_folder(small_disk) as staging:
            write_file(staging / "graph.onnx", bytes(900_000))
            publish_folder(staging, small_disk / "bundle")

    for work in (build, lambda: replace_file(small_disk / "deployment.json", bytes(900_000))):
        with pytest.raises(DiskFull):
            work()
    assert sorted(path.name for path in small_disk.iterdir()) == ["ballast", "deployment.json"]
    assert (small_disk / "deployment.json").read_bytes() == b"old"
