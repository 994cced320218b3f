"""The limits of a graph as gates."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from andamio.bundles.graph import Outputs
from andamio.contracts import parse_contract
from andamio.contracts.contract import Limits
from andamio.contracts.rows import Rows
from andamio.training.limits import ROUNDS, RUNS, WARMING_RUNS, limit_gates, time_rows
from andamio.training.run import TrainOptions, train

FAST = {"p50_ms": 0.01, "p99_ms": 0.02}


class Counting:
    """A graph that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        assert len(rows) == 1
        assert not features
        self.asked.append(float(rows.numbers[0, 0]))
        return Outputs()


@pytest.mark.parametrize(("each_s", "rounds"), [(0.00001, ROUNDS), (0.02, 1)])
def test_single_rows_are_timed_in_rounds_after_a_warm_up(
    monkeypatch: pytest.MonkeyPatch, each_s: float, rounds: int
) -> None:
    ticks = count()
    monkeypatch.setattr("andamio.training.limits.time.perf_counter", lambda: each_s * next(ticks))
    graph = Counting()
    nobody = [None] * 5
    rows = Rows(np.arange(5, dtype=np.float32)[:, None], np.empty((5, 0), object), nobody, nobody, [()] * 5)
    found = time_rows(graph, rows)  # type: ignore[arg-type]  # all that is asked of a graph
    assert len(graph.asked) == WARMING_RUNS + rounds * RUNS
    assert set(graph.asked) == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert found == pytest.approx({"p50_ms": 1000 * each_s, "p99_ms": 1000 * each_s})


def test_a_limit_is_a_gate_and_none_is_none() -> None:
    assert limit_gates(Limits(), 5_000_000, FAST) == []
    size, timed = limit_gates(Limits(model_mb=2, p99_ms=0.01), 2_000_000, FAST)
    assert (size.gate, size.value, size.passed, size.where) == ("model_mb <= 2", 2.0, True, "graph")
    assert (timed.gate, timed.value, timed.passed) == ("p99_ms <= 0.01", 0.02, False)
    (size,) = limit_gates(Limits(model_mb=2), 2_000_001, FAST)
    assert size.passed is False


def limited(contract, section):
    return parse_contract(contract.source + section, name="press", file="models/press.toml")


def test_a_version_beyond_its_limits_is_not_deployable(press, fit):
    contract, table = press
    slow = limited(contract, "\n[limits]\np99_ms = 0.001\nmodel_mb = 0.001\n")
    candidate = train(slow, table, TrainOptions(trials=1, steps=1), lambda _step: None, learn=fit)
    assert not candidate.deployable
    failed = [gate for gate in candidate.evaluation.gates if gate.passed is False]
    assert [gate.metric for gate in failed] == ["model_mb", "p99_ms"]
    assert all(gate.value > 0.001 for gate in failed)


def test_what_a_clock_measured_is_not_under_the_digest(press, fit):
    contract, table = press
    contract = limited(contract, "\n[limits]\np99_ms = 1000\nmodel_mb = 1\n")
    candidates = [
        train(contract, table, TrainOptions(trials=1, steps=1), lambda _step: None, learn=fit)
        for _ in range(2)
    ]
    assert candidates[0].parts.digest() == candidates[1].parts.digest()
    kept = {gate["metric"]: gate for gate in candidates[0].parts.evaluation["gates"]}
    assert kept["p99_ms"]["value"] is None
    assert kept["p99_ms"]["passed"] is True
    assert kept["model_mb"]["value"] == round(len(candidates[0].parts.graph) / 1e6, 6)
    assert set(candidates[0].record["latency"]) == {"p50_ms", "p99_ms"}
