"""Cut the held-out rows into slices: products, machines, bands of a tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.training.judging import measure
from andamio.training.table import Problem

FEWEST_ROWS = 30
FEWEST_EVENTS = 5
MOST_VALUES = 12


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice and how good the answers are in it.

    Attributes:
        by: The tag that cuts (or the asset column).
        value: Which part.
        rows: How many rows it has.
        events: How many of them are events; for regression all rows.
        metrics: As measured in it.
    """

    by: str
    value: str
    rows: int
    events: int
    metrics: Mapping[str, float]

    @property
    def can_be_judged(self) -> bool:
        """Tell whether the slice holds enough rows and events for a verdict."""
        return self.rows >= FEWEST_ROWS and self.events >= FEWEST_EVENTS


def slice_columns(problem: Problem) -> tuple[str, ...]:
    """Choose what to slice by: what the contract names, else every category and the asset."""
    gates = problem.contract.accept.slices
    if gates is not None:
        return gates.by
    names = [i.name for i in problem.contract.categories]
    if problem.assets is not None and problem.contract.asset:
        names.append(problem.contract.asset)
    return tuple(names)


def slices(problem: Problem, outputs: Outputs, by: Sequence[str]) -> list[Slice]:
    """Measure the answers in every slice of every column of ``by``, each column by itself."""
    found = []
    for name in by:
        for value, inside in _parts(problem, name):
            index = np.flatnonzero(inside)
            events = len(index)
            if problem.positive is not None:
                events = int((problem.target[index] == problem.positive).sum())
            found.append(Slice(name, value, len(index), events, measure(problem, outputs, index)))
    return found


def _parts(problem: Problem, name: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    contract = problem.contract
    categories = [i.name for i in contract.categories]
    numbers = [i.name for i in contract.numbers]
    if name in categories:
        yield from _by_text(problem.rows.categories[:, categories.index(name)])
    elif name in numbers:
        yield from _by_number(problem.rows.numbers[:, numbers.index(name)])
    elif name == contract.asset and problem.assets is not None:
        yield from _by_text(problem.assets)


def _by_text(column: NDArray[np.object_]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    names, counts = np.unique(column.astype(str), return_counts=True)
    for name in sorted(names[np.argsort(-counts, kind="stable")][:MOST_VALUES].tolist()):
        yield name, np.asarray(column.astype(str) == name)


def _by_number(column: NDArray[np.float32]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Cut a number by its values when few, else into four bands of equally many rows."""
    present = column[np.isfinite(column)]
    values = np.unique(present)
    if values.size <= MOST_VALUES:
        for value in values.tolist():
            yield f"{value:g}", column == value
        return
    edges = np.unique(np.quantile(present, [0.0, 0.25, 0.5, 0.75, 1.0]))
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        upper = column <= high if high == edges[-1] else column < high
        yield f"{low:g} – {high:g}", (column >= low) & upper
