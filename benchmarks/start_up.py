"""Measure how quick the first second is: ``import andamio`` and ``andamio --help`` against a bare Python.

    python benchmarks/start_up.py [--rounds 15]

The rounds are interleaved; medians of wall time are printed, and their ratio to ``python -c pass``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

AS_INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed package is compiled once, not at each start."""
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import andamio": [sys.executable, "-c", "import andamio"],
    "import typer": [sys.executable, "-c", "import typer"],
    "andamio --help": [sys.executable, "-m", "andamio", "--help"],
    "andamio status --help": [sys.executable, "-m", "andamio", "status", "--help"],
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=15)
    rounds = arguments.parse_args().rounds
    spent: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            began = time.perf_counter()
            subprocess.run(command, capture_output=True, check=True, env=AS_INSTALLED)
            spent[name].append(time.perf_counter() - began)
    floor = statistics.median(spent["python -c pass"])
    for name, times in spent.items():
        median = statistics.median(times)
        print(f"{name:24} {1000 * median:7.0f} ms   {median / floor:5.1f} × bare Python")


if __name__ == "__main__":
    main()
