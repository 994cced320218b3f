from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.statistics.histograms import (
    BinMismatch,
    count_categories,
    histogram,
    moments,
    quantile_edges,
)

values = st.lists(st.floats(-1e3, 1e3, width=32) | st.just(float("nan")), max_size=60)


@given(values, values)
def test_counting_parts_and_adding_is_counting_the_whole(one, other):
    edges = np.linspace(-100, 100, 9)
    parts = histogram(np.array(one), edges) + histogram(np.array(other), edges)
    whole = histogram(np.array(one + other), edges)
    assert parts.counts.tolist() == whole.counts.tolist()
    assert (parts.under, parts.over, parts.missing) == (whole.under, whole.over, whole.missing)
    assert whole.total == len(one) + len(other)


@given(values, values)
def test_moments_of_parts_add_up(one, other):
    parts = moments(np.array(one)) + moments(np.array(other))
    whole = moments(np.array(one + other))
    assert parts.count == whole.count
    if whole.count:
        assert parts.mean == pytest.approx(whole.mean, abs=1e-6)
        assert parts.deviation == pytest.approx(whole.deviation, abs=1e-6)
        assert (parts.low, parts.high) == (whole.low, whole.high)


def test_bins_by_quantiles_hold_about_as_many_values():
    sample = np.random.default_rng(0).lognormal(size=1000)
    counts = histogram(sample, quantile_edges(sample, 10)).counts
    assert counts.sum() == 1000
    assert counts.min() >= 99


def test_a_constant_still_has_a_bin():
    assert histogram(np.full(5, 7.0), quantile_edges(np.full(5, 7.0))).counts.tolist() == [5]


def test_other_edges_cannot_be_compared():
    one, other = (histogram(np.zeros(3), np.linspace(0, high, 21)) for high in (1, 2))
    with pytest.raises(BinMismatch):
        one + other


def test_categories_are_counted_with_others_and_missing_apart():
    assert count_categories(["H", "L", "", "H", "Z"], ["H", "L", "M"]).tolist() == [2, 1, 0, 1, 1]
