"""What the other tags and a history with faults of its own have to say about a fault."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.statistics.faults import Fault, FaultReference, FaultWatch
from andamio.statistics.faults.limits import beyond
from andamio.statistics.faults.windows import on_grid
from tests.unit.statistics.faults.streams import clock

ROWS = 6000
BEGIN = 300


def loads(rows: int, seed: int) -> np.ndarray:
    """Three loads of a plant about zero: the first is the sum of the others; all follow the day."""
    rng = np.random.default_rng(seed)
    day = np.sin(2 * np.pi * np.arange(rows) / 48)
    parts = [8 * day + np.convolve(rng.normal(0, 1, rows + 9), np.ones(10) / 3, "valid") for _ in range(2)]
    return np.round(np.column_stack([parts[0] + parts[1] + rng.normal(0, 0.2, rows), *parts]), 3)


def idling(rows: int, seed: int) -> np.ndarray:
    """A motor that stands still half of the time, at zero, and its flow and current, which follow it."""
    rng = np.random.default_rng(seed)
    runs = (np.arange(rows) // 60) % 2
    speed = runs * (50 + rng.normal(0, 3, rows))
    return np.column_stack(
        [np.round(speed, 1), 2 * speed + rng.normal(0, 12, rows), speed + rng.normal(0, 6, rows)]
    )


def found(history: np.ndarray, live: np.ndarray) -> list[Fault]:
    watch = FaultWatch(FaultReference.learn(history, clock(len(history))))
    return watch.update(clock(len(live)), clock(len(live)), live)


def names(faults: list[Fault]) -> list[tuple[str, int]]:
    return [(fault.kind.value, fault.tag) for fault in faults]


@pytest.mark.parametrize(("factor", "name"), [(1000.0, "x1000"), (0.01, "/100"), (100.0, "x100")])
def test_a_unit_is_seen_on_a_tag_that_swings_about_zero(factor: float, name: str) -> None:
    live = loads(700, 2)
    live[BEGIN : BEGIN + 200, 0] *= factor
    faults = found(loads(ROWS, 1), live)
    assert names(faults) == [("unit", 0)]
    assert faults[0].conversion == name
    assert abs(faults[0].since - clock(700)[BEGIN]) <= 4 * (clock(2)[1] - clock(2)[0])


def test_an_offset_within_the_usual_range_is_seen_beside_the_peers() -> None:
    live = loads(700, 2)
    live[BEGIN : BEGIN + 200, 0] += 2.2 * live[:, 0].std()
    assert names(found(loads(ROWS, 1), live)) == [("offset", 0)]


def test_a_spike_no_higher_than_the_days_swing_is_seen_beside_the_peers() -> None:
    live = loads(700, 2)
    live[BEGIN, 0] += 8
    assert names(found(loads(ROWS, 1), live)) == [("spike", 0)]


def test_a_spike_that_the_peers_share_is_the_process() -> None:
    live = loads(700, 2)
    live[BEGIN, 0] += 8
    live[BEGIN, 1] += 8
    assert names(found(loads(ROWS, 1), live)) == []


def test_a_tag_that_rests_is_stuck_when_its_peers_move_on() -> None:
    live = idling(900, 2)
    stands = np.flatnonzero(live[BEGIN:, 0] == 0)[0] + BEGIN
    assert names(found(idling(ROWS, 1), live)) == []
    live[stands : stands + 200, 0] = 0.0
    faults = found(idling(ROWS, 1), live)
    assert names(faults)[:1] == [("stuck", 0)]


def test_zero_held_by_a_tag_that_is_never_near_it_stands_for_no_value() -> None:
    history, live = loads(ROWS, 1) + 300, loads(700, 2) + 300
    live[BEGIN : BEGIN + 35, 1] = 0.0
    assert names(found(history, live)) == [("sentinel", 1)]


def test_a_history_with_a_fault_of_its_own_sets_no_wider_limit() -> None:
    sizes = np.abs(np.random.default_rng(0).normal(0, 1, 5000))
    spoilt = sizes.copy()
    spoilt[2000:2040] = 40.0
    assert beyond(spoilt) == pytest.approx(beyond(sizes), rel=0.1)


def test_a_short_history_is_believed_as_it_is() -> None:
    sizes = np.abs(np.random.default_rng(0).normal(0, 1, 500))
    sizes[200:210] = 40.0
    assert beyond(sizes) > 40


def test_small_values_are_no_multiples_of_a_large_grid() -> None:
    assert on_grid(np.array([0.01, 0.02, 0.03]), 1000.0) == 0.0
    assert on_grid(np.array([298.1, 298.3]), 100.0) == 0.0
    assert on_grid(np.array([298.1, 298.3]), 0.1) == 1.0
