"""Measure the scoring process against its floor, interleaved, and print the ratios.

    python benchmarks/serving/run.py [--seconds 3] [--rounds 3] [--out FILE.json]

Cold start (process start to first answered prediction), resident memory (after the load), requests a second
and latency of one row at 1, 16 and 64 connections, of 100 rows at 1 and 4 connections, and rows a second
of ``andamio score`` against onnxruntime alone on the same rows. The server runs on core 0 and the load
generator on core 1 where the box has two.
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
from pathlib import Path

import numpy as np
import onnxruntime as ort
from plant import BenchPlant, build
from servers import BIN, HERE, Server, running

CASES = (("1 row", 1), ("1 row", 16), ("1 row", 64), ("100 rows", 1), ("100 rows", 4))
NAMES = ("floor", "andamio")
Figures = dict[str, dict[str, list[float]]]


def load(server: Server, body: Path, connections: int, seconds: float, core: int | None) -> dict[str, float]:
    """Run the load generator in its own process."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    done = subprocess.run(
        [
            *pinned, sys.executable, str(HERE / "load.py"), "--port", str(server.port), "--path", server.path,
            "--body", str(body), "--connections", str(connections), "--seconds", str(seconds),
        ],
        check=True, capture_output=True, timeout=seconds + 60,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    if found["failed"]:
        raise SystemExit(f"{server.name}: {found['failed']} requests failed")
    return found


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
                    body = plant.one_row if what == "1 row" else plant.hundred_rows
                    found = load(server, body, connections, seconds, 1 if two else None)
                    for figure in ("requests_per_s", "p50_ms", "p99_ms"):
                        mine[f"{what} x {connections} {figure}"].append(found[figure])
                mine["memory MB after"].append(server.resident_mb())
    return figures


def batch(plant: BenchPlant) -> dict[str, float]:
    """Score the CSV by the command; the floor reads it with numpy and runs the graph on one thread."""
    output = plant.root / "out.csv"
    started = time.perf_counter()
    subprocess.run(
        [str(BIN / "andamio"), "score", "--in", str(plant.rows_csv), "--out", str(output)],
        check=True, stdout=subprocess.DEVNULL, env=os.environ | {"ANDAMIO_PLANT": str(plant.root)},
    )  # fmt: skip
    ours = time.perf_counter() - started
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(plant.graph.read_bytes(), options)
    started = time.perf_counter()
    rows = np.loadtxt(plant.rows_csv, delimiter=",", skiprows=1, dtype=np.float32)
    read = time.perf_counter() - started
    for start in range(0, len(rows), 8192):
        session.run(["probabilities", "decision"], {"numbers": rows[start : start + 8192]})
    floor = time.perf_counter() - started
    return {
        "rows": len(rows),
        "andamio rows/s (process start to end)": len(rows) / ours,
        "floor rows/s (numpy + onnxruntime, no output)": len(rows) / floor,
        "onnxruntime alone rows/s": len(rows) / (floor - read),
    }


def table(figures: Figures) -> list[str]:
    """Write medians and the ratio to the floor."""
    lines = [f"{'':34}{'floor':>12}{'andamio':>12}{'ratio':>8}"]
    for figure in figures["floor"]:
        floor, ours = (statistics.median(figures[name][figure]) for name in NAMES)
        lines.append(f"{figure:34}{floor:12.3f}{ours:12.3f}{ours / floor:8.2f}")
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
        batches = batch(plant)
        print("\n".join(f"{name:50}{value:14,.0f}" for name, value in batches.items()))
        if options.out:
            options.out.write_text(json.dumps({"figures": figures, "batch": batches}, indent=2))


if __name__ == "__main__":
    main()
