"""The predictions of an answer as columns, named as the native answer names its fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from andamio.bundles import GraphInfo
from andamio.serving.answers import Prediction
from andamio.serving.carried import Carried

Form = Literal["text", "truth", "number"]
_TEXTS = ("id", "label", "flags")
_TRUTHS = ("decision", "recorded")


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """One column of an answer. Numbers are exact float32; None is a bound that the model does not give."""

    name: str
    form: Form
    values: Sequence[Any]


def answer_columns(predictions: Sequence[Prediction]) -> list[AnswerColumn]:
    """Lay predictions out: a probability a class, flags joined by spaces."""
    columns: list[AnswerColumn] = []
    for name in predictions[0].__struct_fields__:
        values: list[Any] = [getattr(prediction, name) for prediction in predictions]
        if name == "probabilities":
            columns += [
                AnswerColumn(f"probability {label}", "number", [shares[label] for shares in values])
                for label in values[0]
            ]
        elif name == "flags":
            columns.append(AnswerColumn(name, "text", [" ".join(flags) for flags in values]))
        else:
            columns.append(AnswerColumn(name, _form(name), values))
    return columns


def carried_columns(carried: Carried) -> list[AnswerColumn]:
    """Lay an answer out; where several versions may answer, each row names its own."""
    columns = answer_columns(carried.predictions)
    if carried.versions:
        columns.append(AnswerColumn("version", "text", [str(version) for version in carried.versions]))
        quality = ["fallback" if stood_in else "" for stood_in in carried.fallback]
        columns.append(AnswerColumn("quality", "text", quality))
    return columns


def answer_forms(info: GraphInfo) -> Iterator[tuple[str, Form]]:
    """Yield the columns that a model's answers have, before there is one."""
    yield "id", "text"
    if info.kind == "anomaly":
        yield from (("label", "text"), ("decision", "truth"), ("score", "number"), ("health", "number"))
    elif not info.classes:
        yield from (("value", "number"), ("lower", "number"), ("upper", "number"))
    elif info.positive is not None and len(info.classes) == 2:
        yield from (("label", "text"), ("decision", "truth"), ("probability", "number"))
    else:
        yield "label", "text"
        yield from ((f"probability {label}", "number") for label in info.classes)
    yield from (("flags", "text"), ("recorded", "truth"))


def _form(name: str) -> Form:
    if name in _TEXTS:
        return "text"
    return "truth" if name in _TRUTHS else "number"
