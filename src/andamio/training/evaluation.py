"""Evaluate a candidate on rows that tuning never saw, through the very graph that will answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from andamio.bundles import Outputs
from andamio.statistics.intervals import Interval, bootstrap
from andamio.training.anomaly.measuring import Noticing
from andamio.training.comparison import Comparison, compare
from andamio.training.curves import curves
from andamio.training.gates import GateResult, deployable, judge, parity_gate
from andamio.training.importance import Importance, importances
from andamio.training.judging import Answer, main_metric, measure, plain
from andamio.training.noise import LEVEL, under_noise
from andamio.training.slices import Slice, slice_columns, slices
from andamio.training.splits import Split
from andamio.training.table import Index, Problem

TIME_BLOCKS = 30
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
        }
        return {name: plain(value) for name, value in body.items()}


def evaluate(
    train: Problem,
    test: Problem,
    answer: Answer,
    simpler: Mapping[str, Answer],
    certificate: Mapping[str, object],
    seed: int,
) -> Evaluation:
    """Measure, compare and judge.

    Args:
        train: The rows that were learnt from; they set the size of the noise.
        test: The held-out rows.
        answer: Answers rows through the bundle's graph.
        simpler: The simpler models by name, the simplest first.
        certificate: The parity certificate.
        seed: Of bootstrap, noise and shuffles.
    """
    outputs = answer(test.rows)
    groups = alike(test)
    measured = _measures(test, outputs, answer, seed)
    metrics = bootstrap(measured, len(test), groups, seed=seed)
    by_slice = slices(test, outputs, slice_columns(test))
    asked = test.contract.accept.noise
    level = LEVEL if asked is None else asked.level
    spread = np.nan_to_num(np.nanstd(train.rows.numbers.astype(np.float64), axis=0))
    noise = under_noise(test, outputs, answer, spread, level, seed)
    return Evaluation(
        metrics=metrics,
        main=main_metric(test)[0],
        slices=by_slice,
        noise_level=level,
        noise=noise,
        comparisons=_comparisons(test, outputs, simpler, groups, seed),
        importances=importances(test, answer, seed),
        gates=judge(test.contract, metrics, by_slice, noise, parity_gate(certificate)),
        curves=curves(test, outputs),
    )


def _measures(
    test: Problem, outputs: Outputs, answer: Answer, seed: int
) -> Callable[[Index], Mapping[str, float]]:
    """Return what measures the rows of an index; of a detector also how many made-up faults it notices."""
    if not test.is_anomaly:
        return lambda index: measure(test, outputs, index)
    noticing = Noticing.measure(test, answer, seed)
    return lambda index: {"detection": noticing.share(index), **measure(test, outputs, index)}


def alike(problem: Problem) -> Index | None:
    """Group rows that are alike: of one asset, of one stretch of time, or copies; None if none are."""
    if problem.assets is not None and len(set(problem.assets.tolist())) >= 5:
        return np.unique(problem.assets.astype(str), return_inverse=True)[1].astype(np.int64)
    if problem.times is not None:
        order = np.argsort(problem.times, kind="stable")
        blocks = np.empty(len(problem), dtype=np.int64)
        blocks[order] = np.arange(len(problem)) * min(TIME_BLOCKS, len(problem)) // len(problem)
        return blocks
    return problem.copies if len(np.unique(problem.copies)) < len(problem) else None


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
    return {name: getattr(record, name) for name in record.__slots__}
