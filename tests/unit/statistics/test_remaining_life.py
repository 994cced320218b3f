"""Errors of remaining life: worse when too late, priced by direction, asked of the latest row."""

from __future__ import annotations

import math

import numpy as np
import pytest

from andamio.statistics.remaining_life import last_rows, lateness_costs, phm_scores, remaining_life


def test_the_score_is_the_one_of_the_challenge() -> None:
    truth = np.full(3, 50.0)
    expected = [math.exp(13 / 13) - 1, 0.0, math.exp(20 / 10) - 1]
    assert phm_scores(truth, np.array([37.0, 50.0, 70.0])) == pytest.approx(expected)


def test_too_late_is_worse_than_too_early() -> None:
    early, late = phm_scores(np.array([50.0, 50.0]), np.array([30.0, 70.0]))
    assert late > 1.5 * early


def test_an_absurd_error_stays_finite() -> None:
    assert np.isfinite(phm_scores(np.zeros(1), np.array([1e9]))).all()


def test_costs_follow_the_direction() -> None:
    costs = lateness_costs(np.array([50.0, 50.0, 50.0]), np.array([40.0, 50.0, 53.0]), late=5.0, early=1.0)
    assert costs.tolist() == [10.0, 0.0, 15.0]


def test_the_measures_of_no_rows_are_undefined() -> None:
    assert all(math.isnan(value) for value in remaining_life(np.zeros(0), np.zeros(0)).values())
    assert remaining_life(np.array([5.0, 5.0]), np.array([6.0, 4.0]))["late_share"] == 0.5


def test_the_latest_row_of_each_asset_is_found_in_any_order() -> None:
    assets = np.array(["u10", "u2", "u10", "u2", "u3"], dtype=object)
    times = np.array([2.0, 7.0, 9.0, 8.0, 1.0])
    found = last_rows(assets, times)
    assert dict(zip(assets[found], times[found], strict=True)) == {"u10": 9.0, "u2": 8.0, "u3": 1.0}
    assert last_rows(np.zeros(0, dtype=object), np.zeros(0)).tolist() == []
