"""Speed beside Evidently, measured in the same run: 100,000 rows of 30 columns against 100,000.

    python benchmarks/monitoring/speed.py [--rounds 3] [--dry]

Evidently's ``DataDriftPreset`` runs in its own environment; its time of import stands apart, and so do its
tests alone, without the pictures that the preset draws. Ours take the same two tables from memory, turn about
with Evidently; everybody works in one thread. Streaming is one watch of 30 tags, fed in pieces of several
sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import ours
import page
from opponents import HERE, QUIET, python_of
from streams import Floats, Process, Stretch
from threadpoolctl import threadpool_limits

ROWS = 100_000
WATCHED = 43_200
LIMITS = {"columns": 100.0, "report": 5.0}


def evidently(reference: Floats, current: Floats, folder: Path) -> dict[str, float]:
    """Time one run of the preset."""
    names = [str(folder / f"{name}.npy") for name in ("reference", "current")]
    for name, table in zip(names, (reference, current), strict=True):
        np.save(name, table)
    command = [str(python_of("evidently")), str(HERE / "peers" / "time_evidently.py"), *names]
    done = subprocess.run(command, check=True, env={**os.environ, **QUIET}, capture_output=True, text=True)
    said = json.loads(done.stdout.splitlines()[-1])
    return {name: float(value) for name, value in said.items()}


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def streaming(reference: object, stretch: Stretch) -> list[list[str]]:
    """Time a watch, fed in pieces of several sizes."""
    rows = []
    for piece, told in ((1, 2_000), (60, WATCHED), (1_440, WATCHED)):
        part = stretch.cut(0, told)
        watch = ours.new_watch(reference)
        ours.feed(watch, part.cut(0, piece))
        took = timed(
            lambda piece=piece, part=part, watch=watch, told=told: [
                ours.feed(watch, part.cut(at, at + piece)) for at in range(piece, told, piece)
            ]
        )
        size = sum(np.asarray(value).nbytes for value in watch.state().values())
        rows.append(
            [f"{piece:,} at a time", f"{took / (told - piece) * 1e6:.2f} µs", f"{size / 1_000:.1f} kB"]
        )
    return rows


def main() -> None:
    """Run, print, publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    threadpool_limits(1)
    process = Process("speed", 31, phi=0.5)
    before, now = process.stretch(0.0, ROWS, 1), process.stretch(100.0, ROWS, 2)
    reference = ours.learn(before, process.step_s)
    ours.columns(before.table, now.table)  # warm: what is compiled once is not counted
    ours.report(reference, now)
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for name, value in evidently(before.table, now.table, Path(folder)).items():
                found.setdefault(name, []).append(value)
            found.setdefault("columns", []).append(timed(lambda: ours.columns(before.table, now.table)))
            found.setdefault("report", []).append(timed(lambda: ours.report(reference, now)))
            found.setdefault("learn", []).append(timed(lambda: ours.learn(before, process.step_s)))
    text = "\n".join([*write(found, options.rounds), page.table(*watched(reference, process))])
    print(text)
    if not options.dry:
        page.publish("speed", text)


def write(found: dict[str, list[float]], rounds: int) -> list[str]:
    """Return the table of seconds."""
    middle = {name: statistics.median(values) for name, values in found.items()}
    words = {
        "preset_s": "Evidently, `DataDriftPreset`",
        "tests_s": "Evidently, its tests without pictures",
        "import_s": "Evidently, import (not counted)",
        "columns": "Andamio, statistics a column (psi, ks, wasserstein, jensenshannon)",
        "report": "Andamio, the whole comparison (context, permutation, attribution)",
        "learn": "Andamio, learn the reference (once, at training)",
    }
    rows = []
    for name, word in words.items():
        each = ", ".join(f"{value:.3f}" for value in found[name])
        ratio = f"{middle['preset_s'] / middle[name]:,.0f}" if name in ("tests_s", *LIMITS) else ""
        bare = f"{middle['tests_s'] / middle[name]:,.1f}" if name in LIMITS else ""
        wanted = f"{LIMITS[name]:.0f}" if name in LIMITS else ""
        rows.append([word, f"{middle[name]:.3f} s", each, ratio, wanted, bare])
    head = [
        "100,000 x 30 against 100,000 x 30",
        "median",
        "rounds",
        "times faster than the preset",
        "wanted",
        "than its tests",
    ]
    how = f"{rounds} rounds turn about, everybody in one thread"
    return [
        "### Speed\n",
        f"`python benchmarks/monitoring/speed.py`, {how}, on {page.machine()}.\n",
        page.table(head, rows),
    ]


def watched(reference: object, process: Process) -> tuple[list[str], list[list[str]]]:
    """Return the table of the streaming watch."""
    head = ["a watch of 30 tags", "a row (wanted: 5 µs)", "state (wanted: 50 kB)"]
    return head, streaming(reference, process.stretch(200.0, WATCHED, 3))


if __name__ == "__main__":
    main()
