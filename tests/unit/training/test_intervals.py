"""Intervals: they hold what they promise, and are narrower where the model is surer."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin

from andamio.training.candidates import Setting
from andamio.training.intervals import conformal_quantile, learn_interval
from andamio.training.task import Task


class FirstColumn(RegressorMixin, BaseEstimator):
    """A model that is already trained: it answers its first column."""

    n_features_in_ = 2

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, x: np.ndarray, y: np.ndarray) -> FirstColumn:
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0]


def setting(
    rows: int, uneven: bool, seed: int = 0
) -> tuple[Setting, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, (rows, 2)).astype(np.float32)
    size = np.where(x[:, 1] > 0.5, 3.0, 0.3) if uneven else np.ones(rows)
    y = x[:, 0].astype(np.float64) + size * rng.normal(size=rows)
    fold = np.arange(rows) % 5
    folds = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(5)]
    return Setting(x, y, Task(0), seed), x[:, 0].astype(np.float64), folds


@pytest.mark.parametrize("uneven", [False, True])
def test_fresh_rows_fall_inside_as_often_as_promised(uneven: bool) -> None:
    given_, value, folds = setting(2000, uneven)
    interval = learn_interval(given_, value, folds, 0.9)
    fresh, centre, _ = setting(4000, uneven, seed=7)
    inside = np.abs(fresh.y - centre) <= interval.half(fresh.x)
    assert 0.87 < float(inside.mean()) < 0.93


def test_uneven_errors_get_uneven_and_on_average_narrower_intervals() -> None:
    given_, value, folds = setting(2000, uneven=True)
    interval = learn_interval(given_, value, folds, 0.9)
    assert interval.spread is not None
    half = interval.half(given_.x)
    noisy = given_.x[:, 1] > 0.5
    assert half[noisy].mean() > 3 * half[~noisy].mean()
    assert interval.width < 2 * conformal_quantile(np.abs(given_.y - value), 0.9)


def test_even_errors_get_one_constant() -> None:
    given_, value, folds = setting(2000, uneven=False)
    interval = learn_interval(given_, value, folds, 0.9)
    assert interval.spread is None
    assert np.ptp(interval.half(given_.x)) == 0


def test_few_rows_get_one_constant() -> None:
    given_, value, folds = setting(60, uneven=True)
    assert learn_interval(given_, value, folds, 0.9).spread is None


def test_rows_without_a_prediction_are_left_out() -> None:
    given_, value, folds = setting(600, uneven=False)
    value[:200] = np.nan
    error = np.abs(given_.y - value)[200:]
    assert learn_interval(given_, value, folds, 0.8).reach == conformal_quantile(error, 0.8)


@settings(max_examples=20, deadline=None)
@given(st.integers(20, 200), st.sampled_from([0.8, 0.9]), st.integers(0, 1000))
def test_the_constant_is_the_one_that_mapie_finds(rows: int, coverage: float, seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mapie.regression import SplitConformalRegressor
    given_, value, _ = setting(rows, uneven=False, seed=seed)
    mapie = SplitConformalRegressor(FirstColumn(), confidence_level=coverage, prefit=True)
    mapie.conformalize(given_.x.astype(np.float64), given_.y)
    _, limits = mapie.predict_interval(np.array([[0.0, 0.0]]))
    ours = conformal_quantile(np.abs(given_.y - value), coverage)
    assert limits[0, 1, 0] == pytest.approx(ours, rel=1e-6)
