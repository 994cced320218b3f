"""A detector within its size: the next best one that is small enough, told openly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from andamio.errors import LimitsRefused, Text, text
from andamio.training.anomaly.fitting import FittedDetector
from andamio.training.anomaly.within import within


@dataclass(frozen=True)
class Kind:
    title: Text


@dataclass(frozen=True)
class Tried:
    """As much of a trial as choosing asks for."""

    candidate: Kind
    power: float
    size: int

    def lead_error(self, other: Tried) -> float:
        return 0.0


@dataclass(frozen=True)
class Native:
    size: int

    def graph(self) -> bytes:
        return bytes(self.size)


FOREST = Tried(Kind(text("isolation forest")), 0.9, 800_000)
NETWORK = Tried(Kind(text("autoencoder")), 0.8, 60_000)
DISTANCE = Tried(Kind(text("distance")), 0.7, 3_000)


def fitted(trial: Any) -> FittedDetector:
    return FittedDetector(Native(trial.size), trial, (DISTANCE, NETWORK, FOREST), (), 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit_mb", [None, 0.8])
def test_a_detector_that_is_small_enough_stays(limit_mb: float | None) -> None:
    kept, told = within(fitted(FOREST), limit_mb, fitted)
    assert kept.chosen is FOREST
    assert told is None


@pytest.mark.parametrize(("limit_mb", "expected"), [(0.5, NETWORK), (0.01, DISTANCE)])
def test_the_best_that_fits_takes_its_place(limit_mb: float, expected: Tried) -> None:
    kept, told = within(fitted(FOREST), limit_mb, fitted)
    assert kept.chosen is expected
    assert len(kept.trials) == 3
    assert told is not None
    assert (told.whole_mb, told.mb, told.metric) == (0.8, expected.size / 1e6, "detection")
    assert "made-up faults that is noticed went from 0.9 to" in str(told.sentence)


def test_where_none_fits_the_smallest_is_told() -> None:
    with pytest.raises(LimitsRefused) as refused:
        within(fitted(FOREST), 0.001, fitted)
    assert "weighs 0.003 MB" in str(refused.value.why)
