"""The course of a remaining life: falling, bounded, and the same for a history and a stream."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.statistics.descent import Course, Descent, kept_course, taken_up_course

HORIZON = 100.0
answers = st.lists(st.floats(-20, 140), min_size=1, max_size=60)


def smoothed(values: list[float], **settings: int) -> np.ndarray:
    return Descent(HORIZON, **settings).smooth(np.arange(len(values)), np.array(values))[0]


@settings(max_examples=100, deadline=None)
@given(answers, st.data())
def test_a_stream_cut_anywhere_and_kept_as_json_goes_on_as_the_whole_history(
    values: list[float], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(values)))
    whole = smoothed(values)
    first, course = Descent(HORIZON).smooth(np.arange(cut), np.array(values[:cut]))
    taken_up = taken_up_course(json.loads(json.dumps(kept_course(course))))
    second, _ = Descent(HORIZON).smooth(np.arange(cut, len(values)), np.array(values[cut:]), taken_up)
    assert np.concatenate([first, second]).tobytes() == whole.tobytes()


@settings(max_examples=100, deadline=None)
@given(answers)
def test_a_life_stays_within_its_horizon_and_rises_only_after_patience(values: list[float]) -> None:
    told = smoothed(values, patience=5)
    assert ((told >= 0) & (told <= HORIZON)).all()
    rises = np.flatnonzero(np.diff(told) > 0)
    assert (np.diff(np.concatenate([[-1], rises])) >= 5).all()


def test_one_hopeful_answer_raises_nothing_and_many_do() -> None:
    assert smoothed([40.0, 80.0, 38.0]).max() == 40.0
    told = smoothed([40.0] * 3 + [80.0] * 25)
    assert told[:12].max() == 40.0
    assert told[-1] > 60.0


def test_noise_around_a_falling_life_is_smoothed() -> None:
    truth = np.arange(80.0, 0.0, -1.0)
    noisy = truth + np.random.default_rng(0).normal(0, 6, len(truth))
    told, _ = Descent(HORIZON).smooth(np.arange(len(truth)), noisy)
    assert np.sqrt(np.mean((told - truth) ** 2)) < np.sqrt(np.mean((noisy - truth) ** 2))


def test_a_life_beyond_the_horizon_is_not_pulled_down_by_the_passing_of_time() -> None:
    assert smoothed([HORIZON] * 200).min() == HORIZON


def test_a_repaired_asset_begins_anew() -> None:
    descent = Descent(HORIZON)
    worn = descent.step(Course(), 0.0, 5.0)
    assert descent.step(worn, 1.0, 90.0).told == 5.0
    assert descent.step(worn, 1.0, 90.0, new=True).told == 90.0


@pytest.mark.parametrize(("moment", "value"), [(3.0, 10.0), (2.0, 10.0), (9.0, float("nan"))])
def test_a_late_row_and_a_missing_answer_change_nothing(moment: float, value: float) -> None:
    descent = Descent(HORIZON)
    course = descent.step(Course(), 3.0, 50.0)
    assert descent.step(course, moment, value) == course
