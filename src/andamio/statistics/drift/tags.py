"""Which columns of a model are watched for drift, and which only say what the others should be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Kind
from andamio.statistics.drift.context import Table

_LEAST_CHANCE = 1e-4
_MOST_VALUES = 12


def watched_names(contract: Contract) -> tuple[str, ...]:
    """Name the watched columns: the number tags, the values of the categories, then the output.

    What is declared as context is not among them. A value of a category is written ``product=H``; the first
    value is what the others leave.
    """
    context = contract.monitor.context
    numbers = (tag.name for tag in contract.numbers if tag.name not in context)
    values = (f"{tag}={value}" for _, tag, value in _values(contract))
    return (*numbers, *values, contract.output.name)


def watched_table(
    contract: Contract,
    numbers: NDArray[np.floating],
    categories: NDArray[np.object_],
    scores: Table,
    suspect: NDArray[np.bool_] | None = None,
) -> Table:
    """Return the watched columns, shape ``(rows, columns)``; what is suspect is missing.

    A probability is watched on the scale of log odds, where a move from 1 to 2 % counts as one.

    Args:
        contract: Names the tags.
        numbers: Number tags, shape ``(rows, numbers)``.
        categories: Category tags, shape ``(rows, categories)``.
        scores: The one number a prediction that is watched, shape ``(rows,)``.
        suspect: Number tags whose sensor is in doubt, shape ``(rows, numbers)``.
    """
    values = np.array(numbers, dtype=np.float64)
    if suspect is not None:
        values[suspect] = np.nan
    context = contract.monitor.context
    kept = [i for i, tag in enumerate(contract.numbers) if tag.name not in context]
    answer = np.asarray(scores, np.float64)
    if contract.kind is Kind.CLASSIFICATION:
        chance = np.clip(answer, _LEAST_CHANCE, 1 - _LEAST_CHANCE)
        answer = np.log(chance) - np.log1p(-chance)
    shown = [(categories[:, i] == value).astype(np.float64) for i, _, value in _values(contract)]
    return np.column_stack([values[:, kept], *shown, answer])


def context_table(
    contract: Contract, numbers: NDArray[np.floating], categories: NDArray[np.object_]
) -> Table | None:
    """Return the declared context: its numbers, and for each value of its categories but the first 0 or 1.

    Returns:
        Shape ``(rows, context)``; None where nothing is declared.
    """
    declared = contract.monitor.context
    columns = [
        np.asarray(numbers[:, i], np.float64)
        for i, tag in enumerate(contract.numbers)
        if tag.name in declared
    ]
    for i, tag in enumerate(contract.categories):
        if tag.name in declared:
            columns += [(categories[:, i] == value).astype(np.float64) for value in tag.values[1:]]
    return np.column_stack(columns) if columns else None


def _values(contract: Contract) -> list[tuple[int, str, str]]:
    """List the values of categories that are watched: place of the tag, its name, the value."""
    return [
        (i, tag.name, value)
        for i, tag in enumerate(contract.categories)
        if tag.name not in contract.monitor.context and len(tag.values) <= _MOST_VALUES
        for value in tag.values[1:]
    ]
