"""The benchmark's own judgement: what it counts and what it puts into streams."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks" / "monitoring"
pytest.importorskip("scipy")
sys.path.insert(0, str(BENCHMARKS))
try:
    import inject
    import judging
    import page
    import plants
    import streams
    from opponents import Verdict
finally:
    sys.path.remove(str(BENCHMARKS))

DAY = 1_440


def test_an_alarm_is_a_rise_and_not_every_row_above_the_limit() -> None:
    assert judging.rises(np.array([True, True, False, True, False, False, True])) == 3
    assert judging.rises(np.zeros(0, bool)) == 0


def test_the_interval_of_a_rate_is_the_exact_poisson_one() -> None:
    none, three = judging.Rate(0, 1.0, 30, 0), judging.Rate(3, 1.0, 30, 3)
    assert none.interval == pytest.approx((0.0, 3.689), abs=1e-3)
    assert three.interval == pytest.approx((0.619, 8.767), abs=1e-3)
    assert (none + three).per_month == 1.5


def test_a_batch_alarm_comes_at_the_end_of_its_window() -> None:
    daily = Verdict(np.zeros(4), np.array([True, False, True, False]), DAY)
    assert judging.delay_s(daily, daily.alarm, DAY, 60.0) == 2 * DAY * 60.0
    assert judging.delay_s(daily, daily.alarm, 3 * DAY, 60.0) is None


def test_an_alarm_that_stood_before_the_injection_has_not_seen_it() -> None:
    alarm = np.array([False, True, True, True, False, True, True])
    rows = Verdict(np.zeros(7), alarm, 1)
    assert judging.delay_s(rows, alarm, 2, 60.0) == 4 * 60.0
    assert judging.delay_s(rows, alarm, 6, 60.0) is None
    assert judging.delay_s(rows, alarm, 0, 60.0) == 2 * 60.0


def test_a_matched_threshold_leaves_one_alarm_in_thirty_days() -> None:
    score = np.random.default_rng(1).normal(size=60 * DAY)
    run = Verdict(score, score > 0.0, 1)
    level = judging.matched([run], 60.0)
    assert judging.rises(score > level) == 2
    assert judging.rises(score > np.sort(score)[::-1][3]) == 3


def test_every_injection_begins_at_its_row_and_changes_something() -> None:
    plant = streams.Process("plant", 3, tags=6)
    reference, rows = plant.stretch(0.0, 3 * DAY, 1), plant.stretch(14.0, 4 * DAY, 2)
    for kind in inject.KINDS:
        case = inject.inject(kind, rows, reference, DAY, 1, 6)
        assert np.array_equal(case.stretch.table[:DAY], rows.table[:DAY]), kind
        assert not np.array_equal(case.stretch.table[DAY:], rows.table[DAY:]), kind


def test_a_broken_correlation_leaves_every_single_distribution_alone() -> None:
    plant = streams.Process("plant", 3, tags=6)
    reference, rows = plant.stretch(0.0, 3 * DAY, 1), plant.stretch(14.0, 4 * DAY, 2)
    case = inject.inject("correlation", rows, reference, DAY, 1, 6)
    assert np.array_equal(np.sort(case.stretch.table[DAY:], axis=0), np.sort(rows.table[DAY:], axis=0))


@pytest.mark.parametrize("name", streams.processes())
def test_a_stream_is_the_same_whenever_it_is_drawn(name: str) -> None:
    plant = streams.processes()[name]
    first, again, other = plant.stretch(7.0, 300, 5), plant.stretch(7.0, 300, 5), plant.stretch(7.0, 300, 6)
    assert np.array_equal(first.table, again.table)
    assert not np.array_equal(first.table, other.table)


def test_neighbouring_rows_have_the_autocorrelation_that_the_stream_is_named_after() -> None:
    table = streams.processes()["AR(0.9)"].stretch(0.0, 20 * DAY, 1).table
    centred = table - table.mean(axis=0)
    found = np.sum(centred[1:] * centred[:-1], axis=0) / np.sum(centred**2, axis=0)
    assert np.allclose(found, 0.9, atol=0.03)


def test_tables_are_replaced_between_their_markers_and_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "monitoring" / "page.md"
    page.publish("one", "first", path)
    page.publish("two", "second", path)
    path.write_text(path.read_text() + "\nwritten by hand\n")
    page.publish("one", "new", path)
    text = path.read_text()
    assert "first" not in text
    assert text.index("new") < text.index("second") < text.index("written by hand")


def test_the_reference_of_tennessee_eastman_is_put_upright() -> None:
    if not (plants.data() / "tep").exists():
        pytest.skip("the real data are not here")
    stream = plants.tennessee_eastman()
    assert stream.reference.table.shape == (500, 52)
    assert sum(len(rows.table) for rows in [*stream.calibration, *stream.fresh]) == 1_440
