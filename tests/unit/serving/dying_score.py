"""Score two files with one state in processes that die, as by kill -9, at each step on disk in turn.

Started as ``dying_score.py FOLDER``, in a plant's folder without a state; writes FOLDER/outcomes.json. Each
death is in a forked child, so that the imports are paid once; this process starts no thread.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import andamio.cli.score
import andamio.cli.score_windows
import andamio.features.courses
from andamio.cli.application import run
from andamio.journal import BatchRecord, PredictionRecord, RejectRecord, read_journal, tail
from andamio.storage import files

assert [andamio.cli.score, andamio.features.courses, andamio.cli.score_windows]


def score(name: str) -> int:
    """Score one of the files; the state goes on."""
    return run(["score", "--in", f"{name}.csv", "--out", f"{name}.out.csv", "--state", "w.state"])


def in_a_child(work: Callable[[], int], said: Path) -> int:
    """Do something in a child process; return its status, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            with said.open("a") as output:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
            status = work()
            sys.stdout.flush()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(number: int) -> Callable[[], int]:
    """Score the first file in a process that dies before its step of this number."""

    def work() -> int:
        steps: list[str] = []

        def hook(step: str, path: Path) -> None:
            steps.append(f"{step} {path.name}")
            if len(steps) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        files._before = hook
        status = score("first")
        Path("steps.json").write_text(json.dumps(steps))
        return status

    return work


def torn_at(share: float, *, again: bool) -> Callable[[], int]:
    """Score a file in a process that dies in the middle of what it writes into the journal."""

    def work() -> int:
        whole = tail._write_all

        def write_all(descriptor: int, content: bytes) -> None:
            if len(content) < 100:  # a header
                return whole(descriptor, content)
            os.write(descriptor, content[: int(len(content) * share)])
            os.kill(os.getpid(), signal.SIGKILL)
            return None

        tail._write_all = write_all
        return score("first" if not again else "second")

    return work


def answers(name: str) -> list[dict[str, str]] | None:
    """Read a file of answers."""
    path = Path(f"{name}.out.csv")
    if not path.exists():
        return None
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def found(plant: Path) -> dict[str, Any]:
    """Tell what is in the journal and in the outputs, and what lies about."""
    records = list(read_journal(plant / ".andamio" / "journal"))
    rows = [r for r in records if isinstance(r, PredictionRecord) for r in r.predictions()]
    return {
        "ids": [row.id for row in rows],
        "rows": sorted([row.asset or "", row.event_time or "", row.value] for row in rows),
        "refused": sum(record.rows for record in records if isinstance(record, RejectRecord)),
        "files": [record.input for record in records if isinstance(record, BatchRecord)],
        "first": answers("first"),
        "second": answers("second"),
        "rejected": sorted(path.read_text() for path in plant.glob("*.rejected.csv")),
        "left": sorted(path.name for path in plant.glob(".*.tmp")),
    }


def trial(root: Path, *work: Callable[[], int]) -> dict[str, Any]:
    """Do one after the other in a copy of the plant; tell how each ended and what is there at last."""
    shutil.rmtree("trial", ignore_errors=True)
    shutil.copytree(root / "plant", "trial", symlinks=True)
    os.environ["ANDAMIO_PLANT"] = str(root / "trial")
    os.chdir("trial")
    ended = [in_a_child(one, root / "said.txt") for one in work]
    outcome = {"ended": ended, **found(Path.cwd())}
    if Path("steps.json").exists():
        outcome["steps"] = json.loads(Path("steps.json").read_text())
    os.chdir(root)
    return outcome


def main(root: Path) -> None:
    """Die at every step, and in the middle of every record; then go on in one of two ways."""
    os.chdir(root)
    first, second = (lambda: score("first")), (lambda: score("second"))
    whole = trial(root, killed_at(0), first, second)
    deaths = [killed_at(number) for number in range(1, len(whole["steps"]) + 1)]
    torn = [torn_at(share, again=False) for share in (0.1, 0.5, 0.9)]
    again = [trial(root, death, first, second) for death in deaths + torn]
    twice = [trial(root, one, torn_at(0.5, again=True), first, second) for one in torn]
    onwards = [trial(root, death, second) for death in deaths + torn]
    told = {"whole": whole, "again": again + twice, "onwards": onwards}
    (root / "outcomes.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
