"""Finish the graph: features, then a model's score, then the answer a contract promises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import spox
import spox.opset.ai.onnx.v18 as op
from spox import Tensor, Var

from andamio.features.graph import FeatureGraph
from andamio.features.portable import portable, to_bytes
from andamio.features.scores import Score, Writing
from andamio.features.trees import float32_below


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """An answer among classes.

    Attributes:
        probabilities: One column for each class; or one alone, the probability of ``positive``, when
            there are two classes.
        threshold: Two classes: ``positive`` is decided where its probability is at least this much.
            None: the most probable class is decided.
        positive: The index of the class that the threshold is about.
    """

    probabilities: Score
    threshold: float | None = None
    positive: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Regressor:
    """A number with an interval; a limit that a model puts on the wrong side of the value moves to it."""

    value: Score
    lower: Score
    upper: Score


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """How unlike the usual a row is: ``score`` is never negative, and 1 at the limit of an anomaly.

    ``positive`` is the index that is decided for an anomaly; the other of 0 and 1 for all else.
    """

    score: Score
    positive: int = 1


Answer = Classifier | Regressor | Detector


def append_model(graph: FeatureGraph, answer: Answer) -> bytes:
    """Append a model to its feature graph and give the bytes of the one file that answers.

    Outputs: ``features`` float32 ``(rows, F)``; for a classifier ``probabilities`` float32
    ``(rows, K)`` and ``decision`` int64 ``(rows,)``; for a regressor ``value``, ``lower`` and
    ``upper`` float32 ``(rows,)``; for a detector ``score`` and ``health`` float32 and ``decision`` int64,
    ``(rows,)``. Equal graphs and answers give equal bytes.

    Raises:
        ModelRefused: A model that was brought along uses operators outside the standard.
    """
    arguments = _arguments(graph)
    features = spox.inline(graph.model)(**arguments)["features"]
    writing = Writing(arguments, features, graph.names)
    outputs = {"features": features}
    outputs |= _answered(writing, answer)
    return to_bytes(portable(spox.build(arguments, outputs)))


def _arguments(graph: FeatureGraph) -> dict[str, Var]:
    types = {"numbers": np.float32, "categories": np.str_, "signals": np.float32}
    return {
        i.name: spox.argument(Tensor(types[i.name], ("rows", i.type.tensor_type.shape.dim[1].dim_value)))
        for i in graph.model.graph.input
    }


def _answered(writing: Writing, answer: Answer) -> dict[str, Var]:
    if isinstance(answer, Classifier):
        return _classify(writing, answer)
    return _detect(writing, answer) if isinstance(answer, Detector) else _regress(writing, answer)


def _classify(writing: Writing, answer: Classifier) -> dict[str, Var]:
    given = writing.write(answer.probabilities)
    alone = answer.probabilities.width == 1
    chances = _both(given, answer.positive) if alone else given
    if answer.threshold is None:
        return {"probabilities": chances, "decision": op.arg_max(chances, axis=1, keepdims=0)}
    chance = given if alone else op.gather(chances, op.const(np.array([answer.positive])), axis=1)
    # The least float32 not below the threshold: float32 chances then compare as they would in double.
    least = op.const(np.float32(-float32_below(-answer.threshold)))
    first = op.greater_or_equal(chance, least) if answer.positive == 1 else op.less(chance, least)
    return {"probabilities": chances, "decision": _column(op.cast(first, to=np.int64))}


def _both(chance: Var, positive: int) -> Var:
    """Put the chance of the other class beside a chance, in one node: ``[1 - p, p]``."""
    signs, start = ([[-1.0, 1.0]], [1.0, 0.0]) if positive == 1 else ([[1.0, -1.0]], [0.0, 1.0])
    return op.gemm(chance, op.const(np.array(signs, np.float32)), op.const(np.array(start, np.float32)))


def _column(values: Var) -> Var:
    return op.reshape(values, op.const(np.array([-1])))


def _regress(writing: Writing, answer: Regressor) -> dict[str, Var]:
    value, lower, upper = (
        _column(writing.write(score)) for score in (answer.value, answer.lower, answer.upper)
    )
    return {"value": value, "lower": op.min([lower, value]), "upper": op.max([upper, value])}


def _detect(writing: Writing, answer: Detector) -> dict[str, Var]:
    """Write score, decision and health, which is ``100 / (1 + score**4)``: 100 at rest, 50 at the limit."""
    score = _column(writing.write(answer.score))
    limit = op.const(np.float32(1))
    apart = op.greater_or_equal(score, limit) if answer.positive == 1 else op.less(score, limit)
    decision = op.cast(apart, to=np.int64)
    square = op.mul(score, score)
    worn = op.add(op.mul(square, square), op.const(np.float32(1)))
    return {"score": score, "decision": decision, "health": op.div(op.const(np.float32(100)), worn)}
