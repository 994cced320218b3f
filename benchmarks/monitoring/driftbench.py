"""Judge drift detectors: as shipped, and with every threshold matched to one false alarm in 30 days.

    python benchmarks/monitoring/driftbench.py [--quick | --full] [--jobs 2] [--only textbook river …] [--dry]

Quick mode takes less than ten minutes on two cores once the opponents' environments are made. The tables go
to ``docs/monitoring/driftbench.md`` (``--dry``: to the screen only). Everything is drawn from fixed seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import ours
import page
import plants
import tables
from inject import KINDS, inject
from opponents import PEERS, Opponent, Peer, Verdicts
from streams import Case, Process, Stream, Stretch, processes

DAY = 1_440


@dataclass(frozen=True, slots=True)
class Size:
    """How much is run.

    Attributes:
        reference: Days to learn from.
        calibration: Normal days on which thresholds are matched.
        fresh: Normal days on which they are verified.
        seeds: Injections of each kind and stream, one clean day before and ``after`` days after.
        benign: Runs of each harmless change, of ``after`` days.
        names: Synthetic streams.
        slow: Streams that the slowest opponents are given (``SLOW``).
        references: Plants' references on which our own budget is checked, of ``months`` months each.
    """

    reference: int
    calibration: int
    fresh: int
    seeds: int
    after: int
    benign: int
    names: tuple[str, ...]
    slow: tuple[str, ...]
    references: int
    months: int


SLOW = ("river", "alibi")
BUDGETED = ("independent", "AR(0.9)", "seasonal")
QUICK_NAMES = ("independent", "AR(0.9)", "seasonal", "operating points", "categorical", "heavy tails")
QUICK = Size(14, 30, 30, 2, 3, 6, QUICK_NAMES, BUDGETED, 4, 9)
FULL = Size(14, 180, 180, 10, 5, 30, tuple(processes()), tuple(processes()), 20, 12)


def synthetic(process: Process, size: Size) -> Stream:
    """Draw one synthetic stream."""
    day = size.reference
    reference = process.stretch(0.0, day * DAY, 1)
    calibration = [process.stretch(day, size.calibration * DAY, 2)]
    fresh = [process.stretch(day + size.calibration, size.fresh * DAY, 3)]
    tags = process.tags - process.categories
    stream = Stream(
        process.name,
        process.step_s,
        DAY,
        reference,
        calibration,
        fresh,
        [],
        categories=tuple(range(tags, process.tags)),
    )
    for seed in range(size.seeds):
        rows = process.stretch(day + 7 * seed, (1 + size.after) * DAY, 100 + seed)
        stream.cases.append(Case("nothing", rows, DAY))
        stream.cases.extend(inject(kind, rows, reference, DAY, seed, tags) for kind in KINDS)
    stream.benign.extend(benign(process, size))
    return stream


def benign(process: Process, size: Size) -> list[Case]:
    """Draw changes that the declared context explains."""
    rows, day = size.after * DAY, size.reference
    changes: dict[str, dict[str, float]] = {}
    if process.season:
        changes = {"colder": {"ambient_shift": -1.5}, "warmer": {"ambient_shift": 1.5}}
    if process.load:
        changes = {"lowest load": {"level": 60.0}, "highest load": {"level": 100.0}}
    return [
        Case(kind, process.stretch(day + 7 * seed, rows, 500 + seed, **change), 0)
        for kind, change in changes.items()
        for seed in range(size.benign)
    ]


def budget(process: Process, size: Size) -> list[tables.Kept]:
    """Watch fresh months from several references of one plant, with nothing set but the budget."""
    kept = []
    for number in range(size.references):
        reference = ours.learn(process.stretch(0.0, size.reference * DAY, 10 + number), process.step_s)
        months: list[Stretch] = [
            process.stretch(14 + 30 * month, 30 * DAY, 10_000 + 100 * number + month)
            for month in range(size.months)
        ]
        verdicts = [ours.watch(reference, month) for month in months]
        kept.append(tables.kept(verdicts, process.step_s))
    return kept


def wanted_by(name: str, streams: list[Stream], size: Size) -> list[Stream]:
    """Return the streams that an opponent is given."""
    if name not in SLOW:
        return streams
    return [stream for stream in streams if stream.name in size.slow or stream.name not in size.names]


def judge(opponents: list[Opponent], streams: list[Stream], size: Size, jobs: int) -> tables.Found:
    """Ask all opponents, ``jobs`` at a time."""
    found: tables.Found = {}
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(jobs) as pool:

        def ask(opponent: Opponent) -> list[tuple[Stream, Verdicts]]:
            given = wanted_by(opponent.name, streams, size)
            folder = Path(name) / opponent.name
            folder.mkdir()
            began = time.perf_counter()
            said = opponent.judge(given, folder)
            print(f"{opponent.name}: {time.perf_counter() - began:.0f} s", flush=True)
            return list(zip(given, said, strict=True))

        for said in pool.map(ask, opponents):
            for stream, verdicts in said:
                for detector, runs in verdicts.items():
                    found.setdefault(detector, {})[stream.name] = tables.split(stream, runs)
    return found


def main() -> None:
    """Run, print, publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the default")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--streams", nargs="*")
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    size, began = (FULL if options.full else QUICK), time.perf_counter()
    names = [name for name in size.names if not options.streams or name in options.streams]
    streams = [synthetic(processes()[name], size) for name in names]
    recorded, absent = plants.real() if not options.streams else ([], [])
    opponents: list[Opponent] = [
        Peer(name) for name in reversed(PEERS) if not options.only or name in options.only
    ]
    if ours.present() and (not options.only or "andamio" in options.only):
        opponents.insert(0, ours.Ours())
    found = judge(opponents, [*streams, *recorded], size, options.jobs)
    kept = {}
    if any(opponent.name == "andamio" for opponent in opponents):
        kept = {name: budget(processes()[name], size) for name in names}
    facts = {opponent.name: opponent.facts() for opponent in opponents}
    mode, seconds = "full" if options.full else "quick", time.perf_counter() - began
    text = tables.write(found, kept, streams, recorded, facts, mode, seconds, absent)
    print(text)
    print(json.dumps(facts, default=str))
    if not options.dry:
        page.publish("driftbench", text)


if __name__ == "__main__":
    main()
