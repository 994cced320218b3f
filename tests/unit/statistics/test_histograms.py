from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.statistics.histograms import (
    BinMismatch,
    count_categories,
    histogram,
    linear_edges,
    moments,
    population_stability,
    quantile_edges,
)

values = st.lists(st.floats(-1e3, 1e3, width=32) | st.just(float("nan")), max_size=60)


@given(values, values)
def test_counting_parts_and_adding_is_counting_the_whole(one, other):
    edges = linear_edges(-100, 100, 8)
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


def test_stability_is_zero_for_the_same_and_grows_with_the_move():
    sample = np.random.default_rng(0).normal(size=2000)
    edges = quantile_edges(sample, 10)
    before = histogram(sample, edges)
    assert population_stability(before, before) == 0.0
    moves = [population_stability(before, histogram(sample + step, edges)) for step in (0.2, 0.5, 1.0)]
    assert 0 < moves[0] < moves[1] < moves[2]


def test_without_drift_stability_is_about_what_its_docstring_says():
    rng = np.random.default_rng(1)
    edges = np.quantile(rng.normal(size=100_000), np.linspace(0, 1, 11))
    found = [
        population_stability(histogram(rng.normal(size=500), edges), histogram(rng.normal(size=250), edges))
        for _ in range(300)
    ]
    assert np.mean(found) == pytest.approx(9 * (1 / 500 + 1 / 250), rel=0.2)


def test_other_edges_cannot_be_compared():
    one, other = (histogram(np.zeros(3), linear_edges(0, high)) for high in (1, 2))
    with pytest.raises(BinMismatch):
        population_stability(one, other)
    with pytest.raises(BinMismatch):
        one + other


def test_categories_are_counted_with_others_and_missing_apart():
    assert count_categories(["H", "L", "", "H", "Z"], ["H", "L", "M"]).tolist() == [2, 1, 0, 1, 1]
