"""A monitor that has learnt little says so."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.monitoring.findings import Level
from andamio.monitoring.learnt import learnt_findings
from andamio.statistics.drift.learning import learn_drift
from andamio.statistics.faults import FaultReference

from .watched import CONTRACT

NOISE = np.random.default_rng(4).normal(size=(2000, 4))


def with_sensors(rows: int) -> dict[str, np.ndarray]:
    numbers = NOISE[:rows, :2].astype(np.float32)
    learnt = FaultReference.learn(
        numbers, np.arange(rows) * 60.0, assets=None, ranges=[None, None], units=["degC", "m3/h"]
    )
    return {**learnt.arrays(), "rows": np.array(rows)}


def with_drift(rows: int) -> dict[str, np.ndarray]:
    return {**with_sensors(rows), **learn_drift(NOISE[:rows]).arrays()}


def test_a_short_history_says_that_its_limits_are_wide() -> None:
    (found,) = learnt_findings(CONTRACT, with_drift(120))
    assert (found.kind, found.level) == ("still-learning", Level.NOTICE)
    assert "120 rows" in str(found.what)
    assert found.data["effective"] < 500


def test_a_long_history_says_nothing() -> None:
    assert learnt_findings(CONTRACT, with_drift(2000)) == []


def test_a_history_too_short_for_drift_is_not_called_an_old_bundle() -> None:
    (found,) = learnt_findings(CONTRACT, with_sensors(48))
    assert (found.kind, found.data["rows"]) == ("no-reference", 48)
    assert str(found.what).startswith("still learning: 48 rows of history are too few to judge drift")
    assert str(found.fix).startswith("add more history")


@pytest.mark.parametrize(
    ("reference", "words"),
    [({}, "sensors and drift are not judged"), (with_sensors(1200), "sensors are judged, drift is not")],
)
def test_an_older_bundle_says_what_is_not_judged(reference: dict[str, np.ndarray], words: str) -> None:
    (found,) = learnt_findings(CONTRACT, reference)
    assert str(found.what).endswith(words)
    assert str(found.fix) == "train a version: andamio train pump"
