"""Read the column that the model must answer: class labels with the one that matters, or numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Kind
from andamio.errors import Fault, TrainingDataRefused, text

MOST_CLASSES = 50
UNNAMED = ("normal", "anomaly")
POSITIVE_WORDS = frozenset(
    (
        *("1", "true", "t", "yes", "y", "si", "sí", "s", "positive", "positivo", "alarm", "alarma"),
        *("failure", "fail", "failed", "fault", "faulty", "falla", "fallo", "fallado", "falló"),
        *("anomaly", "anomalous", "anomalía", "anomalia", "defect", "defective", "defecto", "defectuoso"),
        *("bad", "malo", "worn", "desgastado", "broken", "roto", "reject", "rechazado", "ng", "nok"),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """The target of every row of a table.

    Attributes:
        values: Shape ``(rows,)``: the class index (int64, -1 where empty) or the number (float64, NaN).
        classes: Labels in order of their index; empty for regression.
        positive: Index of the class that the gates and the threshold speak of; None unless there are two.
        known: Shape ``(rows,)``: True where there is a usable target.
        unreadable: How many cells held something that is not a number (regression only).
    """

    values: NDArray[np.int64] | NDArray[np.float64]
    classes: tuple[str, ...]
    positive: int | None
    known: NDArray[np.bool_]
    unreadable: int = 0


def read_target(column: pl.Series, contract: Contract) -> Target:
    """Read a target column by the kind of the contract.

    Raises:
        TrainingDataRefused: One class only, too many classes, an unknown ``positive``, no number at all.
    """
    if contract.kind is Kind.REGRESSION:
        return _numbers(column, contract)
    if contract.kind is Kind.ANOMALY:
        return _known_anomalies(column, contract)
    return _labels(column, contract)


def nothing_known(rows: int) -> Target:
    """Return the target of a history that nobody labelled: every row is presumed to be usual."""
    return Target(np.zeros(rows, np.int64), UNNAMED, 1, np.ones(rows, np.bool_))


def label_texts(column: pl.Series) -> list[str]:
    """Write every cell of a label column as text: 1, 1.0 and true are "1", "1" and "true"; empty is ""."""
    if column.dtype == pl.Boolean:
        return ["" if v is None else "true" if v else "false" for v in column.to_list()]
    if column.dtype.is_numeric():
        return [
            "" if v is None or math.isnan(v) else f"{v:g}" if float(v) != int(v) else str(int(v))
            for v in column.to_list()
        ]
    return ["" if v is None else tidy(str(v)) for v in column.to_list()]


def positive_class(classes: Sequence[str], counts: Sequence[int]) -> int:
    """Choose which of two labels is the event: the one named like one (1, yes, falla), else the rarer."""
    named = [i for i, label in enumerate(classes) if label.casefold() in POSITIVE_WORDS]
    if len(named) == 1:
        return named[0]
    return int(np.argmin(counts))


def tidy(cell: str) -> str:
    """Write a label in one way: without spaces around it, a whole number without decimals."""
    cell = cell.strip()
    try:
        value = float(cell)
    except ValueError:
        return cell
    return str(int(value)) if value.is_integer() else cell


def _labels(column: pl.Series, contract: Contract) -> Target:
    labels = label_texts(column)
    classes = _ordered(set(labels) - {""})
    _check_classes(classes, contract)
    place = {label: i for i, label in enumerate(classes)} | {"": -1}
    values = np.array([place[label] for label in labels], dtype=np.int64)
    known = values >= 0
    positive = None
    if len(classes) == 2:
        positive = _declared_positive(contract, classes)
        if positive is None:
            positive = positive_class(classes, np.bincount(values[known], minlength=2).tolist())
    return Target(values, classes, positive, known)


def _known_anomalies(column: pl.Series, contract: Contract) -> Target:
    """Read which rows are known anomalies; where the column is empty, a row is presumed to be usual."""
    labels = label_texts(column)
    found = _ordered(set(labels) - {""})
    if not found:
        return nothing_known(len(labels))
    if len(found) > 2:
        raise _refused(
            contract,
            Fault(
                "training-data",
                text(
                    'the target "{target}" holds {count} different labels',
                    target=contract.target,
                    count=len(found),
                ),
                why=text("a row is either usual or a known anomaly"),
                fix=text('name a column with two labels, or write kind = "classification" in [model]'),
            ),
        )
    if len(found) == 1:
        event = _is_event(found[0], contract)
        classes: tuple[str, ...] = ("normal", found[0]) if event else (found[0], "anomaly")
        positive = 1
    else:
        counts = [labels.count(label) for label in found]
        declared = _declared_positive(contract, found)
        classes, positive = found, positive_class(found, counts) if declared is None else declared
    usual = 1 - positive
    values = np.array([positive if label == classes[positive] else usual for label in labels], np.int64)
    return Target(values, classes, positive, np.ones(len(labels), np.bool_))


def _is_event(label: str, contract: Contract) -> bool:
    """Tell whether the only label of a column names the anomaly."""
    declared = contract.positive
    if declared is not None:
        return tidy(declared).casefold() == label.casefold()
    return label.casefold() in POSITIVE_WORDS


def _ordered(labels: set[str]) -> tuple[str, ...]:
    def key(label: str) -> tuple[int, float, str]:
        try:
            return (0, float(label), label)
        except ValueError:
            return (1, 0.0, label)

    return tuple(sorted(labels, key=key))


def _check_classes(classes: Sequence[str], contract: Contract) -> None:
    if len(classes) < 2:
        raise _refused(
            contract,
            Fault(
                "training-data",
                text(
                    'the target "{target}" holds {count} class only',
                    target=contract.target,
                    count=len(classes),
                ),
                why=text("a classifier learns from rows of at least two classes"),
                fix=text("add history in which the event happened, or name another column in [model] target"),
            ),
        )
    if len(classes) > MOST_CLASSES:
        raise _refused(
            contract,
            Fault(
                "training-data",
                text(
                    'the target "{target}" holds {count} different labels',
                    target=contract.target,
                    count=len(classes),
                ),
                why=text(
                    "a classifier takes at most {most} classes; this looks like a measured number",
                    most=MOST_CLASSES,
                ),
                fix=text('write kind = "regression" in [model], or name another column in [model] target'),
            ),
        )


def _declared_positive(contract: Contract, classes: Sequence[str]) -> int | None:
    if contract.positive is None:
        return None
    wanted = tidy(contract.positive).casefold()
    for i, label in enumerate(classes):
        if label.casefold() == wanted:
            return i
    raise _refused(
        contract,
        Fault(
            "training-data",
            text(
                'positive = "{label}" is not a label of "{target}"',
                label=contract.positive,
                target=contract.target,
            ),
            why=text("the labels are {labels}", labels=", ".join(classes)),
            fix=text("write one of these labels in [model] positive"),
        ),
    )


def _numbers(column: pl.Series, contract: Contract) -> Target:
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        numbers = column.cast(pl.Float64)
    else:
        numbers = column.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    values = numbers.fill_null(float("nan")).to_numpy().astype(np.float64)
    known = np.isfinite(values)
    filled = (
        column.is_not_null().to_numpy()
        & (column.cast(pl.String).fill_null("").str.strip_chars() != "").to_numpy()
    )
    if known.sum() == 0:
        raise _refused(
            contract,
            Fault(
                "training-data",
                text('the target "{target}" holds no number', target=contract.target),
                fix=text(
                    'write kind = "classification" in [model], or name another column in [model] target'
                ),
            ),
        )
    return Target(values, (), None, known, int((filled & ~known).sum()))


def _refused(contract: Contract, fault: Fault) -> TrainingDataRefused:
    return TrainingDataRefused(
        text("{model} cannot be trained on dataset {data}", model=contract.name, data=contract.data),
        faults=[fault],
    )
