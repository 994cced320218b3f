"""Measure the scoring process against its floor, interleaved, and print the ratios.

    python benchmarks/serving/run.py [--seconds 3] [--rounds 3] [--out FILE.json]

Cold start (process start to first answered prediction), resident memory, requests a second, latency and
processor time a request for one row at 1, 16 and 64 connections (the same head with every row, as machines
send it; "own ids": another ``X-Request-Id`` each time, as gateways do) and 100 rows at 1 and 4, the time a
change of version takes, and rows a second of ``andamio score`` against the same libraries without it. The
server runs on core 0 and the load generator on core 1 where the box has two.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from plant import MODEL, BenchPlant, build
from servers import AS_INSTALLED, BIN, HERE, Load, Server, ask_once, running

from andamio.bundles.deployment import Deployment, read_deployment, write_deployment

NAMED = "1 row, own ids"
CASES = (("1 row", 1), ("1 row", 16), ("1 row", 64), (NAMED, 64), ("100 rows", 1), ("100 rows", 4))
NAMES = ("floor", "andamio")
Figures = dict[str, dict[str, list[float]]]


def measure(plant: BenchPlant, rounds: int, seconds: float) -> Figures:
    """Take turns: every round runs each server through every case."""
    two = (os.cpu_count() or 1) > 1
    figures: Figures = {name: defaultdict(list) for name in NAMES}
    for turn in range(rounds):
        for name in NAMES if turn % 2 == 0 else reversed(NAMES):
            with running(name, plant, 0 if two else None) as server:
                mine = figures[name]
                mine["cold start s"].append(server.cold_start_s)
                mine["memory MB idle"].append(server.resident_mb())
                for what, connections in CASES:
                    body = plant.hundred_rows if what == "100 rows" else plant.one_row
                    before = server.cpu_s()
                    ask = Load(server.port, server.path, body, 1 if two else None, named=what == NAMED)
                    found = ask.run(connections, seconds)
                    found["cpu_us"] = 1e6 * (server.cpu_s() - before) / found["requests"]
                    for figure in ("requests_per_s", "p50_ms", "p99_ms", "cpu_us"):
                        mine[f"{what} x {connections} {figure}"].append(found[figure])
                mine["memory MB after"].append(server.resident_mb())
                if name == "andamio":
                    mine["version change ms"] += [
                        1000 * seconds for seconds in change_versions(plant, server)
                    ]
    return figures


def change_versions(plant: BenchPlant, server: Server) -> Iterator[float]:
    """Roll back and forth, and time from the first step to the first answer of the version wanted."""
    path = plant.root / ".andamio" / "deployment.json"
    for change in (Deployment.rolling_back, Deployment.deploying) * 3:
        wanted = (plant.served[1],) if change is Deployment.deploying else ()
        started = time.perf_counter()
        written = write_deployment(path, change(read_deployment(path), MODEL, *wanted))
        version = written.models[MODEL].champion.version
        while f'"version":{version},'.encode() not in ask_once(
            server.port, server.path, plant.one_row.read_bytes()
        ):
            time.sleep(0.001)
        yield time.perf_counter() - started


def batch(plant: BenchPlant, rounds: int) -> dict[str, float]:
    """Score the same files by the command and by the floor, each in a process of its own, start to end."""
    rates: dict[str, float] = {}
    environment = AS_INSTALLED | {"ANDAMIO_PLANT": str(plant.root), "OMP_NUM_THREADS": "1"}
    for kind, path in (("csv", plant.rows_csv), ("parquet", plant.rows_csv.with_suffix(".parquet"))):
        output = plant.root / f"out.{kind}"
        commands = {
            "floor": [sys.executable, str(HERE / "floor_batch.py"), str(plant.graph), str(path), str(output)],
            "andamio": [str(BIN / "andamio"), "score", "--in", str(path), "--out", str(output)],
        }
        seconds: dict[str, list[float]] = {name: [] for name in NAMES}
        for _ in range(rounds):
            for name in NAMES:
                started = time.perf_counter()
                subprocess.run(commands[name], check=True, stdout=subprocess.DEVNULL, env=environment)
                seconds[name].append(time.perf_counter() - started)
        for name in NAMES:
            rates[f"{kind}: {name} rows/s, process start to end"] = plant.rows / statistics.median(
                seconds[name]
            )
        rates[f"{kind}: ratio"] = statistics.median(seconds["floor"]) / statistics.median(seconds["andamio"])
    return rates


def table(figures: Figures) -> list[str]:
    """Write medians and the ratio to the floor."""
    lines = [f"{'':34}{'floor':>12}{'andamio':>12}{'ratio':>8}"]
    for figure, found in figures["andamio"].items():
        ours = statistics.median(found)
        if figure in figures["floor"]:
            floor = statistics.median(figures["floor"][figure])
            lines.append(f"{figure:34}{floor:12.3f}{ours:12.3f}{ours / floor:8.2f}")
        else:
            lines.append(f"{figure:34}{'':12}{ours:12.3f}")
    return lines


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plant = build(Path(folder) / "plant")
        figures = measure(plant, options.rounds, options.seconds)
        print("\n".join(table(figures)))
        batches = batch(plant, options.rounds)
        print("\n".join(f"{name:50}{value:14,.2f}" for name, value in batches.items()))
        if options.out:
            options.out.write_text(json.dumps({"figures": figures, "batch": batches}, indent=2))


if __name__ == "__main__":
    main()
