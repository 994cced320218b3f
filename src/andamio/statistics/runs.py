"""How long a tag repeats exactly the same value: a healthy sensor seldom does, a stuck one only does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def longest_run(values: NDArray[np.floating]) -> int:
    """Count the longest run of one value repeated; NaN ends a run.

    >>> longest_run(np.array([1.0, 2.0, 2.0, 2.0, 3.0]))
    3
    """
    present = np.asarray(values)
    if present.size == 0:
        return 0
    same = present[1:] == present[:-1]
    breaks = np.flatnonzero(~same)
    edges = np.concatenate(([-1], breaks, [present.size - 1]))
    longest = int(np.diff(edges).max())
    return longest if longest > 1 or np.isfinite(present).any() else 0


def last_run(values: NDArray[np.floating]) -> int:
    """Count how many times the last value has been repeated, itself included.

    >>> last_run(np.array([1.0, 2.0, 2.0]))
    2
    """
    present = np.asarray(values)
    if present.size == 0:
        return 0
    differs = np.flatnonzero(present != present[-1])
    if not np.isfinite(present[-1]):
        return 0
    return int(present.size - 1 - (differs[-1] if differs.size else -1))


def by_group(groups: Sequence[str | None]) -> dict[str, NDArray[np.int64]]:
    """Return the row numbers of each group, in order; rows without one share the group "".

    >>> {g: rows.tolist() for g, rows in by_group(["b", "a", "b"]).items()}
    {'a': [1], 'b': [0, 2]}
    """
    names = np.array([group or "" for group in groups], dtype=object)
    return {str(name): np.flatnonzero(names == name) for name in sorted(set(names.tolist()))}
