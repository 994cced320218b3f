"""Repeated values are counted as a person would count them."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.statistics.runs import by_group, last_run, longest_run

NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "longest", "last"),
    [
        ([], 0, 0),
        ([1], 1, 1),
        ([1, 2, 3], 1, 1),
        ([1, 1, 2], 2, 1),
        ([1, 2, 2, 2], 3, 3),
        ([2, 2, NAN, 2, 2, 2, 1], 3, 1),
        ([5, 5, NAN], 2, 0),
        ([NAN, NAN], 0, 0),
    ],
)
def test_runs_are_counted(values: list[float], longest: int, last: int) -> None:
    assert longest_run(np.array(values, dtype=float)) == longest
    assert last_run(np.array(values, dtype=float)) == last


def test_rows_without_a_group_share_one() -> None:
    groups = by_group(["a", None, "a", None])
    assert {name: rows.tolist() for name, rows in groups.items()} == {"": [1, 3], "a": [0, 2]}
