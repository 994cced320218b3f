"""Do a command's work in processes that end, as by kill -9, at their first, second, third … step on disk.

Started by ``test_killed_at_every_step.py`` as ``dying.py FOLDER``; writes FOLDER/outcomes.json. Each death
is in a forked child, so that the imports are paid once; this process puts no thread to work, because a fork
does not carry threads along. The steps are those that ``storage.files`` announces, every commit of the
database, and the commit of the Delta library.

An end comes in three ways: ``kill`` before the step, ``torn`` in the middle of a write, half of the file
being there, and ``interrupt``: Ctrl-C.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent))

from plant_state import left_behind, state
from small_plant import MODEL, found_plant, history, training_at_once, typed, working_plant

import andamio.cli.data
import andamio.cli.deploy
import andamio.data.table
import andamio.lifecycle.learning
from andamio.app import Plant
from andamio.bundles import BundleParts, open_bundle
from andamio.lifecycle.learning import register_candidate
from andamio.storage import files
from andamio.training.run import Candidate

SOME_WRITES = 3
SOME_INTERRUPTS = 5
RACES = 3
RANDOM_KILLS = 5
Operation = Callable[[Path], int]


def add_first(plant: Path) -> int:
    """Make a dataset."""
    return typed(plant, "data", "add", str(plant.parent.parent / "base" / "first.csv"), "--to", "pumps")


def add_more(plant: Path) -> int:
    """Add to a dataset."""
    return typed(plant, "data", "add", str(plant.parent.parent / "base" / "more.csv"), "--to", "pumps")


def deploy(plant: Path) -> int:
    """Replace what answers."""
    return typed(plant, "deploy", f"{MODEL}@2", "--reason", "better")


def register(plant: Path) -> int:
    """Do what ``andamio train`` does after training; the candidate is version 2, a little changed."""
    opened = Plant.open(plant)
    known = opened.registry.version(MODEL, 2)
    bundle = open_bundle(opened.folder.bundles / known.digest, opened.trusted)
    parts = BundleParts(
        model=MODEL,
        contract_text=bundle.contract.source,
        graph=bundle.graph_bytes,
        info=bundle.info,
        reference=bundle.reference(),
        golden=bundle.golden,
        evaluation=bundle.evaluation,
        parity=bundle.parity,
        lineage={**bundle.lineage, "trial": 3},
    )
    candidate = Candidate(
        name="linear", title=None, parts=parts, evaluation=None, leaks=(), excluded=frozenset(),
        left_out=(), split=None, unanswered=(),
    )  # fmt: skip
    register_candidate(
        candidate, opened.registry, opened.signer, store=opened.folder.bundles,
        reports=opened.folder.reports, actor="ana", language="en",
    )  # fmt: skip
    return 0


OPERATIONS: dict[str, tuple[str, Operation]] = {
    "add_first": ("new", add_first),
    "add_more": ("table", add_more),
    "register": ("base", register),
    "deploy": ("base", deploy),
}


def listen(hook: Callable[[str, Path], None]) -> None:
    """Hear of every step that changes the disk."""
    files._before = hook
    sa.event.listen(sa.Engine, "commit", lambda _: hook("commit", Path("andamio.db")))
    commit = andamio.data.table._commit

    def committed(table: Path, *rest: object, **options: object) -> None:
        hook("delta", table)
        commit(table, *rest, **options)
        hook("delta", table)

    andamio.data.table._commit = committed


def ending_at(number: int, way: str) -> Callable[[str, Path], None]:
    """End this process in one of the three ways at its step of this number."""
    steps = count(1)

    def hook(step: str, path: Path) -> None:
        if next(steps) != number:
            return
        if way == "interrupt":
            raise KeyboardInterrupt
        if way == "torn" and step == "write":
            path.write_bytes(b'{"half": ')
        if way == "kill" or step == "write":
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def fork(work: Callable[[], object], said: Path) -> int:
    """Start something in a child process, its output in a file; return the process id."""
    child = os.fork()
    if child == 0:
        with said.open("a") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        status = 70
        try:
            status = int(work() or 0)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    return child


def in_a_child(work: Callable[[], object], said: Path) -> int:
    """Do something in a child process; return its status, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(fork(work, said), 0)[1])


def look_and_repeat(folder: Path, operation: Operation, told: Path) -> None:
    """Open the plant after the end, do the work again, and tell both."""
    found = state(folder)
    left = left_behind(folder)
    status = operation(folder)
    again = state(folder, bundles=False)
    rest = left_behind(folder)
    told.write_text(
        json.dumps({"found": found, "left": left, "status": status, "again": again, "rest": rest})
    )


def trial(root: Path, name: str, number: int, way: str) -> dict[str, object]:
    """Let one process end at one step, and tell what the plant was like then."""
    kind, operation = OPERATIONS[name]
    place = root / f"{name}-{way}-{number}"
    plant = place / "plant"
    shutil.copytree(root / kind / "plant", plant)

    def work() -> int:
        listen(ending_at(number, way))
        return operation(plant)

    ended = in_a_child(work, place / "first.txt")
    looked = in_a_child(lambda: look_and_repeat(plant, operation, place / "told.json"), place / "again.txt")
    outcome: dict[str, object] = {"number": number, "way": way, "ended": ended, "looked": looked}
    outcome |= json.loads((place / "told.json").read_text()) if looked == 0 else {}
    outcome["said"] = (place / "first.txt").read_text()
    outcome["said_again"] = (place / "again.txt").read_text()
    shutil.rmtree(place)
    return outcome


def steps_of(root: Path, name: str) -> list[str]:
    """List the steps of an operation that nobody disturbs."""
    kind, operation = OPERATIONS[name]
    place = root / f"{name}-undisturbed"
    shutil.copytree(root / kind / "plant", place / "plant")

    def work() -> int:
        steps: list[str] = []
        listen(lambda step, _: steps.append(step))
        status = operation(place / "plant")
        (place / "steps.json").write_text(json.dumps(steps))
        return status

    status = in_a_child(work, place / "said.txt")
    assert status == 0, (place / "said.txt").read_text()
    return list(json.loads((place / "steps.json").read_text()))


def draw_no_page(_report: object) -> str:
    """Stand in for the drawing of a report, which is slow and changes nothing on disk."""
    return "<html></html>"


def all_races(root: Path) -> list[dict[str, object]]:
    """Let two processes do two things to one plant at once, several times over."""
    other = root / "base" / "other.csv"
    other.write_text(history(30, 4), encoding="utf-8")
    pairs: list[tuple[str, Operation, Operation]] = [
        ("table", add_more, lambda plant: typed(plant, "data", "add", str(other), "--to", "pumps")),
        ("table", add_more, lambda plant: typed(plant, "data", "add", str(other), "--to", "others")),
        ("base", deploy, lambda plant: typed(plant, "deploy", f"{MODEL}@3", "--reason", "better still")),
    ]
    return [race(root, f"race-{turn}-{i}", *pair) for turn in range(RACES) for i, pair in enumerate(pairs)]


def race(root: Path, name: str, kind: str, *pair: Operation) -> dict[str, object]:
    """Start both at once; tell how each ended, and what the plant was like before and after a second try."""
    plant = root / name / "plant"
    shutil.copytree(root / kind / "plant", plant)
    said = root / name / "said.txt"
    started = [fork(lambda one=one: one(plant), said) for one in pair]
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in started]
    told = root / name / "told.json"

    def look() -> None:
        found = state(plant)
        again = [one(plant) for one, status in zip(pair, ended, strict=True) if status]
        told.write_text(json.dumps({"found": found, "again": again, "at last": state(plant)}))

    looked = in_a_child(look, said)
    outcome = {"ended": ended, "looked": looked, "said": said.read_text()}
    return outcome | (json.loads(told.read_text()) if looked == 0 else {})


def train(plant: Path) -> int:
    """Train the real way, but for the fit."""
    with training_at_once():
        return typed(plant, "train", MODEL, "--seed", "9")


def kills_at_random(root: Path) -> list[dict[str, object]]:
    """Kill real work after a random time, again and again on one plant; then let it end."""
    plant = root / "random" / "plant"
    shutil.copytree(root / "base" / "plant", plant)
    said, told = root / "random" / "said.txt", root / "random" / "told.json"
    chance = random.Random(5)

    def look() -> None:
        told.write_text(json.dumps({"found": state(plant), "left": left_behind(plant)}))

    def seconds(operation: Callable[[Path], int]) -> float:
        """Let it end once on another plant, to know when it can be killed at all."""
        spare = root / "random" / operation.__name__
        shutil.copytree(plant, spare)
        begun = time.monotonic()
        child = fork(lambda: operation(spare), said)
        os.waitpid(child, 0)
        return time.monotonic() - begun

    outcomes = []
    for operation in (add_more, train):
        longest_s = 0.7 * seconds(operation)
        for turn in range(RANDOM_KILLS + 1):
            child = fork(lambda operation=operation: operation(plant), said)
            if turn < RANDOM_KILLS:
                threading.Event().wait(chance.uniform(0.0, longest_s))
                os.kill(child, signal.SIGKILL)
            ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            looked = in_a_child(look, said)
            outcome = {"ended": ended, "looked": looked, "last": turn == RANDOM_KILLS}
            outcomes.append(outcome | json.loads(told.read_text()) | {"said": said.read_text()})
    return outcomes


OTHERS: dict[str, Callable[[Path], list[dict[str, object]]]] = {
    "races": all_races,
    "at random": kills_at_random,
}


def start_lane(root: Path, name: str) -> int:
    """Do all trials of one operation in a child, beside those of the others; return its process id."""
    lane = os.fork()
    if lane == 0:
        status = 70
        try:
            found = OTHERS[name](root) if name in OTHERS else all_trials(root, name)
            (root / f"{name}.json").write_text(json.dumps(found))
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    return lane


def threads() -> int:
    """Count the threads of this process: the libraries' own idle ones, which a fork may leave behind."""
    return len(list(Path("/proc/self/task").iterdir()))


def all_trials(root: Path, name: str) -> dict[str, object]:
    """End an operation before each of its steps, and in the other ways at some of them."""
    steps = steps_of(root, name)
    numbers = range(1, len(steps) + 1)
    writes = [number for number in numbers if steps[number - 1] == "write"]
    trials = [(number, "kill") for number in (*numbers, len(steps) + 1)]
    trials += [(number, "torn") for number in writes[::SOME_WRITES]]
    trials += [(number, "interrupt") for number in numbers[::SOME_INTERRUPTS]]
    return {"steps": steps, "trials": [trial(root, name, *one) for one in trials]}


def warm_up(root: Path) -> None:
    """Load here, once, what every child would load: commands, units, migrations; no thread comes of it."""
    assert [andamio.cli.data, andamio.cli.deploy]
    place, before = root / "warm", threads()
    for kind in ("new", "table", "base"):
        shutil.copytree(root / kind / "plant", place / kind)
        plant = Plant.open(place / kind)
        for bundle in plant.folder.bundles.glob("[0-9a-f]*"):
            open_bundle(bundle, plant.trusted)
        plant.database.close()
    shutil.rmtree(place)
    assert threads() == before, "threads that are at work cannot be forked"


def main(root: Path) -> None:
    """Prepare the plants, then end every operation everywhere."""

    def prepare() -> None:
        found_plant(root / "new")
        working_plant(root / "table", versions=0, deployed=[])
        working_plant(root / "base", versions=3, deployed=[1])

    andamio.lifecycle.learning.render_report = draw_no_page
    assert in_a_child(prepare, root / "prepared.txt") == 0, (root / "prepared.txt").read_text()
    warm_up(root)
    names = [*OPERATIONS, *OTHERS]
    lanes = [start_lane(root, name) for name in names]
    assert [os.waitpid(lane, 0)[1] for lane in lanes] == [0] * len(lanes)
    outcomes = {name: json.loads((root / f"{name}.json").read_text()) for name in names}
    (root / "outcomes.json").write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
