"""A tag's shift is measured in its own spread, against limits that its own history sets."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.statistics.shift import (
    BLOCK_SIZES,
    category_limits,
    limit_for,
    median_move,
    quantile_profile,
    scaled_shift,
    share_move,
    shares,
    tag_limits,
)


def autocorrelated(rows: int, phi: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = np.zeros(rows)
    for i in range(1, rows):
        values[i] = phi * values[i - 1] + random.normal(0, np.sqrt(1 - phi**2))
    return values


def test_a_normal_tag_moved_by_one_standard_deviation_has_a_shift_of_one() -> None:
    values = np.random.default_rng(0).normal(50, 4, 20_000)
    moved = scaled_shift(quantile_profile(values), quantile_profile(values + 4))
    assert moved == pytest.approx(1, abs=0.03)


def test_the_shift_is_the_same_in_any_unit() -> None:
    random = np.random.default_rng(1)
    celsius, warmer = random.normal(60, 3, 500), random.normal(63, 3, 500)
    in_celsius = scaled_shift(quantile_profile(celsius), quantile_profile(warmer))
    in_fahrenheit = scaled_shift(quantile_profile(celsius * 1.8 + 32), quantile_profile(warmer * 1.8 + 32))
    assert in_fahrenheit == pytest.approx(in_celsius)


def test_the_median_move_has_the_sign_and_the_unit_of_the_tag() -> None:
    values = np.random.default_rng(2).normal(10, 1, 5000)
    assert median_move(quantile_profile(values), quantile_profile(values - 2.5)) == pytest.approx(
        -2.5, abs=0.01
    )


def test_a_constant_tag_that_moved_is_infinitely_far_and_one_that_did_not_is_at_zero() -> None:
    constant = quantile_profile(np.full(100, 7.0))
    assert scaled_shift(constant, constant) == 0
    assert scaled_shift(constant, quantile_profile(np.full(100, 7.1))) == float("inf")


def test_a_mix_of_categories_moves_by_the_share_that_changed() -> None:
    before = shares(np.array([0, 0, 1, 1]), 3)
    after = shares(np.array([0, 1, 1, 7]), 3)
    np.testing.assert_array_equal(after, [0.25, 0.5, 0.25])
    assert share_move(before, after) == pytest.approx(0.25)


def test_a_mix_that_is_drawn_again_stays_below_its_limit() -> None:
    random = np.random.default_rng(8)
    limits = category_limits(random.choice(3, 6000, p=[0.5, 0.3, 0.2]), 3)
    whole = np.array([0.5, 0.3, 0.2])
    windows = random.choice(3, (40, 200), p=[0.5, 0.3, 0.2])
    assert sum(share_move(whole, shares(window, 3)) > limit_for(limits, 200) for window in windows) <= 1
    assert share_move(whole, shares(random.choice(3, 200, p=[0.2, 0.3, 0.5]), 3)) > limit_for(limits, 200)


def test_missing_values_do_not_move_a_tag() -> None:
    values = np.random.default_rng(3).normal(0, 1, 1000)
    with_holes = np.concatenate([values, np.full(500, np.nan)])
    assert scaled_shift(quantile_profile(values), quantile_profile(with_holes)) == 0


def test_limits_of_an_autocorrelated_tag_are_wider_than_those_of_an_independent_one() -> None:
    independent = tag_limits(autocorrelated(8000, 0.0, seed=4))
    sticky = tag_limits(autocorrelated(8000, 0.98, seed=4))
    assert limit_for(sticky, 200) > 2 * limit_for(independent, 200)


def test_fresh_windows_of_the_same_process_stay_below_the_limit() -> None:
    history = autocorrelated(20_000, 0.95, seed=5)
    limits, whole = tag_limits(history), quantile_profile(history)
    fresh = autocorrelated(20_000, 0.95, seed=6)
    windows = fresh.reshape(40, 500)
    above = sum(scaled_shift(whole, quantile_profile(window)) > limit_for(limits, 500) for window in windows)
    assert above <= 1


def test_a_window_too_small_for_any_block_has_no_limit() -> None:
    limits = tag_limits(np.random.default_rng(7).normal(0, 1, 1000))
    assert np.isnan(limit_for(limits, BLOCK_SIZES[0] - 1))
    assert np.isfinite(limit_for(limits, 100_000))
    assert np.isnan(tag_limits(np.arange(60.0))).all()
