"""What a prediction looks like when it is answered: one shape for one row and for many.

    {"model": "pump-health", "version": 3, "predictions": [
        {"id": "68f0…-1", "label": "failure", "decision": true, "probability": 0.91,
         "flags": ["ambient_temp:imputed"], "recorded": true}]}

Two classes: ``label``, ``decision`` (is it the positive class?) and ``probability`` of the positive
class. More classes: ``label`` and ``probabilities`` by label. A number: ``value`` with ``lower`` and
``upper``, null where the model gives no interval. An anomaly: ``label``, ``decision`` (is it one?), ``score``
(never negative, 1 is the limit) and ``health`` (100 as good as ever, 50 at the limit, 0 worst). The
predictions keep the order of the rows sent.
Numbers are the graph's float32 outputs, written exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs

Column = Sequence[Any] | NDArray[Any]


class TwoClassPrediction(msgspec.Struct, frozen=True, gc=False):
    """The answer to one row of a model of two classes."""

    id: str
    label: str
    decision: bool
    probability: float
    flags: tuple[str, ...]
    recorded: bool


class ClassPrediction(msgspec.Struct, frozen=True):
    """The answer to one row of a model of several classes."""

    id: str
    label: str
    probabilities: dict[str, float]
    flags: tuple[str, ...]
    recorded: bool


class AnomalyPrediction(msgspec.Struct, frozen=True, gc=False):
    """The answer to one row of a model that watches a machine nobody labelled."""

    id: str
    label: str
    decision: bool
    score: float
    health: float
    flags: tuple[str, ...]
    recorded: bool


class ValuePrediction(msgspec.Struct, frozen=True, gc=False):
    """The answer to one row of a model that predicts a number."""

    id: str
    value: float
    lower: float | None
    upper: float | None
    flags: tuple[str, ...]
    recorded: bool


Prediction = TwoClassPrediction | ClassPrediction | AnomalyPrediction | ValuePrediction


class Answerer(Protocol):
    """Puts the outputs of a graph into the words of an answer."""

    def __call__(
        self, ids: Sequence[str], outputs: Outputs, flags: Sequence[tuple[str, ...]], *, recorded: bool
    ) -> Sequence[Prediction]:
        """Write one prediction for each row."""
        ...


def answerer(info: GraphInfo) -> Answerer:
    """Choose the shape of a model's answers, once, when it is loaded."""
    if info.kind == "anomaly":
        return _Anomalies(info.classes, info.positive)
    if not info.classes:
        return _values
    if info.positive is not None and len(info.classes) == 2:
        return _TwoClasses(info.classes, info.positive)
    return _Classes(info.classes)


class _Anomalies:
    def __init__(self, classes: Sequence[str], positive: int | None) -> None:
        self._classes = tuple(classes)
        self._positive = positive

    def __call__(
        self, ids: Sequence[str], outputs: Outputs, flags: Sequence[tuple[str, ...]], *, recorded: bool
    ) -> list[Prediction]:
        return [
            AnomalyPrediction(
                name, self._classes[chosen], chosen == self._positive, score, health, flag, recorded
            )
            for name, chosen, score, health, flag in zip(
                ids,
                _there(outputs.decision).tolist(),
                _there(outputs.value).tolist(),
                _there(outputs.health).tolist(),
                flags,
                strict=True,
            )
        ]


class _TwoClasses:
    def __init__(self, classes: Sequence[str], positive: int) -> None:
        self._classes = tuple(classes)
        self._positive = positive

    def __call__(
        self, ids: Sequence[str], outputs: Outputs, flags: Sequence[tuple[str, ...]], *, recorded: bool
    ) -> list[Prediction]:
        classes, positive = self._classes, self._positive
        shares: list[list[float]] = _there(outputs.probabilities).tolist()
        decisions: list[int] = _there(outputs.decision).tolist()
        return [
            TwoClassPrediction(name, classes[chosen], chosen == positive, share[positive], flag, recorded)
            for name, chosen, share, flag in zip(ids, decisions, shares, flags, strict=True)
        ]


class _Classes:
    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)

    def __call__(
        self, ids: Sequence[str], outputs: Outputs, flags: Sequence[tuple[str, ...]], *, recorded: bool
    ) -> list[Prediction]:
        classes = self._classes
        return [
            ClassPrediction(name, classes[chosen], dict(zip(classes, chances, strict=True)), flag, recorded)
            for name, chosen, chances, flag in zip(
                ids,
                _there(outputs.decision).tolist(),
                _there(outputs.probabilities).tolist(),
                flags,
                strict=True,
            )
        ]


def _values(
    ids: Sequence[str], outputs: Outputs, flags: Sequence[tuple[str, ...]], *, recorded: bool
) -> list[Prediction]:
    nothing: list[Any] = [None] * len(ids)
    lower = nothing if outputs.lower is None else outputs.lower.tolist()
    upper = nothing if outputs.upper is None else outputs.upper.tolist()
    return [
        ValuePrediction(name, value, low, high, flag, recorded)
        for name, value, low, high, flag in zip(
            ids, _there(outputs.value).tolist(), lower, upper, flags, strict=True
        )
    ]


def answer_columns(
    info: GraphInfo, ids: Sequence[str], outputs: Outputs, flags: Sequence[tuple[str, ...]]
) -> dict[str, Column]:
    """Lay the same answers out as columns, for files: probabilities spread, flags joined by spaces."""
    columns: dict[str, Column] = {"id": ids}
    if info.kind == "anomaly":
        decisions = _there(outputs.decision)
        columns["label"] = np.array(info.classes, object)[decisions]
        columns["decision"] = decisions == info.positive
        columns |= {"score": _there(outputs.value), "health": _there(outputs.health)}
    elif info.classes:
        decisions = _there(outputs.decision)
        columns["label"] = np.array(info.classes, object)[decisions]
        shares = _there(outputs.probabilities)
        if info.positive is not None and len(info.classes) == 2:
            columns["decision"] = decisions == info.positive
            columns["probability"] = shares[:, info.positive]
        else:
            columns |= {f"probability {label}": shares[:, place] for place, label in enumerate(info.classes)}
    else:
        nothing: list[None] = [None] * len(ids)
        columns["value"] = _there(outputs.value)
        columns["lower"] = nothing if outputs.lower is None else outputs.lower
        columns["upper"] = nothing if outputs.upper is None else outputs.upper
    columns["flags"] = [" ".join(flag) for flag in flags] if any(flags) else [""] * len(ids)
    columns["recorded"] = np.ones(len(ids), np.bool_)
    return columns


def _there(answer: NDArray[np.generic] | None) -> NDArray[np.generic]:
    if answer is None:
        raise TypeError("a graph without this answer cannot have been loaded")
    return answer
