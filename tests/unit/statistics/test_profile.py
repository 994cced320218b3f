"""A profile says what normal looks like, and comes back from a bundle as it went in."""

from __future__ import annotations

import numpy as np

from andamio.statistics.profile import Profile, codes_of, learn_profile, quantile_profile


def table(rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    numbers = random.normal([20, 5], [2, 1], (rows, 2)).astype(np.float32)
    numbers[::10, 1] = np.nan
    return numbers, random.random(rows)


def test_a_profile_comes_back_as_it_went_in() -> None:
    numbers, score = table()
    profile = learn_profile(numbers, score)
    back = Profile.read(profile.arrays())
    for name in Profile.__slots__:
        np.testing.assert_array_equal(getattr(back, name), getattr(profile, name))


def test_a_profile_counts_what_is_missing_and_how_long_a_value_repeats_within_an_asset() -> None:
    numbers, score = table(40)
    numbers[:, 0] = np.arange(40) // 2  # each value twice, but never twice in one asset
    assets = ["a", "b"] * 20
    profile = learn_profile(numbers, score, assets=assets)
    assert profile.missing.tolist() == [0.0, 0.1]
    assert profile.longest_run[0] == 1
    assert learn_profile(numbers, score).longest_run[0] == 2


def test_a_model_without_numbers_has_a_profile() -> None:
    numbers, score = table(100)
    no_number = learn_profile(numbers[:, :0], score)
    assert Profile.read(no_number.arrays()).quantiles.shape == (0, 100)


def test_quantiles_leave_out_what_is_missing() -> None:
    assert np.isnan(quantile_profile(np.full(3, np.nan))).all()
    values = np.append(np.arange(101.0), np.nan)
    assert np.all(np.diff(quantile_profile(values)) > 0)
    assert quantile_profile(values)[0] == 0.5


def test_an_unknown_category_has_the_number_after_the_last() -> None:
    assert codes_of(np.array(["M", "", "X", "L"], dtype=object), ["L", "M"]).tolist() == [1, 2, 2, 0]
