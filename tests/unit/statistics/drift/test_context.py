"""What is taken away before a row is judged: the week as a plant lives it."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.statistics.drift.context import DAY_S, learn_context

STEP_S = 600.0
MONDAY = 4 * DAY_S  # the first one after 1 January 1970


def plant(days: int, hour: float, seed: int, first: float = MONDAY) -> tuple[np.ndarray, np.ndarray]:
    """Two tags at a row in ten minutes; at the weekend, which begins at an hour, the plant stands still."""
    times = first + STEP_S * np.arange(int(days * DAY_S / STEP_S))
    weekend = ((times - MONDAY - 3600 * hour) % (7 * DAY_S)) >= 5 * DAY_S
    noise = np.random.default_rng(seed).normal(0, 1, (len(times), 2))
    return noise + np.where(weekend, -3.0, 0.0)[:, None], times


@pytest.mark.parametrize("hour", [0, 6, 14])
def test_the_first_hours_of_a_weekend_are_as_usual_as_the_rest(hour: int) -> None:
    table, times = plant(14, hour, 1)
    model = learn_context(table, times, None)
    fresh, later = plant(7, hour, 2, MONDAY + 14 * DAY_S)
    z = model.standardise(fresh, model.terms(len(fresh), later, None))
    edge = np.abs(later - (MONDAY + 19 * DAY_S + 3600 * hour)) < 2 * 3600
    assert model.periods.tolist()[1] == 1
    assert float(model.midnight) == 3600.0 * hour
    assert np.abs(z[edge].mean()) < 0.5


def test_slow_noise_is_no_week() -> None:
    pushes = np.random.default_rng(3).normal(0, 1, (2016, 4))
    table = np.zeros_like(pushes)
    for row in range(1, len(table)):
        table[row] = 0.98 * table[row - 1] + pushes[row]
    assert not learn_context(table, MONDAY + STEP_S * np.arange(2016), None).periods.any()
