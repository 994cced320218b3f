"""Add files to a dataset in processes that die, as by kill -9, at their first, second, third … step.

Started by ``test_killed.py``. Each death, and each look at what it left, is in a forked child of a
parent that never starts a thread, so that the imports are paid once.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from andamio.data import Datasets
from andamio.data.digest import content_digest
from andamio.storage import files

DIED = 9
MOMENTS = 12
FIRST = "time;T;lot\n" + "".join(f"1/4/24 {hour}:00;{hour},5;a\n" for hour in range(10))
SECOND = "time;T;lot\n" + "".join(f"2/4/24 {hour}:00;{hour},5;b\n" for hour in range(10))


def in_a_child(work: Callable[[], object]) -> tuple[int, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            answer = json.dumps(work()).encode()
            os.write(writer, answer)
            os._exit(0)
        except BaseException:  # noqa: BLE001  a forked child must never return into its parent's code
            traceback.print_exc()
            os._exit(70)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), json.loads(told) if told else None


def add(folder: Path, file: Path, step: int | None = None, after_s: float | None = None) -> int:
    if after_s is not None:
        # The alarm's default action ends the process without any clean-up.
        signal.setitimer(signal.ITIMER_REAL, after_s)
    if step is not None:
        steps = count(1)

        def before(*_: object) -> None:
            if next(steps) == step:
                os._exit(DIED)

        files._before = before
    return Datasets(folder, "America/Bogota").add(file, "line").version


def look(folder: Path) -> dict[str, object]:
    datasets = Datasets(folder, "America/Bogota")
    if "line" not in datasets.names():
        return {"version": None, "rows": 0, "whole": True}
    version = datasets.open("line")
    rows = [datasets.open("line", number).frame.height for number in datasets.versions("line")]
    return {
        "version": version.version,
        "rows": version.frame.height,
        "whole": content_digest(version.frame) == version.digest and rows == sorted(rows),
    }


def look_and_repeat(folder: Path, file: Path) -> list[dict[str, object]]:
    left = look(folder)
    add(folder, file)
    return [left, look(folder)]


def main(folder: Path, kind: str) -> None:
    prepared, plant = folder / "prepared", folder / "plant"
    prepared.mkdir()
    (folder / "first.csv").write_text(FIRST, encoding="utf-8")
    (folder / "second.csv").write_text(SECOND, encoding="utf-8")
    file = folder / ("first.csv" if kind == "first" else "second.csv")
    if kind != "first":
        status, _ = in_a_child(lambda: add(prepared, folder / "first.csv"))
        assert status == 0
    outcomes = []
    moments = random.Random(7)
    for step in count(1):
        shutil.copytree(prepared, plant)
        if kind == "moments":
            after_s = moments.uniform(0.01, 0.4)
            status, _ = in_a_child(lambda after_s=after_s: add(plant, file, after_s=after_s))
        else:
            status, _ = in_a_child(lambda step=step: add(plant, file, step))
        assert status in {0, DIED, -signal.SIGALRM}
        again, (left, after) = in_a_child(lambda: look_and_repeat(plant, file))
        rubbish = [path.name for path in plant.rglob(".*") if path.suffix == ".tmp" or "staging" in path.name]
        parts = len(list(plant.rglob("*.parquet")))
        outcomes.append(
            {
                "died": status != 0,
                "left": left,
                "again": again,
                "after": after,
                "rubbish": rubbish,
                "parts": parts,
            }
        )
        shutil.rmtree(plant)
        if step == MOMENTS if kind == "moments" else status == 0:
            break
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
