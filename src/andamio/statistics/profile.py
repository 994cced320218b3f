"""What normal looks like: the profile of a training table that live rows are later held against.

It is built once, at training, and travels in the bundle as plain arrays. Everything a limit depends on is
learnt here through the functions that the monitor calls on live rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.runs import by_group, longest_run
from andamio.statistics.shift import category_limits, quantile_profile, shares, tag_limits

_PREFIX = "profile."


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The profile of a training table.

    Attributes:
        rows: Rows it was learnt from.
        quantiles: Shape ``(numbers, 100)``, in each tag's unit.
        limits: Shape ``(numbers, block sizes)``: how far blocks of history lie from the whole.
        missing: Share of rows without the tag, shape ``(numbers,)``.
        longest_run: Longest repetition of one value within an asset, shape ``(numbers,)``.
        shares: One array per category input: the share of each declared value, the last for all others.
        share_limits: Shape ``(categories, block sizes)``.
        score_quantiles: Of the prediction (probability of the positive class, or value), shape ``(100,)``.
        score_limits: Shape ``(block sizes,)``.
    """

    rows: int
    quantiles: NDArray[np.float64]
    limits: NDArray[np.float64]
    missing: NDArray[np.float64]
    longest_run: NDArray[np.int64]
    shares: tuple[NDArray[np.float64], ...]
    share_limits: NDArray[np.float64]
    score_quantiles: NDArray[np.float64]
    score_limits: NDArray[np.float64]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the profile as named arrays, for a bundle's reference."""
        named: dict[str, NDArray[np.generic]] = {
            _PREFIX + name: np.asarray(getattr(self, name)) for name in self.__slots__ if name != "shares"
        }
        return named | {f"{_PREFIX}shares.{i}": shares for i, shares in enumerate(self.shares)}

    @staticmethod
    def is_in(arrays: Mapping[str, NDArray[np.generic]]) -> bool:
        """Tell whether a bundle's reference holds a profile; one that was built by hand may hold none."""
        return _PREFIX + "rows" in arrays

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Profile:
        """Read a profile back from a bundle's reference."""
        plain = {name: arrays[_PREFIX + name] for name in cls.__slots__ if name not in {"rows", "shares"}}
        kinds = sum(name.startswith(_PREFIX + "shares.") for name in arrays)
        shares = tuple(np.asarray(arrays[f"{_PREFIX}shares.{i}"], np.float64) for i in range(kinds))
        return cls(rows=int(arrays[_PREFIX + "rows"]), shares=shares, **plain)  # type: ignore[arg-type]  # by name


def learn_profile(
    numbers: NDArray[np.float32],
    categories: NDArray[np.object_],
    values: Sequence[Sequence[str]],
    score: NDArray[np.floating],
    *,
    order: NDArray[np.int64] | None = None,
    assets: Sequence[str | None] | None = None,
) -> Profile:
    """Learn the profile of a training table.

    Args:
        numbers: Shape ``(rows, numbers)``, NaN for missing.
        categories: Shape ``(rows, categories)``, "" for missing.
        values: The declared values of each category input.
        score: The model's prediction for each row, shape ``(rows,)``.
        order: Row numbers in time order; the table's own order when None.
        assets: The asset of each row.
    """
    rows = len(score)
    order = np.arange(rows) if order is None else order
    ordered, names = numbers[order], [assets[i] for i in order] if assets else [None] * rows
    groups = list(by_group(names).values())
    codes = [codes_of(categories[order, i], known) for i, known in enumerate(values)]
    return Profile(
        rows=rows,
        quantiles=_rows([quantile_profile(column) for column in ordered.T], 100),
        limits=_rows([tag_limits(column) for column in ordered.T], 0),
        missing=np.isnan(ordered).mean(axis=0, dtype=np.float64),
        longest_run=np.array([max(longest_run(column[g]) for g in groups) for column in ordered.T], np.int64),
        shares=tuple(shares(code, len(known) + 1) for code, known in zip(codes, values, strict=True)),
        share_limits=_rows(
            [category_limits(code, len(known) + 1) for code, known in zip(codes, values, strict=True)], 0
        ),
        score_quantiles=quantile_profile(score),
        score_limits=tag_limits(np.asarray(score)[order]),
    )


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


def _rows(arrays: list[NDArray[np.float64]], width: int) -> NDArray[np.float64]:
    return np.stack(arrays) if arrays else np.zeros((0, width))
