"""What holds for every fault: cuts, restarts, healthy streams, holes."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.statistics.faults import Fault, FaultReference, FaultWatch
from tests.unit.statistics.faults.streams import ROWS, clock, healthy

BEGIN = 300


@cache
def reference() -> FaultReference:
    return FaultReference.learn(
        healthy(3000, 1), clock(3000), units=["bar", "degC", *[None] * 6], ranges=[None] * 8
    )


def broken(kind: str, rows: int = 700) -> np.ndarray:
    """Live rows with one fault from row 300 on."""
    numbers = healthy(rows, 2)
    at = slice(BEGIN, BEGIN + 150)
    if kind == "stuck":
        numbers[at, 0] = numbers[BEGIN - 1, 0]
    elif kind == "spike":
        numbers[BEGIN, 0] += 12
    elif kind == "dropout":
        numbers[at, 2] = np.nan
    elif kind == "sentinel":
        numbers[at, 5] = -999
    elif kind == "clipped":
        numbers[at, 0] = np.minimum(numbers[at, 0], 50.2)
    elif kind == "unit":
        numbers[at, 1] = 1.8 * numbers[at, 1] + 32
    elif kind == "offset":
        numbers[at, 0] += 5
    elif kind == "sensor-drift":
        numbers[BEGIN:, 2] += np.linspace(0, 20, rows - BEGIN)
    elif kind == "swapped":
        numbers[at, [0, 5]] = numbers[at, [5, 0]]
    return numbers


EXPECTED = {
    "stuck": 0,
    "spike": 0,
    "dropout": 2,
    "sentinel": 5,
    "clipped": 0,
    "unit": 1,
    "offset": 0,
    "sensor-drift": 2,
    "swapped": 0,
}


def watched(numbers: np.ndarray, cuts: list[int] | None = None) -> tuple[FaultWatch, list[Fault], np.ndarray]:
    watch, found, suspects, times = FaultWatch(reference()), [], [], clock(len(numbers))
    edges = [0, *sorted(set(cuts or [])), len(numbers)]
    for start, end in pairwise(edges):
        found += watch.update(times[start:end], times[start:end], numbers[start:end])
        suspects.append(watch.suspect())
    return watch, found, np.vstack(suspects)


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[k], other[k], equal_nan=one[k].dtype.kind == "f") for k in one
    )


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_fault_has_its_one_name_on_its_tag(kind: str) -> None:
    _, found, suspect = watched(broken(kind))
    names = {(fault.kind.value, fault.tag) for fault in found}
    assert names == {(kind, EXPECTED[kind])}
    fault = found[0]
    assert 0.5 <= fault.certainty <= 1
    assert fault.since <= fault.found
    if kind != "sensor-drift":
        assert abs(fault.since - clock(700)[BEGIN]) <= 60 * (40 if kind == "clipped" else 8)
    if kind != "spike":
        assert suspect[BEGIN : BEGIN + 150, EXPECTED[kind]].any() or kind == "sensor-drift"


@pytest.mark.parametrize("kind", sorted(set(EXPECTED) - {"spike", "sensor-drift"}))
def test_a_fault_that_ends_is_told_as_over(kind: str) -> None:
    watch, _, _ = watched(broken(kind, 560))
    (fault, *_) = watch.standing()
    assert fault.kind.value == kind
    assert fault.until is not None
    assert abs(fault.until - clock(560)[BEGIN + 150]) <= 60 * 40


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from(sorted(EXPECTED)), cuts=st.lists(st.integers(1, 699), max_size=12))
def test_cuts_change_nothing(kind: str, cuts: list[int]) -> None:
    numbers = broken(kind)
    whole, found, suspect = watched(numbers)
    parts, pieces, doubts = watched(numbers, cuts)
    assert found == pieces
    assert same(whole.state(), parts.state())
    assert np.array_equal(suspect, doubts)


@pytest.mark.parametrize("kind", EXPECTED)
@pytest.mark.parametrize("cut", [1, 299, 301, 320, 345, 500])
def test_a_restart_changes_nothing(kind: str, cut: int) -> None:
    numbers, times = broken(kind), clock(700)
    whole, found, _ = watched(numbers)
    before = FaultWatch(reference())
    pieces = before.update(times[:cut], times[:cut], numbers[:cut])
    after = FaultWatch(FaultReference.read(reference().arrays()))
    after.restore(before.state())
    pieces += after.update(times[cut:], times[cut:], numbers[cut:])
    assert pieces == found
    assert same(whole.state(), after.state())


@pytest.mark.parametrize("seed", range(3, 9))
def test_healthy_sensors_are_left_in_peace(seed: int) -> None:
    _, found, suspect = watched(healthy(ROWS, seed))
    assert found == []
    assert not suspect.any()


def test_holes_as_in_history_are_no_fault() -> None:
    random = np.random.default_rng(0)
    history, live = healthy(2000, 1), healthy(ROWS, 4)
    for rows in (history, live):
        rows[random.uniform(size=rows.shape) < 0.1] = np.nan
    watch, times = FaultWatch(FaultReference.learn(history)), clock(ROWS)
    assert watch.update(times, times, live) == []


def test_what_all_tags_do_is_the_process() -> None:
    numbers = healthy(700, 5)
    numbers[BEGIN:] += np.array([5, 15, 30, 2, 0, 8, 7, -45], np.float32)
    _, found, _ = watched(numbers)
    assert [fault for fault in found if fault.kind.value in {"offset", "unit"}] == []


def test_three_hundred_rows_are_enough_for_a_stuck_sensor_and_an_offset() -> None:
    small, times = FaultReference.learn(healthy(300, 1)), clock(400)
    for kind in ("stuck", "offset", "dropout"):
        watch, numbers = FaultWatch(small), broken(kind, 400 + BEGIN)[200:600]
        assert kind in {fault.kind.value for fault in watch.update(times, times, numbers)}


def test_a_history_of_ten_rows_says_nothing() -> None:
    watch, times = FaultWatch(FaultReference.learn(healthy(10, 1))), clock(700)
    kinds = {fault.kind.value for fault in watch.update(times, times, broken("offset"))}
    assert kinds == set()


def test_gaps_and_clocks_belong_to_the_stream() -> None:
    numbers, times = healthy(300, 6), clock(300)
    late = times.copy()
    late[150:] += 7200
    watch = FaultWatch(reference())
    (gap,) = watch.update(late, late, numbers)
    assert (gap.kind.value, gap.tag, gap.evidence["seconds"]) == ("gap", -1, 7260)
    watch = FaultWatch(reference())
    (ahead,) = watch.update(times, times - 3600, numbers)
    assert (ahead.kind.value, ahead.evidence["seconds"]) == ("clock", 3600)
    back = times.copy()
    back[150:] -= 3600
    watch = FaultWatch(reference())
    (found,) = watch.update(back, back, numbers)
    assert (found.kind.value, found.evidence["seconds"]) == ("clock", -3540)


def test_the_state_of_thirty_tags_is_small() -> None:
    numbers, times = np.random.default_rng(0).normal(size=(500, 30)), clock(500)
    watch = FaultWatch(FaultReference.learn(numbers))
    watch.update(times, times, numbers)
    assert sum(array.nbytes for array in watch.state().values()) < 30_000


def test_the_changed_unit_is_named() -> None:
    _, (fault,), _ = watched(broken("unit"))
    assert fault.conversion == "degC -> degF"
    assert fault.evidence["factor"] == pytest.approx(1.8)
