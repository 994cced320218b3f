"""Deploy and roll back in processes that die, as by kill -9, at their first, second, third … step.

Started by ``test_killed.py``. Each death is in a forked child, so that the imports are paid once. The steps
are every write, fsync, rename and mkdir of the files, and every begin, commit and end of a transaction.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from andamio.bundles import create_key
from andamio.lifecycle import Switchboard, deploy, reconcile, roll_back
from andamio.registry import Registry
from andamio.storage import files
from andamio.storage.database import open_database

DIED = 9


def small_plants() -> type:
    spec = importlib.util.spec_from_file_location("plants", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plants"] = module
    spec.loader.exec_module(module)
    return module.SmallPlant


SmallPlant = small_plants()


def open_plant(folder: Path):
    hidden = folder / ".andamio"
    hidden.mkdir(exist_ok=True)
    key = folder.parent / "keys" / "site.pem"
    signer = create_key(key) if not key.exists() else None
    trusted = [signer.public] if signer else [SIGNER.public]
    board = Switchboard(hidden / "deployment.json", hidden / "workers", hidden / "bundles", trusted)
    return SmallPlant(Registry(open_database(f"sqlite:///{hidden / 'andamio.db'}")), board, signer)


def die_at(step: int, engine: sa.Engine) -> None:
    """Let this process end, without any clean-up, at its ``step``-th step."""
    steps = count(1)

    def before(*_: object) -> None:
        if next(steps) == step:
            os._exit(DIED)

    files._before = before
    sa.event.listen(engine, "begin", before)
    sa.event.listen(engine, "commit", before)
    sa.event.listen(engine, "checkin", before)


def in_a_child(folder: Path, step: int, command: Callable[[object], object]) -> bool:
    """Run a command in a child that dies at a step; tell whether it died before it was done."""
    child = os.fork()
    if child == 0:
        plant = open_plant(folder)
        die_at(step, plant.registry.database.engine)
        command(plant)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, DIED}, status
    return status == DIED


def outcome(folder: Path) -> dict[str, object]:
    """Open the plant again, as the next command would, and tell how it is."""
    plant = open_plant(folder)
    answered = plant.answers()
    reconcile(plant.registry, plant.board)
    verdict = plant.registry.verify()
    found = {
        "answers": plant.answers(),
        "as_it_was_left": answered,
        "told": plant.told(),
        "audit": [str(fault.what) for fault in verdict.faults],
        "last": plant.actions()[-1],
        "settled": not reconcile(plant.registry, plant.board).anything,
    }
    plant.registry.database.close()
    return found


def main(folder: Path, verb: str) -> None:
    def command(plant) -> object:
        if verb == "deploy":
            return deploy(plant.registry, plant.board, "pump-health", 3, actor="ana", reason="better")
        return roll_back(plant.registry, plant.board, "pump-health", actor="ana", reason="odd")

    outcomes = []
    for step in count(1):
        trial = folder / f"trial-{step}"
        shutil.copytree(folder / "plant", trial)
        died = in_a_child(trial, step, command)
        outcomes.append(outcome(trial) | {"died": died})
        if not died:
            break
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    root = Path(sys.argv[1])
    (root / "plant").mkdir()
    made = open_plant(root / "plant")
    SIGNER = made.signer
    for _ in range(3):
        made.train()
    for number in (1, 2):
        deploy(made.registry, made.board, "pump-health", number, actor="ana", reason="start")
    made.registry.database.close()
    main(root, sys.argv[2])
