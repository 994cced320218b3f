"""Hold what was measured against ``[accept]``, and decide whether the candidate may be deployed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from andamio.contracts.contract import Contract, Gate
from andamio.errors import Text, text
from andamio.statistics.intervals import Interval
from andamio.training.slices import Slice

# What a clock measured: its value is told when it was measured and has no place under a digest.
TIMED = "p99_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate and its outcome.

    Attributes:
        gate: What was asked, as ``recall >= 0.9``.
        where: "all", "parity", "graph", "noise 1 %", or the slice, as ``product = L``.
        value: What was measured; NaN when it could not be.
        low: Lower end of its 95 % confidence interval; NaN when unknown.
        high: Upper end.
        passed: None when there was not enough data to judge.
        note: Why, when the verdict needs a word.
    """

    gate: str
    metric: str
    where: str
    value: float
    low: float = math.nan
    high: float = math.nan
    passed: bool | None
    note: Text | None = None


def judge(
    contract: Contract,
    metrics: Mapping[str, Interval],
    by_slice: Sequence[Slice],
    noise: Mapping[str, float],
    parity: GateResult,
    limits: Sequence[GateResult] = (),
) -> list[GateResult]:
    """Judge every gate of a contract; parity is always one of them, then come the ``limits`` of the graph."""
    results = [parity, *limits]
    for gate in contract.accept.gates:
        found = metrics.get(gate.metric, Interval(math.nan, math.nan, math.nan))
        results.append(_verdict(gate, "all", found.value, found.low, found.high))
    if contract.accept.slices is not None:
        asked = contract.accept.slices.gates
        results += [_slice_verdict(gate, f"{p.by} = {p.value}", p) for p in by_slice for gate in asked]
    if contract.accept.noise is not None:
        where = f"noise {100 * contract.accept.noise.level:g} %"
        asked = contract.accept.noise.gates
        results += [_verdict(gate, where, noise.get(gate.metric, math.nan)) for gate in asked]
    return results


def parity_gate(certificate: Mapping[str, object]) -> GateResult:
    """Read the parity certificate as a gate: the graph answers as the trained model did."""
    difference = certificate.get("max_abs_difference")
    return GateResult(
        gate="parity",
        metric="parity",
        where="parity",
        value=float(difference) if isinstance(difference, (int, float)) else math.nan,
        passed=certificate.get("passed") is True,
        note=None
        if certificate.get("passed") is True
        else text("the graph does not answer as the trained model does; this is a fault of the export"),
    )


def deployable(results: Sequence[GateResult]) -> bool:
    """Tell whether no gate failed; a gate without enough data does not fail, and is told openly."""
    return all(result.passed is not False for result in results)


def _verdict(
    gate: Gate, where: str, value: float, low: float = math.nan, high: float = math.nan
) -> GateResult:
    note = None
    if not math.isfinite(value):
        note = text("{metric} could not be measured on the held-out rows", metric=gate.metric)
    elif math.isfinite(low) and gate.holds(value) and not (gate.holds(low) and gate.holds(high)):
        note = text("passed, but the rows are too few to be sure of it")
    return GateResult(
        gate=asked(gate),
        metric=gate.metric,
        where=where,
        value=value,
        low=low,
        high=high,
        passed=gate.holds(value),
        note=note,
    )


def _slice_verdict(gate: Gate, where: str, part: Slice) -> GateResult:
    value = part.metrics.get(gate.metric, math.nan)
    if part.can_be_judged:
        return _verdict(gate, where, value)
    return GateResult(
        gate=asked(gate),
        metric=gate.metric,
        where=where,
        value=value,
        passed=None,
        note=text("not enough data: {rows} rows, {events} events", rows=part.rows, events=part.events),
    )


def asked(gate: Gate) -> str:
    """Write a gate as it is told."""
    return f"{gate.metric} {gate.comparison} {gate.bound:g}"
