"""The streaming charts: quiet when nothing happens, soon when something does, the same in any cuts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.statistics.drift import DriftReference, DriftWatch
from andamio.statistics.drift.learning import learn_drift

from .streams import autoregressive, days, minutes

BUDGET = 20.0  # false alarms a month of rows a minute: one in 2,160 rows


@pytest.fixture(scope="module", params=[0.0, 0.9], ids=["independent", "autocorrelated"])
def learnt(request: pytest.FixtureRequest) -> tuple[float, DriftReference]:
    phi = request.param
    history = autoregressive(6000, 5, phi, seed=1)
    return phi, learn_drift(history, step_s=60.0, false_alarms_per_month=BUDGET)


def test_quiet_months_keep_the_budget_of_false_alarms(learnt: tuple[float, DriftReference]) -> None:
    phi, reference = learnt
    rises = 0
    for seed in range(20):
        alarm = DriftWatch(reference).update(autoregressive(2160, 5, phi, seed=100 + seed)).alarm
        rises += int(np.count_nonzero(np.diff(alarm.astype(int)) == 1) + alarm[0])
    assert 6 <= rises <= 40  # 20 are expected


def test_limits_that_ignore_autocorrelation_would_cry_wolf() -> None:
    independent = learn_drift(
        autoregressive(6000, 5, 0.0, seed=1), step_s=60.0, false_alarms_per_month=BUDGET
    )
    shares = [
        DriftWatch(independent).update(autoregressive(2160, 5, 0.9, seed=30 + i)).alarm.mean()
        for i in range(5)
    ]
    assert min(shares) > 0.3


def test_an_offset_of_one_spread_is_found_and_named(learnt: tuple[float, DriftReference]) -> None:
    phi, reference = learnt
    stream = autoregressive(4000, 5, phi, seed=7)
    stream[1000:, 3] += 1.0
    watch = DriftWatch(reference)
    before = watch.update(stream[:1000])
    assert not before.alarm.any()
    after = watch.update(stream[1000:])
    assert after.alarm[: 60 if phi == 0 else 900].any()
    assert after.alarm[-1]
    assert after.since is not None
    assert after.since >= 1000
    furthest = next(s for s in watch.standing() if s.chart.startswith("cusum-mean"))
    assert furthest.column == 3
    assert furthest.offset > 0.5


def test_a_variance_that_doubles_is_found(learnt: tuple[float, DriftReference]) -> None:
    phi, reference = learnt
    stream = autoregressive(1500, 5, phi, seed=8)
    stream[:, 1] *= 2
    watch = DriftWatch(reference)
    assert watch.update(stream).alarm.any()


def test_what_returns_is_no_alarm_any_more(learnt: tuple[float, DriftReference]) -> None:
    phi, reference = learnt
    stream = autoregressive(20_000, 5, phi, seed=9)
    stream[:200, 2] += 4
    alarm = DriftWatch(reference).update(stream).alarm
    assert alarm[150]
    assert not alarm[200:5000].all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 600), max_size=6))
def test_a_stream_cut_anywhere_gives_the_same(cuts: list[int]) -> None:
    reference = _small()
    stream = autoregressive(600, 3, 0.6, seed=11)
    stream[300:, 0] += 2
    stream[50:60, 1] = np.nan
    whole, parts = DriftWatch(reference), DriftWatch(reference)
    at_once = whole.update(stream)
    pieces = [parts.update(piece) for piece in np.split(stream, sorted(cuts))]
    assert np.array_equal(np.concatenate([p.alarm for p in pieces]), at_once.alarm)
    assert np.array_equal(parts.state()["sums"], whole.state()["sums"])
    assert np.allclose(np.concatenate([p.statistics for p in pieces]), at_once.statistics, rtol=1e-9)
    assert parts.standing()[0].chart == whole.standing()[0].chart


def test_a_restart_continues_where_it_stopped() -> None:
    reference = _small()
    stream = autoregressive(400, 3, 0.6, seed=12) + 1.5
    first, second = DriftWatch(reference), DriftWatch(DriftReference.read(reference.arrays()))
    first.update(stream[:200])
    second.restore(first.state())
    assert np.array_equal(first.update(stream[200:]).alarm, second.update(stream[200:]).alarm)
    assert first.standing() == second.standing()


def test_the_state_and_the_reference_are_small() -> None:
    reference = learn_drift(autoregressive(1200, 30, 0.5, seed=13), false_alarms_per_month=100.0)
    state = DriftWatch(reference).state()
    assert sum(array.nbytes for array in state.values()) < 10_000
    charts = [
        a for n, a in reference.arrays().items() if ".charts." in n or ".own." in n or n.endswith("limits")
    ]
    assert sum(array.nbytes for array in charts) < 50_000


def test_a_daily_season_is_no_drift_and_a_shift_within_it_is() -> None:
    table, times = days(8 * 1440, 3, seed=14)
    reference = learn_drift(table, times=times, false_alarms_per_month=3.0)
    fresh, later = days(3 * 1440, 3, seed=15, first=8 * 1440)
    assert not DriftWatch(reference).update(fresh, times=later).alarm.any()
    fresh[1440:, 1] += 1.5
    watched = DriftWatch(reference).update(fresh, times=later)
    assert not watched.alarm[:1440].any()
    assert watched.alarm[1440:1800].any()


def test_a_declared_context_may_move_and_one_never_seen_gives_no_verdict() -> None:
    random = np.random.default_rng(16)
    load = np.repeat(random.uniform(40, 100, 60), 100)
    table = autoregressive(6000, 3, 0.5, seed=17) + 0.002 * (load**2)[:, None]
    reference = learn_drift(table, context=load[:, None], step_s=60.0, false_alarms_per_month=10.0)
    high = np.full(800, 95.0)
    moved = autoregressive(800, 3, 0.5, seed=18) + 0.002 * (high**2)[:, None]
    assert not DriftWatch(reference).update(moved, context=high[:, None]).alarm.any()
    assert DriftWatch(reference).update(moved, context=np.full((800, 1), 50.0)).alarm.any()
    unknown = np.full((800, 1), 160.0)
    assert not DriftWatch(reference).update(moved + 50, context=unknown).alarm.any()


def test_each_pump_has_a_level_of_its_own() -> None:
    table = autoregressive(3000, 2, 0.3, seed=19)
    names = ["p1"] * 1500 + ["p2"] * 1500
    table[1500:] += 10
    reference = learn_drift(table, times=np.tile(minutes(1500), 2), assets=names, false_alarms_per_month=20.0)
    hot = autoregressive(300, 2, 0.3, seed=20) + 10
    assert not DriftWatch(reference, asset="p2").update(hot, times=minutes(300, 1500)).alarm.any()
    assert DriftWatch(reference, asset="p1").update(hot, times=minutes(300, 1500)).alarm.any()


def test_a_column_that_never_moved_and_one_that_is_empty_are_left_out() -> None:
    table = autoregressive(800, 4, 0.2, seed=21)
    table[:, 1], table[:, 2] = 7.0, np.nan
    reference = learn_drift(table, false_alarms_per_month=100.0)
    fresh = autoregressive(300, 4, 0.2, seed=22)
    fresh[:, 1], fresh[:, 2] = 9.0, 1.0
    watched = DriftWatch(reference).update(fresh)
    assert np.isfinite(watched.statistics).all()


def test_a_history_whose_levels_wander_does_not_alarm_when_they_wander_on() -> None:
    table = autoregressive(4000, 4, 0.3, seed=23)
    table[:, 0] += np.repeat([0.0, 3.0, -3.0, 1.0, 4.0, -2.0, 0.0, 2.0], 500)
    reference = learn_drift(table, step_s=60.0)
    fresh = autoregressive(4000, 4, 0.3, seed=24)
    fresh[:, 0] += np.repeat([2.0, -3.0, 4.0, 0.0, 1.0, -1.0, 3.0, 0.0], 500)
    assert not DriftWatch(reference).update(fresh).alarm.any()
    fresh[2000:, 2] += 1.0
    assert DriftWatch(reference).update(fresh).alarm[2000:].any()


def test_limits_give_way_where_history_broke_its_own_rules() -> None:
    table = autoregressive(4000, 4, 0.3, seed=23)
    table[:, 1] = 0.98 * table[:, 0] + 0.2 * table[:, 1]
    strict = learn_drift(table, step_s=60.0)
    table[1600:2400, 1] = autoregressive(800, 1, 0.3, seed=24)[:, 0]
    loose = learn_drift(table, step_s=60.0)
    assert not strict.wandered
    assert loose.wandered
    again = autoregressive(600, 4, 0.3, seed=25)
    assert DriftWatch(strict).update(again).alarm.any()
    assert not DriftWatch(loose).update(again).alarm.any()


def test_a_short_history_says_that_it_still_learns() -> None:
    assert learn_drift(autoregressive(120, 3, 0.5, seed=25)).still_learning
    with pytest.raises(ValueError, match="50 rows"):
        learn_drift(autoregressive(49, 3, 0.5, seed=25))


def test_the_same_history_gives_the_same_arrays() -> None:
    table = autoregressive(500, 3, 0.5, seed=26)
    one, two = (learn_drift(table, false_alarms_per_month=100.0).arrays() for _ in range(2))
    assert one.keys() == two.keys()
    assert all(np.array_equal(one[name], two[name]) for name in one)


_KEPT: list[DriftReference] = []


def _small() -> DriftReference:
    if not _KEPT:
        _KEPT.append(
            learn_drift(autoregressive(1500, 3, 0.6, seed=10), step_s=60.0, false_alarms_per_month=100.0)
        )
    return _KEPT[0]


def test_a_season_is_learnt_only_where_there_is_one() -> None:
    times = minutes(6 * 1440)
    slow = learn_drift(autoregressive(len(times), 2, 0.9, seed=27), times=times, false_alarms_per_month=100.0)
    assert slow.context.periods.tolist() == [0, 0, 0]
    table, _ = days(len(times), 2, seed=28)
    assert learn_drift(table, times=times, false_alarms_per_month=100.0).context.periods.tolist() == [1, 0, 0]
