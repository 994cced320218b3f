"""Compact a journal in processes that end, as by kill -9, at their first, second, third … step on disk.

Started by ``test_killed_while_compacting.py`` as ``dying_compaction.py FOLDER``; writes FOLDER/outcomes.json.
Each death is in a forked child, so that the imports are paid once, and this process reads no table itself.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path

import msgspec

from andamio.archive import DeltaArchive, compact
from andamio.journal import Damage, Journal, PredictionRecord, RejectRecord, TruthRecord, read_journal
from andamio.journal.segments import segments_of
from andamio.storage import files

DAY_S = 86_400.0
FIRST_KEPT = date(1970, 1, 2)
SOME_WRITES = 3
KINDS = {False: "half-compacted", True: "compacted"}


def prepare(plant: Path) -> int:
    """Write two workers' segments of some days, those of the first turn moved before."""
    for turn, (workers, days) in enumerate(((("serve-1", "score-1"), 3), (("serve-1",), 2))):
        for worker in workers:
            with Journal(plant / "journal", worker) as journal:
                for segment in range(days):
                    name, time = f"{worker}-{turn}-{segment}", segment * DAY_S
                    answered = PredictionRecord(
                        ids=[f"{name}-a", f"{name}-b"], time=time, model="pump", version=1, digest="d",
                        numbers=bytes(16), value=bytes(8),
                    )  # fmt: skip
                    truth = TruthRecord(time=time, model="pump", value=1.0, prediction=f"{name}-a")
                    refused = RejectRecord(time=time, model="pump", version=1, rows=1, faults=(), door=name)
                    journal.append_now([answered, truth, refused])
                    journal.begin_next_segment()
        if turn == 0:
            compact(plant / "journal", plant)
    return 0


def everything(plant: Path) -> list[str]:
    """Return every record that a reader finds, in order."""
    items = list(read_journal(plant / "journal", archive=DeltaArchive(plant)))
    assert not [item for item in items if isinstance(item, Damage)]
    return [msgspec.json.encode(item).decode() for item in items]


def in_a_child(work: Callable[[], int | None], said: Path) -> int:
    """Do something in a child process; return its status, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            with said.open("a") as output:
                os.dup2(output.fileno(), 2)
            status = work() or 0
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def ending_at(number: int, way: str) -> Callable[[str, Path], None]:
    """End this process at its step of this number, before it or, torn, in the middle of a write."""
    steps = count(1)

    def hook(step: str, path: Path) -> None:
        if next(steps) != number:
            return
        if way == "torn":
            path.write_bytes(b"PAR1 half of it")
        os.kill(os.getpid(), signal.SIGKILL)

    return hook


def told(place: Path, name: str, work: Callable[[], object]) -> object:
    """Let a child find something out."""
    file = place / f"{name}.json"

    def write() -> int:
        file.write_text(json.dumps(work()))
        return 0

    assert in_a_child(write, place / "said.txt") == 0, (place / "said.txt").read_text()
    return json.loads(file.read_text())


def look(plant: Path) -> dict[str, object]:
    """Tell what a reader finds and what lies in the folder."""
    segments = [one.path.name for one in segments_of(plant / "journal")]
    names = [path.name for path in plant.rglob("*")]
    left = [name for name in names if name.endswith(".tmp") or name.startswith(".staging-")]
    parquet = sorted(path.name for path in plant.rglob("*.parquet"))
    return {"found": everything(plant), "segments": segments, "left": left, "parquet": parquet}


def run(plant: Path, hook: Callable[[str, Path], None] | None = None, *, prune: bool) -> int:
    """Compact, with somebody listening to its steps."""
    if hook is not None:
        files._before = hook
    compact(plant / "journal", plant, first_kept=FIRST_KEPT if prune else None)
    return 0


def trials(root: Path, *, prune: bool) -> dict[str, object]:
    """End the work before each of its steps, and in the middle of some writes."""
    place = root / f"undisturbed-{prune}"
    plant = place / "plant"
    shutil.copytree(root / KINDS[prune], plant)
    before = told(place, "before", lambda: look(plant))
    steps: list[str] = []

    def listened() -> list[str]:
        run(plant, lambda step, _: steps.append(step), prune=prune)
        return steps

    steps = list(told(place, "steps", listened))  # type: ignore[call-overload]
    after = told(place, "after", lambda: look(plant))
    numbers = [(number, "kill") for number in range(1, len(steps) + 1)]
    writes = [number for number, step in enumerate(steps, 1) if step == "write"]
    numbers += [(number, "torn") for number in writes[::SOME_WRITES]]
    return {
        "before": before,
        "after": after,
        "steps": steps,
        "trials": [trial(root, number, way, prune=prune) for number, way in numbers],
    }


def trial(root: Path, number: int, way: str, *, prune: bool) -> dict[str, object]:
    """Let one process end at one step; tell what was there then, and after the work was done again."""
    place = root / f"{way}-{number}-{prune}"
    plant = place / "plant"
    shutil.copytree(root / KINDS[prune], plant)
    ended = in_a_child(lambda: run(plant, ending_at(number, way), prune=prune), place / "first.txt")
    found = told(place, "found", lambda: look(plant))

    def repeat() -> dict[str, object]:
        run(plant, prune=prune)
        return look(plant)

    outcome = {
        "number": number,
        "way": way,
        "ended": ended,
        "found": found,
        "again": told(place, "again", repeat),
    }
    shutil.rmtree(place)
    return outcome


def main(root: Path) -> None:
    """Prepare a plant, then end the work everywhere, without pruning and with it."""
    assert in_a_child(lambda: prepare(root / KINDS[False]), root / "prepared.txt") == 0
    shutil.copytree(root / KINDS[False], root / KINDS[True])
    assert in_a_child(lambda: run(root / KINDS[True], prune=False), root / "prepared.txt") == 0
    outcomes = {"compacting": trials(root, prune=False), "pruning": trials(root, prune=True)}
    (root / "outcomes.json").write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
