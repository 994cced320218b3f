from __future__ import annotations

import numpy as np
import pytest

from andamio.statistics.power_law import extrapolate, fit_power_law

ROWS = np.array([20.0, 40.0, 80.0, 160.0])


def test_a_power_law_is_found_again():
    law = fit_power_law(ROWS, 0.1 + 2.0 * ROWS**-0.5, 0.5)
    assert law.at(400.0) == pytest.approx(0.1 + 2.0 * 400**-0.5, abs=1e-6)


def test_errors_that_do_not_fall_promise_nothing():
    law = fit_power_law(ROWS, np.array([0.2, 0.3, 0.25, 0.3]), 0.5)
    assert law.at(1000.0) >= law.at(160.0)


def test_the_continuation_holds_the_truth_and_widens_with_the_distance():
    rng = np.random.default_rng(0)
    truth = lambda rows: 0.1 + 2.0 * np.asarray(rows) ** -0.5  # noqa: E731
    draws = truth(ROWS) + rng.normal(0, 0.02, (200, 4))
    targets = np.array([320.0, 5000.0])
    ahead = extrapolate(ROWS, draws, targets)
    low, high = np.percentile(ahead, [2.5, 97.5], axis=0)
    assert (low <= truth(targets)).all()
    assert (truth(targets) <= high).all()
    assert high[1] - low[1] > high[0] - low[0]


def test_noise_promises_a_rise_as_often_as_a_fall():
    rng = np.random.default_rng(3)
    draws = 0.5 + rng.normal(0, 0.05, (2000, 4))
    ahead = extrapolate(ROWS, draws, np.array([160.0, 360.0]))
    gains = ahead[:, 0] - ahead[:, 1]
    assert 0.45 < (gains > 0).mean() < 0.55
    assert abs(np.median(gains)) < 0.005
