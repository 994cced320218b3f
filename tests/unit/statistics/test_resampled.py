from __future__ import annotations

import math

import numpy as np
import pytest

from andamio.statistics.intervals import Interval
from andamio.statistics.resampled import (
    Reuse,
    plain_interval,
    pseudo_values,
    share_interval,
    size_interval,
    sum_interval,
)

ONCE = Reuse(splits=50, folds=50, ratio=0.0)


def test_more_passes_over_the_same_rows_never_make_the_interval_as_narrow_as_new_rows_would():
    inflations = [Reuse(splits=5 * n, folds=5, ratio=0.25).inflation for n in (1, 4, 1000)]
    assert inflations == pytest.approx([2.25, 1.5, 1.25], abs=0.01)


def test_two_missed_events_do_not_prove_that_all_are_missed():
    found = share_interval(0.0, 0.0, 2.0, ONCE)
    assert found.low == 0.0
    assert 0.8 < found.high < 0.9


def test_rows_that_were_used_again_count_less():
    reused = share_interval(0.9, 0.0, 40.0, Reuse(splits=20, folds=5, ratio=0.25))
    fresh = share_interval(0.9, 0.0, 40.0, ONCE)
    assert reused.low < fresh.low < 0.9 < fresh.high < reused.high


def test_a_share_of_nothing_may_be_anything():
    found = share_interval(math.nan, math.nan, 0.0, ONCE)
    assert (found.low, found.high) == (0.0, 1.0)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_binomial_shares_are_held_at_least_as_often_as_promised(share):
    rng = np.random.default_rng(0)
    held = []
    for hits in rng.binomial(30, share, 400):
        value = hits / 30
        found = share_interval(value, value * (1 - value) / 30, 30.0, ONCE)
        held.append(found.low <= share <= found.high)
    assert np.mean(held) >= 0.92


def test_an_error_is_as_many_times_larger_as_smaller_and_never_negative():
    found = size_interval(2.0, 1.0, ONCE)
    assert 0 < found.low < 2 < found.high
    assert found.high / 2 == pytest.approx(2 / found.low)


def test_a_difference_reaches_as_far_to_both_sides():
    found = plain_interval(0.1, 0.01, ONCE)
    assert found.high - 0.1 == pytest.approx(0.1 - found.low)
    assert found.low < 0 < found.high


def test_a_sum_is_less_unsure_than_the_sum_of_its_ends():
    one = Interval(1.0, 0.0, 3.0)
    found = sum_interval([(1.0, one), (1.0, one)])
    assert found.low == pytest.approx(2 - math.sqrt(2))
    assert found.high == pytest.approx(2 + math.sqrt(8))


def test_pseudo_values_of_a_mean_are_the_means_of_its_parts():
    parts = np.array([[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]])
    without = np.array([np.delete(parts, i, axis=0).mean() for i in range(3)])
    assert pseudo_values(parts.mean(), without) == pytest.approx(parts.mean(axis=1))
