"""What is estimated without truth is near it while only the mix of rows changes; it says its limits."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.language import say, speak
from andamio.monitoring.performance.unlabelled import estimate_without_truth
from andamio.statistics.expected import expect, learn_expected, sureness_of_class, sureness_of_value
from tests.unit.monitoring.conftest import Plant, usual


def reference(plant: Plant) -> dict[str, np.ndarray]:
    """A held-out part on which the stated confidence is true."""
    random = np.random.default_rng(0)
    risk = random.uniform(0.0, 1.0, 4000)
    wrong = random.random(4000) < np.minimum(risk, 1 - risk)
    sure = sureness_of_class(np.stack([1 - risk, risk], axis=1), (risk > 0.5).astype(np.int64))
    return {
        **plant.profile.arrays(),
        **learn_expected(sure, wrong.astype(float)),
        "loss.inside": np.array(0.9),
    }


def answers(plant: Plant, risk: np.ndarray, *, away: float = 0.0):
    tags = usual(len(risk), 3)
    tags[:, 0] += away
    plant.answer(tags, risk=risk)
    return plant.seen().predictions


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.3, 0.7), (0.0, 0.2)])
def test_the_estimate_follows_the_mix_of_sure_and_unsure_answers(
    plant: Plant, low: float, high: float
) -> None:
    risk = np.random.default_rng(1).uniform(low, high, 800)
    found = estimate_without_truth(answers(plant, risk), plant.info, reference(plant))
    true = float(np.maximum(risk, 1 - risk).mean())
    assert found.value == pytest.approx(true, abs=0.03)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= true <= found.high


def test_it_always_says_that_it_cannot_see_concept_drift(plant: Plant) -> None:
    found = estimate_without_truth(answers(plant, np.full(100, 0.1)), plant.info, reference(plant))
    with speak("en"):
        assert "cannot see concept drift" in say(found.words)
    with speak("es"):
        assert "no puede ver" in say(found.words)


def test_rows_unlike_those_it_learnt_from_are_not_estimated(plant: Plant) -> None:
    found = estimate_without_truth(
        answers(plant, np.full(100, 0.1), away=300.0), plant.info, reference(plant)
    )
    assert found.value is None
    assert found.overlap == 0.0


def test_an_older_bundle_and_too_few_rows_give_no_estimate(plant: Plant) -> None:
    few = answers(plant, np.full(10, 0.1))
    assert estimate_without_truth(few, plant.info, reference(plant)).value is None
    assert estimate_without_truth(few, plant.info, plant.profile.arrays()).value is None


def test_a_number_is_estimated_by_the_width_of_its_intervals() -> None:
    random = np.random.default_rng(2)
    width = random.uniform(1.0, 5.0, 4000)
    kept = learn_expected(width, np.abs(random.normal(0, width / 4)))
    for low, high in ((1.0, 2.0), (4.0, 5.0)):
        now = random.uniform(low, high, 1000)
        found = expect(now, kept)
        assert found is not None
        assert found.value == pytest.approx(float(np.mean(now / 4 * np.sqrt(2 / np.pi))), rel=0.1)


def test_a_wide_interval_is_unsure_and_equal_ones_tell_nothing() -> None:
    value = np.array([1.0, 2.0, 3.0])
    assert sureness_of_value(value, value - 1, value + 1).tolist() == value.tolist()
    assert sureness_of_value(value, value - value, value + value).tolist() == [2.0, 4.0, 6.0]
