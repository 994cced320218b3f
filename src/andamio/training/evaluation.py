"""Evaluate a candidate on rows that tuning never saw, through the very graph that will answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from andamio.bundles import Outputs
from andamio.statistics.conditions import Conditions
from andamio.statistics.intervals import Interval, bootstrap
from andamio.training.anomaly.measuring import Noticing
from andamio.training.claims import Claims, claims_of
from andamio.training.comparison import Comparison, compare, compared
from andamio.training.curves import curves
from andamio.training.gates import TIMED, GateResult, deployable, judge, parity_gate
from andamio.training.importance import Importance, importances
from andamio.training.judging import Answer, main_metric, measure, plain
from andamio.training.learning_curve import learning_curve
from andamio.training.likeness import alike
from andamio.training.noise import LEVEL, under_noise
from andamio.training.repeated_measures import (
    difference,
    intervals,
    measured,
    measured_once,
    without_certainty,
)
from andamio.training.repeating import DUMMY, FEW_ROWS, Repeated
from andamio.training.slices import Slice, slice_columns, slices
from andamio.training.splits import Split
from andamio.training.table import Index, Problem

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How good a candidate is on held-out rows, and what its gates say.

    Attributes:
        metrics: Every metric with its 95 % confidence interval.
        main: The metric by which models are compared.
        slices: The metrics by slice.
        noise_level: Standard deviation of the noise, as a share of each tag's in training.
        noise: The metrics under noise, and ``flips`` or ``shift``.
        comparisons: The simpler models.
        importances: The raw tags, the most important first.
        gates: The verdicts.
        curves: What a report draws.
        repeated: With few rows: how often learning was repeated to measure; then ``metrics``, ``slices``,
            ``comparisons`` and ``curves`` are of all rows, answered by models that had not seen them.
        held_out: With few rows: what this very model gives on the rows held out from it.
        claims: With few rows: what can be claimed of them.
    """

    metrics: Mapping[str, Interval]
    main: str
    slices: Sequence[Slice]
    noise_level: float
    noise: Mapping[str, float]
    comparisons: Sequence[Comparison]
    importances: Sequence[Importance]
    gates: Sequence[GateResult]
    curves: Mapping[str, object]
    repeated: Repeated | None = None
    held_out: Mapping[str, Interval] | None = None
    claims: Claims | None = None

    @property
    def deployable(self) -> bool:
        """Whether no gate failed."""
        return deployable(self.gates)

    def facts(self) -> dict[str, object]:
        """Write all of it as plain JSON values, rounded, the same bytes for the same candidate."""
        body = {
            "confidence": CONFIDENCE,
            "deployable": self.deployable,
            "main": self.main,
            "metrics": {name: asdict(found) for name, found in self.metrics.items()},
            "slices": [asdict(part) | {"judged": part.can_be_judged} for part in self.slices],
            "noise": {"level": self.noise_level, "metrics": self.noise},
            "simpler": [{**_fields(one), "difference": asdict(one.difference)} for one in self.comparisons],
            "importances": [asdict(one) for one in self.importances],
            "gates": [_fields(gate) for gate in self.gates],
            "curves": self.curves,
            "measured": _about_repeating(self.repeated),
            "held_out": None
            if self.held_out is None
            else {name: asdict(found) for name, found in self.held_out.items()},
            "claims": None if self.claims is None else self.claims.facts(),
        }
        return {name: plain(value) for name, value in body.items()}


def evaluate(
    train: Problem,
    test: Problem,
    answer: Answer,
    simpler: Mapping[str, Answer],
    certificate: Mapping[str, object],
    seed: int,
    *,
    repeated: tuple[Problem, Repeated] | None = None,
    claims: Claims | None = None,
    limits: Sequence[GateResult] = (),
    conditions: Conditions | None = None,
) -> Evaluation:
    """Measure, compare and judge.

    Args:
        train: The rows that were learnt from; they set the size of the noise.
        test: The held-out rows.
        answer: Answers rows through the bundle's graph.
        simpler: The simpler models by name, the simplest first.
        certificate: The parity certificate.
        seed: Of bootstrap, noise and shuffles.
        repeated: With few rows: all of them, and what repeated learning answered. The metrics, and so the
            gates, are then of these answers; noise and importances still ask the model itself.
        claims: With too few rows to repeat anything: what is said of them.
        limits: What ``[limits]`` says of the graph, already judged.
        conditions: The operating conditions in the bundle's graph.
    """
    outputs = answer(test.rows)
    groups = alike(test)
    if len(train) + len(test) < FEW_ROWS and not test.is_anomaly:
        metrics = intervals(measured_once(test, outputs, seed), test)
    else:
        metrics = bootstrap(_measures(test, outputs, answer, seed), len(test), groups, seed=seed)
        if test.is_anomaly:
            metrics = without_certainty(metrics, test, outputs, groups)
    judged = _Judged(test, outputs, metrics, None, claims)
    if repeated is None:
        compare_with = _comparisons(test, outputs, simpler, groups, seed)
    else:
        judged = _judged(*repeated, metrics, seed)
        compare_with = [_again(repeated[1], name, seed) for name in simpler if name in judged.simpler]
    by_slice = slices(judged.problem, judged.outputs, slice_columns(judged.problem))
    asked = test.contract.accept.noise
    level = LEVEL if asked is None else asked.level
    spread = np.nan_to_num(np.nanstd(train.rows.numbers.astype(np.float64), axis=0))
    noise = under_noise(test, outputs, answer, spread, level, seed)
    return Evaluation(
        metrics=judged.metrics,
        main=main_metric(test)[0],
        slices=by_slice,
        noise_level=level,
        noise=noise,
        comparisons=compare_with,
        importances=importances(test, answer, seed, conditions),
        gates=judge(test.contract, judged.metrics, by_slice, noise, parity_gate(certificate), limits),
        curves=curves(judged.problem, judged.outputs),
        repeated=None if repeated is None else repeated[1],
        held_out=judged.held_out,
        claims=judged.claims,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """The answers that metrics, slices and curves are made of."""

    problem: Problem
    outputs: Outputs
    metrics: Mapping[str, Interval]
    held_out: Mapping[str, Interval] | None
    claims: Claims | None
    simpler: frozenset[str] = frozenset()


def _judged(problem: Problem, repeated: Repeated, held_out: Mapping[str, Interval], seed: int) -> _Judged:
    """Measure what repeated learning answered, and say what can be claimed."""
    first = repeated.passes[0]
    found = measured(repeated, seed)
    metrics = intervals(found, problem)
    simpler = frozenset.intersection(*(frozenset(one.simpler) for one in repeated.passes))
    against = difference(repeated, DUMMY, seed) if DUMMY in simpler else None
    curve = learning_curve(repeated, len(problem), seed)
    claims = claims_of(problem, repeated, found, metrics, against, curve)
    return _Judged(first.problem, first.outputs, metrics, held_out, claims, simpler)


def _again(repeated: Repeated, name: str, seed: int) -> Comparison:
    """Compare with a simpler model over all passes."""
    first = repeated.passes[0]
    return compared(
        first.problem,
        measure(first.problem, first.outputs),
        measure(first.problem, first.simpler[name]),
        name,
        difference(repeated, name, seed).interval(),
    )


def _about_repeating(repeated: Repeated | None) -> dict[str, object] | None:
    if repeated is None:
        return None
    reuse = repeated.reuse
    return {
        "rows": len(repeated.passes[0].problem),
        "passes": len(repeated.passes),
        "splits": reuse.splits,
        "steps": repeated.steps,
    }


def _measures(
    test: Problem, outputs: Outputs, answer: Answer, seed: int
) -> Callable[[Index], Mapping[str, float]]:
    """Return what measures the rows of an index; of a detector also how many made-up faults it notices."""
    if not test.is_anomaly:
        return lambda index: measure(test, outputs, index)
    noticing = Noticing.measure(test, answer, seed)
    return lambda index: {"detection": noticing.share(index), **measure(test, outputs, index)}


def about_split(split: Split, train: Problem, test: Problem) -> dict[str, object]:
    """Write how the rows were split, as plain JSON values."""
    return {
        "rule": split.rule,
        "note": plain(split.note),
        "train_rows": len(train),
        "held_out_rows": len(test),
        "left_out": [{"reason": plain(item.reason), "rows": item.rows} for item in train.left_out],
    }


def _comparisons(
    test: Problem, outputs: Outputs, simpler: Mapping[str, Answer], groups: Index | None, seed: int
) -> list[Comparison]:
    return [compare(test, outputs, other(test.rows), name, groups, seed) for name, other in simpler.items()]


def _fields(record: Comparison | GateResult) -> dict[str, object]:
    told = {name: getattr(record, name) for name in record.__slots__}
    return told | {"value": None} if isinstance(record, GateResult) and record.metric == TIMED else told
