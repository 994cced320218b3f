"""Measure the scoring process against its floor and its peers, interleaved, one row a request.

    python benchmarks/serving/against_peers.py [--seconds 3] [--rounds 2] [--only mlflow …]

Every peer serves the same LightGBM trees (200 of them, 20 numbers) with one worker and one thread, in an
environment of its own made from ``peers/NAME.txt`` under ``benchmarks/results/`` the first time. The server
runs on core 0 and the load generator on core 1. Andamio journals every answer and checks every range.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from plant import BenchPlant, build
from run import Figures
from servers import HERE, Load, running

ENVIRONMENTS = HERE.parent / "results" / "peers"
OURS = ("floor", "andamio")
CONNECTIONS = (1, 16, 64)
Command = tuple[list[str], str, Path]


def python_of(peer: str) -> Path:
    """Return the Python of a peer's own environment; make it the first time."""
    python = ENVIRONMENTS / peer / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENTS / peer)], check=True)
        wanted = str(HERE / "peers" / f"{peer}.txt")
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", wanted], check=True)
    return python


def bodies(plant: BenchPlant) -> dict[str, Path]:
    """Write the same row as each dialect has it."""
    row = json.loads(plant.one_row.read_bytes())["row"]
    tags, values = list(row), list(row.values())
    tensor = {"name": "rows", "shape": [1, len(values)], "datatype": "FP64", "data": values}
    forms = {
        "rows": {"rows": [values]},
        "split": {"dataframe_split": {"columns": tags, "data": [values]}},
        "v2": {"inputs": [tensor]},
    }
    found = {}
    for name, form in forms.items():
        found[name] = plant.root / f"{name}.json"
        found[name].write_text(json.dumps(form))
    return found


def peers(plant: BenchPlant) -> dict[str, tuple[str, list[str], str, Path]]:
    """Return each peer's environment, further arguments, address and body."""
    body = bodies(plant)
    v2 = "/v2/models/bench/infer"
    return {
        "mlflow": ("mlflow", [], "/invocations", body["split"]),
        "bentoml": ("bentoml", [], "/predict", body["rows"]),
        "mlserver": ("mlserver", ["1"], v2, body["v2"]),
        "mlserver in-process": ("mlserver", ["0"], v2, body["v2"]),
        "litserve": ("litserve", [], "/predict", body["rows"]),
    }


def command(plant: BenchPlant, peer: tuple[str, list[str], str, Path]) -> Command:
    """Return what starts a peer."""
    name, further, path, body = peer
    words = [
        str(python_of(name)),
        str(HERE / "peers" / f"{name}.py"),
        str(plant.root / "model.txt"),
        "{port}",
    ]
    return [*words, *further], path, body


def measure(plant: BenchPlant, wanted: list[str], rounds: int, seconds: float) -> Figures:
    """Take turns."""
    two = (os.cpu_count() or 1) > 1
    known = peers(plant)
    figures: Figures = {name: defaultdict(list) for name in [*OURS, *wanted]}
    for turn in range(rounds):
        for name in figures if turn % 2 == 0 else reversed(figures):
            theirs = command(plant, known[name]) if name in known else None
            body = theirs[2] if theirs else plant.one_row
            with running(name, plant, 0 if two else None, theirs) as server:
                mine = figures[name]
                mine["cold start s"].append(server.cold_start_s)
                for connections in CONNECTIONS:
                    ask = Load(server.port, server.path, body, core=1 if two else None)
                    ask.run(connections, seconds / 3)  # warm
                    found = ask.run(connections, seconds)
                    for figure in ("requests_per_s", "p50_ms", "p99_ms"):
                        mine[f"x {connections} {figure}"].append(found[figure])
                mine["memory MB"].append(server.tree_mb())
    return figures


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plant = build(Path(folder) / "plant", csv_rows=10)
        wanted = list(peers(plant)) if options.only is None else options.only
        figures = measure(plant, wanted, options.rounds, options.seconds)
    names = list(next(iter(figures.values())))
    print(f"{'':22}" + "".join(f"{name.replace('requests_per_s', 'req/s'):>13}" for name in names))
    for server, found in figures.items():
        print(f"{server:22}" + "".join(f"{statistics.median(found[name]):13.2f}" for name in names))
    for server, found in figures.items():
        ratios = [
            statistics.median(figures["andamio"][f"x {n} requests_per_s"])
            / statistics.median(found[f"x {n} requests_per_s"])
            for n in CONNECTIONS
        ]
        print(f"andamio / {server:22}" + "".join(f"{ratio:8.2f}" for ratio in ratios))


if __name__ == "__main__":
    main()
