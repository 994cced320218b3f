"""Measure ``andamio score`` on a long Parquet file against its floor, with the memory that each took.

    python benchmarks/serving/batch.py [--rows 10000000] [--rounds 1]

The floor is polars and onnxruntime on the same graph with the same threads (``floor_batch.py``), streaming in
the same pieces. Andamio checks every value against the contract, names every row, digests both files and
journals the work; both times run from the start of the process to its end.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from plant import TAGS, build
from servers import AS_INSTALLED, BIN, HERE

PART = 500_000
_LOOK_S = 0.05


def write_rows(path: Path, rows: int) -> None:
    """Write a Parquet file of normal numbers, some of them at the edges of the contract."""
    parts = []
    for start in range(0, rows, PART):
        table = np.random.default_rng(start).normal(size=(min(PART, rows - start), len(TAGS)))
        part = path.with_name(f"part-{start:010}.parquet")
        pl.DataFrame(table.astype(np.float32), schema=list(TAGS)).write_parquet(part)
        parts.append(part)
    pl.scan_parquet(parts).sink_parquet(path, row_group_size=131_072)
    for part in parts:
        part.unlink()


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; return its seconds and the most memory it held, in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    peak = 0.0
    while process.poll() is None:  # wait4 would count what this process held when it made the child
        peak = max(peak, resident_mb(process.pid))
        time.sleep(_LOOK_S)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return time.perf_counter() - started, peak


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process in MB; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plant = build(Path(folder) / "plant", csv_rows=10)
        path, output = Path(folder) / "rows.parquet", Path(folder) / "out.parquet"
        write_rows(path, options.rows)
        commands = {
            "floor": [sys.executable, str(HERE / "floor_batch.py"), str(plant.graph), str(path), str(output)],
            "andamio": [str(BIN / "andamio"), "score", "--in", str(path), "--out", str(output)],
        }
        environment = AS_INSTALLED | {"ANDAMIO_PLANT": str(plant.root), "OMP_NUM_THREADS": "1"}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                found[name].append(timed(command, environment))
        medians = {name: statistics.median(seconds for seconds, _ in runs) for name, runs in found.items()}
        print(f"{options.rows:,} rows x {len(TAGS)} columns, {path.stat().st_size / 1e6:,.0f} MB of Parquet")
        for name, runs in found.items():
            peak = max(memory for _, memory in runs)
            print(
                f"{name:8}{options.rows / medians[name]:14,.0f} rows/s {medians[name]:8.1f} s {peak:8,.0f} MB"
            )
        print(f"ratio   {medians['floor'] / medians['andamio']:14.2f}")


if __name__ == "__main__":
    main()
