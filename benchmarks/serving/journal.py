"""Measure what it costs to record before answering: no journal, "process", "power-cut", interleaved.

    python benchmarks/serving/journal.py [--seconds 3] [--rounds 3] [--folder FOLDER] [--out FILE.json]

One row a request at 1 and 64 connections; requests a second, median and p99 latency, and the ratios to no
journal. The composition without a journal exists here alone: no setting switches recording off. FOLDER is
where the plant lies, to measure a certain disk. The server runs on core 0 and the load generator on core 1
where the box has two.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plant import MODEL, BenchPlant, build
from servers import AS_INSTALLED, BIN, Load, free_port, wait_for_answer

WAYS = ("none", "process", "power-cut")
CONNECTIONS = (1, 64)
# Everything but the commit: the record is made, and goes nowhere.
UNRECORDED = """
from andamio.journal import Journal
async def commit(journal, records):
    pass
Journal.commit = commit
from andamio.cli import main
main()
"""
Figures = dict[tuple[str, int], list[dict[str, float]]]


@contextmanager
def serving(way: str, plant: BenchPlant, core: int | None) -> Iterator[int]:
    """Run the scoring process with one durability, on a new journal; yields its port."""
    shutil.rmtree(plant.root / ".andamio" / "journal", ignore_errors=True)
    settings = plant.root / "andamio.toml"
    before = settings.read_text()
    durability = "process" if way == "none" else way
    settings.write_text(f'{before}\n[serving]\ndurability = "{durability}"\n')
    port = free_port()
    program = [sys.executable, "-c", UNRECORDED] if way == "none" else [str(BIN / "andamio")]
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    process = subprocess.Popen(
        [*pinned, *program, "serve", "--port", str(port)],
        env=AS_INSTALLED | {"OMP_NUM_THREADS": "1", "ANDAMIO_PLANT": str(plant.root)},
        cwd=plant.root,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_answer(port, path(), plant.one_row.read_bytes(), process)
        yield port
    finally:
        process.terminate()
        process.wait(30)
        settings.write_text(before)


def path() -> str:
    """Return the address of the predictions."""
    return f"/v1/models/{MODEL}/predict"


def measure(plant: BenchPlant, rounds: int, seconds: float) -> Figures:
    """Take turns: every round runs each way at each number of connections."""
    two = (os.cpu_count() or 1) > 1
    figures: Figures = defaultdict(list)
    for turn in range(rounds):
        for way in WAYS if turn % 2 == 0 else reversed(WAYS):
            with serving(way, plant, 0 if two else None) as port:
                ask = Load(port, path(), plant.one_row, core=1 if two else None)
                ask.run(16, 0.5)
                for connections in CONNECTIONS:
                    figures[way, connections].append(ask.run(connections, seconds))
    return figures


def summed_up(figures: Figures) -> list[dict[str, object]]:
    """Take the medians over the rounds, and the ratios of each round to no journal."""
    lines: list[dict[str, object]] = []
    for connections in CONNECTIONS:
        floor = [one["requests_per_s"] for one in figures["none", connections]]
        for way in WAYS:
            found = figures[way, connections]
            ratios = [one["requests_per_s"] / least for one, least in zip(found, floor, strict=True)]
            line: dict[str, object] = {"journal": way, "connections": connections}
            for name in ("requests_per_s", "p50_ms", "p99_ms"):
                line[name] = round(statistics.median(one[name] for one in found), 3)
            line["of_none"] = round(statistics.median(ratios), 3)
            lines.append(line)
    return lines


def main() -> None:
    """Build a plant, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        plant = build(Path(name) / "plant", csv_rows=10)
        lines = summed_up(measure(plant, options.rounds, options.seconds))
    print(
        f"{'journal':<10} {'connections':>11} {'requests/s':>11} {'p50 ms':>8} {'p99 ms':>8} {'of none':>8}"
    )
    for line in lines:
        print(
            f"{line['journal']:<10} {line['connections']:>11} {line['requests_per_s']:>11,.0f} "
            f"{line['p50_ms']:>8} {line['p99_ms']:>8} {line['of_none']:>8}"
        )
    if options.out:
        options.out.write_text(json.dumps(lines, indent=2))


if __name__ == "__main__":
    main()
