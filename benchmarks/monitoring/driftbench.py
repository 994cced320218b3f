"""Judge drift detectors: as shipped, and with every threshold matched to one false alarm in 30 days.

    python benchmarks/monitoring/driftbench.py [--quick | --full] [--jobs 2] [--only river] [--kept] [--dry]

Quick mode takes less than ten minutes on two cores once the opponents' environments are made. The tables go
to ``docs/monitoring/driftbench.md`` (``--dry``: to the screen only). Everything is drawn from fixed seeds.
A peer's answers are kept by the digest of all that it was given; ``--kept`` takes them and asks no more,
which serves whoever changes our own detectors, and the page then says so.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import ours
import page
import plants
import tables
from inject import KINDS, inject
from opponents import PEERS, Opponent, Peer, python_of
from streams import Case, Process, Stream, processes
from threadpoolctl import threadpool_limits

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
        fewer: Streams that slow opponents are given; all that are not named here get all.
        references: References on which our own budget is checked, ``months`` fresh months each.
    """

    reference: int
    calibration: int
    fresh: int
    seeds: int
    after: int
    benign: int
    names: tuple[str, ...]
    fewer: Mapping[str, tuple[str, ...]]
    references: int
    months: int


BUDGETED = ("independent", "AR(0.9)", "seasonal")
SLOWEST = dict.fromkeys(("river", "alibi"), BUDGETED)
SMOKE = Size(3, 3, 3, 1, 1, 1, ("independent", "categorical", "seasonal"), SLOWEST, 1, 1)
QUICK_NAMES = (*BUDGETED, "operating points", "categorical", "heavy tails")
SLOW = SLOWEST | dict.fromkeys(("evidently", "nannyml"), (*BUDGETED, "operating points"))
QUICK = Size(14, 30, 30, 1, 2, 4, QUICK_NAMES, SLOW, 3, 10)
FULL = Size(14, 180, 180, 10, 5, 30, tuple(processes()), {}, 20, 12)
SIZES = {"smoke": SMOKE, "quick": QUICK, "full": FULL}


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


def budget(process: Process, number: int, size: Size) -> tables.Kept:
    """Watch fresh months from one reference of a plant, with nothing set but the budget."""
    reference = ours.learn(process.stretch(0.0, size.reference * DAY, 10 + number), process.step_s)
    seeds = [10_000 + 100 * number + month for month in range(size.months)]
    months = [process.stretch(14.0 + 30.0 * at, 30 * DAY, seed) for at, seed in enumerate(seeds)]
    return tables.kept([ours.watch(reference, month) for month in months], process.step_s)


class Bench:
    """All streams, and the opponents asked about them, so many at a time."""

    def __init__(self, size: Size, streams: list[Stream], jobs: int) -> None:
        """Hold what is asked about; the workers inherit it."""
        self._size, self._streams = size, streams
        self._pool = ProcessPoolExecutor(
            jobs, multiprocessing.get_context("fork"), initializer=threadpool_limits, initargs=(1,)
        )

    def run(self, peers: list[str], *, kept: bool, own: bool, budgeted: list[str]) -> Results:
        """Ask everybody, the slowest first."""
        results = Results()
        asked = [self._pool.submit(self.ask, Peer(name, kept=kept), self._given(name)) for name in peers]
        if own:
            asked += [self._pool.submit(self.ask, ours.Ours(), [stream]) for stream in self._streams]
        months = [
            (name, self._pool.submit(budget, processes()[name], number, self._size))
            for name in budgeted
            for number in range(self._size.references)
        ]
        for future in asked:
            results.take(*future.result())
        for name, future in months:
            results.kept.setdefault(name, []).append(future.result())
        self._pool.shutdown()
        return results

    def _given(self, peer: str) -> list[Stream]:
        left_out = set(self._size.names) - set(self._size.fewer.get(peer, self._size.names))
        return [stream for stream in self._streams if stream.name not in left_out]

    @staticmethod
    def ask(opponent: Opponent, streams: list[Stream]) -> tuple[dict[str, object], tables.Found]:
        """Ask one opponent about some streams."""
        found: tables.Found = {}
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            said = opponent.judge(streams, Path(folder))
        for stream, verdicts in zip(streams, said, strict=True):
            for detector, runs in verdicts.items():
                found.setdefault(detector, {})[stream.name] = tables.split(stream.bare(), runs)
        asked = ", ".join(stream.name for stream in streams)
        print(f"{opponent.name}: {time.perf_counter() - began:.0f} s ({asked})", flush=True)
        return opponent.facts(), found


@dataclass
class Results:
    """What came of it."""

    found: tables.Found = field(default_factory=dict)
    facts: list[dict[str, object]] = field(default_factory=list)
    kept: dict[str, list[tables.Kept]] = field(default_factory=dict)

    def take(self, facts: dict[str, object], found: tables.Found) -> None:
        """Add what one opponent said."""
        self.facts.append(facts)
        for detector, streams in found.items():
            self.found.setdefault(detector, {}).update(streams)


def not_installed(peers: list[str]) -> list[str]:
    """Make the environments; take out and return the peers whose environment cannot be made here."""
    missing = []
    for name in list(peers):
        try:
            python_of(name)
        except subprocess.CalledProcessError:
            peers.remove(name)
            missing.append(f"{name} (cannot be installed here)")
    return missing


def main() -> None:
    """Run, print, publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the default")
    parser.add_argument("--full", action="store_true", help="hours")
    parser.add_argument(
        "--smoke", action="store_true", help="minutes; only whether everything runs, never published"
    )
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--streams", nargs="*")
    parser.add_argument("--kept", action="store_true", help="take the peers' answers of an earlier run")
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    mode = "full" if options.full else "smoke" if options.smoke else "quick"
    size, began = SIZES[mode], time.perf_counter()
    names = [name for name in size.names if not options.streams or name in options.streams]
    streams = [synthetic(processes()[name], size) for name in names]
    wanted = {"smoke": plants.REAL[:1], "quick": plants.REAL, "full": plants.REAL}[mode]
    recorded, absent = plants.real(wanted if not options.streams else [])
    peers = [name for name in PEERS if options.only is None or name in options.only]
    own = ours.present() and (options.only is None or "andamio" in options.only)
    budgeted = [name for name in names if own and name in BUDGETED]
    missing = [*absent, *not_installed(peers)]
    bench = Bench(size, [*streams, *recorded], options.jobs)
    results = bench.run(peers, kept=options.kept, own=own, budgeted=budgeted)
    run = tables.Run(
        "full" if options.full else "quick",
        time.perf_counter() - began,
        results.facts,
        missing,
        options.kept,
        sorted(size.fewer),
    )
    text = tables.write(results.found, results.kept, streams, recorded, run)
    print(text)
    if not (options.dry or options.smoke):
        page.publish("driftbench", text)


if __name__ == "__main__":
    main()
