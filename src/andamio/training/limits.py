"""Hold a graph against ``[limits]``: what it weighs in the bundle, and how long one row takes in it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from andamio.bundles.graph import Graph
from andamio.contracts.contract import Gate, Limits
from andamio.contracts.rows import Rows
from andamio.errors import text
from andamio.training.gates import TIMED, GateResult, asked
from andamio.training.pruning import MEGABYTE

WARMING_RUNS = 50
ROUNDS, RUNS = 5, 200
_DIFFERENT_ROWS = 32
_ENOUGH_MS = 2000.0


def time_rows(graph: Graph, rows: Rows) -> dict[str, float]:
    """Time single rows through the graph, in milliseconds: median and 99th percentile.

    Both are the lowest of five rounds of 200 runs after 50 that are not counted: what else a box does makes a
    round slower and never quicker, so the quietest round says most of the graph. A slow one gets fewer.
    """
    some = [rows.take(np.array([place % len(rows)])) for place in range(_DIFFERENT_ROWS)]
    for run in range(WARMING_RUNS):
        graph.run(some[run % len(some)], features=False)
    rounds: list[list[float]] = []
    while len(rounds) < ROUNDS and sum(map(sum, rounds)) < _ENOUGH_MS:
        spent = []
        for run in range(RUNS):
            started = time.perf_counter()
            graph.run(some[run % len(some)], features=False)
            spent.append(1000 * (time.perf_counter() - started))
        rounds.append(spent)
    p50, p99 = np.percentile(np.array(rounds), (50, 99), axis=1).min(axis=1)
    return {"p50_ms": round(float(p50), 4), "p99_ms": round(float(p99), 4)}


def limit_gates(limits: Limits, size: int, latency: Mapping[str, float]) -> list[GateResult]:
    """Judge the limits that a contract sets, as gates.

    Args:
        limits: What the contract allows.
        size: Bytes of the graph.
        latency: As ``time_rows`` measured it.
    """
    found = {"model_mb": (limits.model_mb, size / MEGABYTE), TIMED: (limits.p99_ms, latency["p99_ms"])}
    notes = {TIMED: text("timed on the box that trained; the figure is in the bundle's record")}
    results = []
    for name, (bound, value) in found.items():
        if bound is None:
            continue
        gate = Gate(name, "<=", bound)
        results.append(
            GateResult(
                gate=asked(gate),
                metric=name,
                where="graph",
                value=value,
                passed=gate.holds(value),
                note=notes.get(name),
            )
        )
    return results
