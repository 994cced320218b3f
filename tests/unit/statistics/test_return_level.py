from __future__ import annotations

import numpy as np
import pytest

from andamio.statistics.return_level import FURTHEST, apart, memory_of, return_level, stretches


def test_the_level_is_passed_about_as_often_as_asked():
    rng = np.random.default_rng(0)
    passed = []
    for _ in range(200):
        level = return_level(rng.gumbel(10, 1, 40), 40.0)
        passed.append(1 - np.exp(-np.exp(-(level - 10))))
    assert 0.5 / 40 < np.median(passed) < 2 / 40


def test_a_rarer_alarm_has_a_higher_level_and_ten_times_the_history_is_the_end():
    peaks = np.random.default_rng(1).gumbel(10, 1, 30)
    levels = [return_level(peaks, between) for between in (2, 10, 30, 300, 3000)]
    assert levels == sorted(levels)
    assert levels[-1] == levels[-2] == return_level(peaks, FURTHEST * 30)


def test_the_level_is_not_below_what_the_history_itself_shows():
    peaks = np.array([1.0] * 19 + [9.0])
    assert return_level(peaks, 21) >= 9.0


def test_scores_that_remember_are_cut_into_fewer_stretches():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=4000)
    slow = np.convolve(noise, np.ones(100) / 100, mode="same")
    assert memory_of(noise) == pytest.approx(1.0, abs=0.3)
    assert 30 < memory_of(slow) < 400
    assert stretches(4000, memory_of(slow)) < stretches(4000, memory_of(noise))


def test_one_peak_far_from_all_others_is_set_apart_and_never_more_than_a_tenth():
    peaks = np.random.default_rng(3).normal(10, 1, 20)
    assert not apart(peaks).any()
    peaks[4] = 60
    assert np.flatnonzero(apart(peaks)).tolist() == [4]
    peaks[:5] = 60
    assert apart(peaks).sum() <= 2
