"""Recognise columns that name or number rows: they tell the order of the file, not the state of the plant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.errors import Text, text
from andamio.training.columns import Column

FEWEST_ROWS = 16
SURPRISE = 10.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a column should not be learnt from; ``certain`` excludes it, else a person is asked."""

    kind: str
    reason: Text
    evidence: Mapping[str, object]
    certain: bool = True


def identifier(column: Column) -> Suspicion | None:
    """Tell whether a column names or numbers the rows.

    A text is an identifier when most rows have their own. A number is one when its values lie on a grid and
    hardly ever repeat although chance alone would repeat many: of ``n`` values drawn from ``R`` grid points
    about ``n**2 / (2 R)`` pairs are equal (the birthday problem), so a measured quantity cannot do that.
    """
    rows = int(column.filled.sum())
    if rows < FEWEST_ROWS or column.is_moment:
        return None
    if column.numbers is None:
        return _named(column, rows)
    values = column.numbers[column.filled]
    return _counter(values) or _numbered(values)


def _named(column: Column, rows: int) -> Suspicion | None:
    if column.distinct < 0.5 * rows:
        return None
    return Suspicion(
        "identifier",
        text(
            "names the rows: {distinct} different texts in {rows} rows", distinct=column.distinct, rows=rows
        ),
        {"distinct": column.distinct, "rows": rows},
    )


def _counter(values: NDArray[np.float64]) -> Suspicion | None:
    """Recognise a count that rises with the rows by one step or stays: a row, batch or experiment number."""
    steps = np.diff(values)
    rises = steps[steps != 0]
    if rises.size < 4 or (rises <= 0).any():
        return None
    if not np.allclose(rises, rises[0], rtol=1e-6) or not _on_grid(values, float(rises[0])):
        return None
    return Suspicion(
        "row-number",
        text("counts upwards with the rows of the file: a row or batch number"),
        {"levels": int(rises.size) + 1, "rows": int(values.size)},
        certain=bool(2 * (rises.size + 1) > values.size),
    )


def _numbered(values: NDArray[np.float64]) -> Suspicion | None:
    distinct = np.unique(values)
    if distinct.size < 0.9 * values.size or distinct.size < FEWEST_ROWS:
        return None
    step = float(np.diff(distinct).min())
    if not _on_grid(distinct, step):
        return None
    grid = (distinct[-1] - distinct[0]) / step + 1.0
    expected = values.size**2 / (2.0 * grid)
    observed = values.size - distinct.size
    if expected < SURPRISE or observed > 0.1 * expected:
        return None
    return Suspicion(
        "identifier",
        text(
            "numbers the rows: {distinct} different values in {rows} rows",
            distinct=distinct.size,
            rows=values.size,
        ),
        {
            "distinct": int(distinct.size),
            "rows": int(values.size),
            "repeats_by_chance": round(float(expected), 1),
        },
    )


def _on_grid(values: NDArray[np.float64], step: float) -> bool:
    places = (values - values[0]) / step
    return bool(np.abs(places - np.round(places)).max() < 1e-3)
