"""What normal looks like: the profile of a training table that live rows are later held against.

It is built once, at training, and travels in the bundle as plain arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.runs import by_group, longest_run

QUANTILES = np.linspace(0.005, 0.995, 100)
_PREFIX = "profile."


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The profile of a training table.

    Attributes:
        rows: Rows it was learnt from.
        quantiles: Shape ``(numbers, 100)``, in each tag's unit.
        missing: Share of rows without the tag, shape ``(numbers,)``.
        longest_run: Longest repetition of one value within an asset, shape ``(numbers,)``.
        score_quantiles: Of the prediction (probability of the positive class, or value), shape ``(100,)``.
    """

    rows: int
    quantiles: NDArray[np.float64]
    missing: NDArray[np.float64]
    longest_run: NDArray[np.int64]
    score_quantiles: NDArray[np.float64]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the profile as named arrays, for a bundle's reference."""
        return {_PREFIX + name: np.asarray(getattr(self, name)) for name in self.__slots__}

    @staticmethod
    def is_in(arrays: Mapping[str, NDArray[np.generic]]) -> bool:
        """Tell whether a bundle's reference holds a profile; one that was built by hand may hold none."""
        return _PREFIX + "rows" in arrays

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Profile:
        """Read a profile back from a bundle's reference."""
        plain = {name: arrays[_PREFIX + name] for name in cls.__slots__ if name != "rows"}
        return cls(rows=int(arrays[_PREFIX + "rows"]), **plain)  # type: ignore[arg-type]  # by name


def learn_profile(
    numbers: NDArray[np.float32],
    score: NDArray[np.floating],
    *,
    order: NDArray[np.int64] | None = None,
    assets: Sequence[str | None] | None = None,
) -> Profile:
    """Learn the profile of a training table.

    Args:
        numbers: Shape ``(rows, numbers)``, NaN for missing.
        score: The model's prediction for each row, shape ``(rows,)``.
        order: Row numbers in time order; the table's own order when None.
        assets: The asset of each row.
    """
    rows = len(score)
    order = np.arange(rows) if order is None else order
    ordered, names = numbers[order], [assets[i] for i in order] if assets else [None] * rows
    groups = list(by_group(names).values())
    return Profile(
        rows=rows,
        quantiles=np.array([quantile_profile(column) for column in ordered.T]).reshape(-1, QUANTILES.size),
        missing=np.isnan(ordered).mean(axis=0, dtype=np.float64),
        longest_run=np.array([max(longest_run(column[g]) for g in groups) for column in ordered.T], np.int64),
        score_quantiles=quantile_profile(score),
    )


def quantile_profile(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Summarise values by 100 evenly spaced quantiles, NaN left out.

    Args:
        values: Shape ``(rows,)``.

    Returns:
        Shape ``(100,)``, ascending; all NaN when nothing is left.
    """
    present = np.asarray(values, dtype=np.float64)
    present = present[np.isfinite(present)]
    if present.size == 0:
        return np.full(QUANTILES.size, np.nan)
    return np.asarray(np.quantile(present, QUANTILES))


def codes_of(column: NDArray[np.object_], values: Sequence[str]) -> NDArray[np.int64]:
    """Number the categories of a column; what is missing or unknown has the number after the last."""
    place = {value: i for i, value in enumerate(values)}
    return np.array([place.get(value, len(values)) for value in column], dtype=np.int64)


def watched_score(
    probabilities: NDArray[np.floating] | None, value: NDArray[np.floating] | None
) -> NDArray[np.float64]:
    """Return the one number a prediction that is watched.

    It is the value of a regression, the probability of the second class of two, and the largest
    probability of more.

    Args:
        probabilities: Shape ``(rows, classes)``, or None.
        value: Shape ``(rows,)``, or None.

    Returns:
        Shape ``(rows,)``.
    """
    if value is not None:
        return np.asarray(value, np.float64)
    if probabilities is None:
        return np.zeros(0)
    one = probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities.max(axis=1)
    return np.asarray(one, np.float64)
