"""A transform in two short products is the transform, for every length that splits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.features.signals.split import Split, nearest_length, split_of


def coefficients(samples: np.ndarray, split: Split) -> np.ndarray:
    """Do in numpy, in double precision, what the graph does."""
    rows = (split.first @ samples.reshape(split.a, split.b)).reshape(split.rows, 2, split.b)
    cosine, sine = split.turn
    turned = (rows[:, 0] + 1j * rows[:, 1]) * (cosine - 1j * sine)[:, 0]
    both = np.concatenate([turned.real, turned.imag], axis=1) @ split.second
    return both[:, : split.b] + 1j * both[:, split.b :]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 3000).filter(lambda n: split_of(n) is not None))
def test_the_coefficients_by_frequency_are_those_of_fourier(length: int) -> None:
    split = split_of(length)
    samples = np.random.default_rng(length).normal(size=length)
    found = np.abs(coefficients(samples, split)).ravel()[split.natural]
    np.testing.assert_allclose(found, np.abs(np.fft.rfft(samples)), atol=1e-9 * length)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 3000).filter(lambda n: split_of(n) is not None))
def test_each_coefficient_counts_as_often_as_it_occurs(length: int) -> None:
    split = split_of(length)
    samples = np.random.default_rng(length).normal(size=length)
    power = np.abs(coefficients(samples, split)) ** 2
    assert np.sum(power * split.weights) == pytest.approx(length * np.sum(samples**2))
    assert split.weights.sum() == length
    np.testing.assert_array_equal(
        np.sort(split.frequencies.ravel()[split.natural]), np.arange(length // 2 + 1)
    )


@pytest.mark.parametrize("length", [2048, 25_600, 65_536, 1200, 12_000, 51_200])
def test_usual_lengths_take_small_matrices(length: int) -> None:
    split = split_of(length)
    assert split.a * split.b == length
    assert 4 * (split.first.size + split.back_first.size + 3 * split.second.size) < 5_000_000


def test_a_length_that_does_not_split_has_a_near_one_that_does() -> None:
    assert split_of(2053) is None
    assert split_of(nearest_length(2053)) is not None
    assert 2000 < nearest_length(2053) < 2053
