"""Calibration: chances mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import _sigmoid_calibration

from andamio.training.calibration import AsIs, Curve, Sigmoid, Tempered, _platt, calibrate
from andamio.training.models import Link, linked
from andamio.training.task import Task

TWO, THREE = Task(2), Task(3)


def draw(rows: int, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Margins whose true chance is ``logistic(slope * margin)``."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(size=(rows, 1)) * 2
    return margin, (rng.random(rows) < linked(slope * margin[:, 0], Link.LOGISTIC)).astype(np.int64)


def test_a_model_that_is_calibrated_is_left_alone() -> None:
    margin, target = draw(4000, slope=1.0)
    assert isinstance(calibrate(margin, Link.LOGISTIC, target, TWO).calibration, AsIs)


def test_a_model_that_is_too_sure_is_made_less_sure() -> None:
    margin, target = draw(4000, slope=0.3)
    calibrated = calibrate(margin, Link.LOGISTIC, target, TWO)
    truth = linked(0.3 * margin, Link.LOGISTIC)
    assert np.abs(calibrated.calibration.apply(margin) - truth).mean() < 0.02
    assert np.abs(linked(margin, Link.LOGISTIC) - truth).mean() > 0.1


def test_the_sigmoid_is_the_one_that_scikit_learn_fits() -> None:
    margin, target = draw(1500, slope=0.5)
    ours = _platt(margin, target)
    theirs = _sigmoid_calibration(margin[:, 0], target)
    assert (ours.a, ours.b) == pytest.approx(theirs, abs=1e-3)


def test_a_curve_is_chosen_when_no_sigmoid_fits() -> None:
    rng = np.random.default_rng(1)
    margin = rng.uniform(-1, 1, (6000, 1))
    chance = np.where(margin[:, 0] < 0, 0.1, np.where(margin[:, 0] < 0.8, 0.35, 0.99))
    target = (rng.random(6000) < chance).astype(np.int64)
    calibrated = calibrate(margin, Link.LOGISTIC, target, TWO)
    assert isinstance(calibrated.calibration, Curve)
    assert np.abs(calibrated.calibration.apply(margin)[:, 0] - chance).mean() < 0.04


def test_few_events_are_not_enough_to_learn_a_curve() -> None:
    margin, target = draw(200, slope=0.2)
    target[:] = 0
    target[:4] = 1
    assert isinstance(calibrate(margin, Link.LOGISTIC, target, TWO).calibration, AsIs)


def test_rows_that_no_fold_held_out_stay_without_an_answer() -> None:
    margin, target = draw(500, slope=0.5)
    margin[:100] = np.nan
    answers = calibrate(margin, Link.LOGISTIC, target, TWO).answers
    assert np.isnan(answers[:100]).all()
    assert np.isfinite(answers[100:]).all()


def test_several_classes_that_are_too_sure_are_tempered() -> None:
    rng = np.random.default_rng(2)
    raw = rng.normal(size=(3000, 3))
    chances = linked(raw, Link.SOFTMAX)
    target = (rng.random(3000)[:, None] > chances.cumsum(axis=1)).sum(axis=1)
    calibration = calibrate(4 * raw, Link.SOFTMAX, target, THREE).calibration
    assert isinstance(calibration, Tempered)
    assert calibration.temperature == pytest.approx(4, rel=0.2)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 3.0))
def test_chances_stay_between_zero_and_one_and_never_fall_with_the_margin(seed: int, slope: float) -> None:
    margin, target = draw(300, slope, seed)
    calibration = calibrate(margin, Link.LOGISTIC, target, TWO).calibration
    chance = calibration.apply(np.sort(margin, axis=0))[:, 0]
    assert ((chance >= 0) & (chance <= 1)).all()
    if not isinstance(calibration, Sigmoid) or calibration.a < 0:
        assert (np.diff(chance) >= -1e-12).all()


@pytest.mark.parametrize(
    ("task", "link", "sure"),
    [
        (TWO, Link.LOGISTIC, np.where(np.arange(60) % 3 == 0, 20.0, -20.0)[:, None]),
        (THREE, Link.SOFTMAX, 20.0 * np.eye(3)[np.arange(60) % 3]),
    ],
)
def test_sixty_rows_without_a_mistake_leave_room_for_one(task: Task, link: Link, sure: np.ndarray) -> None:
    target = np.arange(60) % 3
    target = (target == 0).astype(np.int64) if task.is_binary else target
    chances = calibrate(sure, link, target, task).calibration.apply(sure)
    assert chances.min() >= 1 / (60 + task.classes) - 1e-12
    assert chances.max() <= 1 - (task.classes - 1) / (60 + task.classes) + 1e-12
