"""A profile says what normal looks like, and comes back from a bundle as it went in."""

from __future__ import annotations

import numpy as np

from andamio.statistics.profile import Profile, codes_of, learn_profile


def table(rows: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    numbers = random.normal([20, 5], [2, 1], (rows, 2)).astype(np.float32)
    numbers[::10, 1] = np.nan
    categories = random.choice(np.array(["L", "M", "other"], dtype=object), (rows, 1))
    return numbers, categories, random.random(rows)


def test_a_profile_comes_back_as_it_went_in() -> None:
    numbers, categories, score = table()
    profile = learn_profile(numbers, categories, [["L", "M"]], score)
    back = Profile.read(profile.arrays())
    for name in Profile.__slots__:
        np.testing.assert_array_equal(getattr(back, name), getattr(profile, name))


def test_a_profile_counts_what_is_missing_and_how_long_a_value_repeats_within_an_asset() -> None:
    numbers, categories, score = table(40)
    numbers[:, 0] = np.arange(40) // 2  # each value twice, but never twice in one asset
    assets = ["a", "b"] * 20
    profile = learn_profile(numbers, categories, [["L", "M"]], score, assets=assets)
    assert profile.missing.tolist() == [0.0, 0.1]
    assert profile.longest_run[0] == 1
    assert learn_profile(numbers, categories, [["L", "M"]], score).longest_run[0] == 2


def test_a_model_without_numbers_or_without_categories_has_a_profile() -> None:
    numbers, categories, score = table(100)
    no_category = learn_profile(numbers, categories[:, :0], [], score)
    assert Profile.read(no_category.arrays()).shares == ()
    no_number = learn_profile(numbers[:, :0], categories, [["L", "M"]], score)
    assert Profile.read(no_number.arrays()).quantiles.shape[0] == 0


def test_an_unknown_category_has_the_number_after_the_last() -> None:
    assert codes_of(np.array(["M", "", "X", "L"], dtype=object), ["L", "M"]).tolist() == [1, 2, 2, 0]
