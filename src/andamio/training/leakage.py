"""Find the columns that must not be learnt from, and say why, before anything is trained.

Nothing here reads a column's name: renamed, reordered and recoded columns get the same verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.errors import Text, text
from andamio.training.columns import Column, read_column
from andamio.training.giveaways import gives_class_away, gives_number_away
from andamio.training.identifiers import Suspicion, identifier
from andamio.training.target import MOST_CLASSES, label_texts
from andamio.training.timeline import read_times


@dataclass(frozen=True, slots=True)
class Leak:
    """A column that gives away what the model should foretell, or only numbers the rows.

    Attributes:
        column: Its header.
        kind: "gives-away", "identifier", "row-number" or "time".
        reason: A sentence for a person.
        evidence: The numbers behind it, as plain JSON values.
        excluded: True: left out by default. False: a person should say whether it is known before the event.
    """

    column: str
    kind: str
    reason: Text
    evidence: Mapping[str, object]
    excluded: bool = True


def find_leaks(
    frame: pl.DataFrame,
    target: str | None,
    time: str | None = None,
    asset: str | None = None,
    *,
    regression: bool | None = None,
) -> list[Leak]:
    """Find columns that give the target away, identify rows or tell the time.

    Args:
        frame: The raw table; other columns than the future inputs do no harm. Waveforms are not judged.
        target: The column to be foretold; None where nothing is, and only what numbers the rows is found.
        time: The column of the clock, when known; rows are then looked at in its order.
        asset: The column naming the machine, when known; it is not judged.
        regression: Whether the target is a measured number; None guesses by its values.

    Returns:
        One entry per column found, in the order of the table.
    """
    frame = _in_order(frame.select(pl.exclude(pl.List)), time, asset)
    classes, numbers = None, None
    if target is not None:
        known, classes, numbers = _read_target(frame[target], regression)
        frame = frame.filter(pl.Series(known))
    leaks = []
    for name in frame.columns:
        if name in (target, asset):
            continue
        column = read_column(frame[name])
        found = _judge(column, name == time, classes, numbers)
        if found is not None:
            leaks.append(Leak(name, found.kind, found.reason, dict(found.evidence), found.certain))
    return leaks


def _judge(
    column: Column,
    is_clock: bool,
    classes: tuple[NDArray[np.int64], tuple[str, ...]] | None,
    numbers: NDArray[np.float64] | None,
) -> Suspicion | None:
    if is_clock or column.is_moment:
        return Suspicion(
            "time", text("holds dates or times: it orders the rows and is no state of the plant"), {}
        )
    if column.distinct < 2 and column.filled.all():
        return None
    given = None
    if classes is not None:
        given = gives_class_away(column, *classes)
    elif numbers is not None:
        given = gives_number_away(column, numbers)
    if given is not None and given.certain:
        return given
    return identifier(column) or given


def _in_order(frame: pl.DataFrame, time: str | None, asset: str | None) -> pl.DataFrame:
    """Put rows in the order of asset and time, so that an occasion is a run of rows."""
    if time is None or time not in frame.columns:
        return frame
    times = read_times(frame[time])
    names = np.zeros(len(times), dtype=np.int64)
    if asset is not None and asset in frame.columns:
        names = np.unique(
            frame[asset].cast(pl.String).fill_null("").to_numpy().astype(str), return_inverse=True
        )[1]
    return frame[pl.Series(np.lexsort((times, names)))]


def _read_target(
    column: pl.Series, regression: bool | None
) -> tuple[NDArray[np.bool_], tuple[NDArray[np.int64], tuple[str, ...]] | None, NDArray[np.float64] | None]:
    seen = read_column(column)
    if regression is None:
        regression = seen.numbers is not None and _looks_measured(seen)
    if regression:
        numbers = seen.numbers if seen.numbers is not None else np.full(len(column), np.nan)
        known = np.isfinite(numbers)
        return known, None, numbers[known]
    texts = np.array(label_texts(column), dtype=str)
    known = texts != ""
    labels, classes = np.unique(texts[known], return_inverse=True)
    if not 2 <= len(labels) <= MOST_CLASSES:
        return known, None, None
    return known, (classes.astype(np.int64), tuple(str(label) for label in labels)), None


def _looks_measured(column: Column) -> bool:
    values = column.numbers[column.filled] if column.numbers is not None else np.zeros(0)
    return column.distinct > 20 or bool((values != np.round(values)).any())
