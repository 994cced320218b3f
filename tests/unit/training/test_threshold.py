"""Thresholds: by number, by F1, by cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from andamio.contracts.contract import Costs
from andamio.training.threshold import choose_threshold

COSTS = Costs(missed_failure=4000, false_alarm=120)


def draw(seed: int, rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    event = rng.random(rows) < 0.2
    event[:2] = True, False
    return np.round(np.clip(rng.normal(np.where(event, 0.6, 0.3), 0.2), 0, 1), 2), event


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_no_other_threshold_has_a_better_f1(seed: int) -> None:
    chance, event = draw(seed)
    threshold, _ = choose_threshold("f1", chance, event, None)

    def f1(t: float) -> float:
        alarm = chance >= t
        return float(2 * (event & alarm).sum() / (event.sum() + alarm.sum()))

    assert f1(threshold) == pytest.approx(max(f1(t) for t in np.unique(chance)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_no_other_threshold_costs_less(seed: int) -> None:
    chance, event = draw(seed)
    threshold, _ = choose_threshold("cost", chance, event, COSTS)

    def cost(t: float) -> float:
        alarm = chance >= t
        return float(4000 * (event & ~alarm).sum() + 120 * (alarm & ~event).sum())

    assert cost(threshold) <= min(cost(t) for t in np.unique(chance)) + 1e-9


def test_a_miss_that_costs_more_lowers_the_threshold() -> None:
    chance, event = draw(3, rows=4000)
    dear, _ = choose_threshold("cost", chance, event, COSTS)
    cheap, _ = choose_threshold("cost", chance, event, Costs(missed_failure=100, false_alarm=120))
    assert dear < cheap


def test_a_number_is_kept_as_it_is_in_float32() -> None:
    chance, event = draw(1)
    threshold, _ = choose_threshold(0.3, chance, event, COSTS)
    assert threshold == float(np.float32(0.3))


def test_the_curve_says_what_each_threshold_gives() -> None:
    chance, event = draw(2)
    _, curve = choose_threshold("f1", chance, event, COSTS)
    for place in range(0, len(curve.threshold), 7):
        alarm = chance >= curve.threshold[place]
        assert curve.recall[place] == pytest.approx(recall_score(event, alarm))
        assert curve.precision[place] == pytest.approx(precision_score(event, alarm, zero_division=1))
        assert curve.f1[place] == pytest.approx(f1_score(event, alarm))
        assert curve.false_alarm_rate[place] == pytest.approx(float(alarm[~event].mean()))


def test_without_any_event_there_is_still_a_threshold() -> None:
    threshold, curve = choose_threshold("f1", np.linspace(0, 1, 50), np.zeros(50, dtype=bool), None)
    assert 0 <= threshold <= 1
    assert curve.cost_per_row is None
