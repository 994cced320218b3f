"""The watch: order, lateness, two assets, other versions, clocks that jump, and a restart anywhere."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from andamio.monitoring.asset_line import Patience
from andamio.monitoring.findings import Level
from andamio.monitoring.following import Follower, Replay
from andamio.monitoring.watch import Watch
from andamio.monitoring.watch_file import WatchFile

from .watched import MINUTE, START, Counting, Writer, detectors

FAR = START + 1e6
PATIENCE = Patience(late_s=300, backfill_s=3600)


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path / "journal")


def fresh(step: int = 7) -> Watch:
    return Watch(detectors, patience=PATIENCE, step=step)


def follower(writer: Writer, version: int = 1) -> Follower:
    file = WatchFile(writer.folder.parent / "monitor" / f"{version}.npz", of=f"pump@{version}")
    found = Follower(writer.stream(version), fresh(), file)
    found.begin()
    return found


def counted(watch: Watch, asset: str = "pump-1") -> Counting:
    detector = watch.assets[asset].detectors[1]
    assert isinstance(detector, Counting)
    return detector


def test_rows_of_two_assets_reach_their_detectors_in_the_order_of_their_event_times(writer):
    writer.answer([0, 2, 1, 4, 3], [60, 62, 61, 64, 63], assets=["a", "b", "a", "b", "a"])
    one = follower(writer)
    assert one.catch_up(FAR) == 5
    assert counted(one.watch, "a").rows[0] == 3
    assert counted(one.watch, "b").rows[0] == 2
    assert one.watch.waiting() == 0


def test_a_row_waits_for_older_ones_and_then_goes_in_its_place(writer):
    writer.answer([0, 1, 3])
    writer.answer([2], worker="serve-1-2", arrived=3.5)
    one = follower(writer)
    one.catch_up(START + 3.6 * MINUTE)
    assert counted(one.watch).rows[0] == 0
    assert one.watch.waiting() == 4
    writer.answer([9])
    one.catch_up(START + 9 * MINUTE)
    assert counted(one.watch).rows[0] == 4


def test_a_late_row_is_counted_and_noted_and_raises_no_alarm(writer):
    writer.answer(list(range(60)))
    writer.answer([10, 11, 12], 99.0, arrived=60)
    writer.answer([61])
    one = follower(writer)
    one.catch_up(FAR)
    assert one.watch.assets["pump-1"].line.counts.late == 3
    found = one.watch.standing()
    assert [finding.kind for finding in found] == ["late"]
    assert found[0].level is Level.NOTICE
    assert counted(one.watch).rows[0] == 61


def test_what_a_gateway_had_stored_raises_no_alarm_until_the_asset_is_at_the_present(writer):
    writer.answer(list(range(60)))
    for minute in range(60, 400, 10):  # stored for hours, then sent in order
        writer.answer([minute + i for i in range(10)], 99.0, arrived=700)
    one = follower(writer)
    one.catch_up(START + 2000 * MINUTE)
    assert {(f.kind, f.level) for f in one.watch.standing()} == {
        ("hot", Level.NOTICE),
        ("backfill", Level.NOTICE),
    }
    writer.answer([701, 702], 99.0)
    one.catch_up(START + 2100 * MINUTE)
    assert {(f.kind, f.level) for f in one.watch.standing()} == {("hot", Level.ALARM)}


def test_an_alarm_of_the_present_stays_one_while_old_rows_come_in(writer):
    writer.answer(list(range(60)), 99.0)
    one = follower(writer)
    one.catch_up(FAR)
    writer.answer([100, 101], 99.0, arrived=900)
    one.catch_up(FAR)
    assert {(f.kind, f.level) for f in one.watch.standing()} >= {("hot", Level.ALARM)}


def test_a_replay_of_a_file_of_last_year_is_not_taken_for_the_past(writer):
    writer.answer(list(range(600)), 99.0, arrived=500_000)
    one = follower(writer)
    one.catch_up(START + 1e9)
    assert {(f.kind, f.level) for f in one.watch.standing()} == {("hot", Level.ALARM)}


def test_a_clock_that_leaps_ahead_and_comes_back_loses_nothing_of_before(writer):
    writer.answer(list(range(60)), 99.0)
    one = follower(writer)
    one.catch_up(START + 70 * MINUTE)
    writer.answer([10_000, 10_001], 60.0, arrived=61)
    one.catch_up(START + 71 * MINUTE)
    kinds = {f.kind for f in one.watch.standing()}
    assert "clock" in kinds
    again = follower(writer)  # and a restart in the middle
    writer.answer([62, 63], 99.0)
    again.catch_up(START + 80 * MINUTE)
    assert {f.kind for f in again.watch.standing()} == {"hot"}
    assert counted(again.watch).rows[0] == 62
    assert counted(again.watch).hot_since[0] == START
    assert again.watch.assets["pump-1"].line.counts.leaps == 1


def test_a_clock_that_was_never_right_begins_anew_when_it_is_set(writer):
    writer.answer([10_000, 10_001], arrived=1)
    writer.answer([2, 3, 4], 99.0)
    one = follower(writer)
    one.catch_up(FAR)
    assert counted(one.watch).rows[0] == 3


def test_the_box_s_own_clock_may_jump_where_rows_tell_no_time(writer):
    writer.answer([0, 1, 2], timed=False)
    writer.answer([900_000], timed=False)
    writer.answer([3, 4], 99.0, timed=False)
    one = follower(writer)
    one.catch_up(START + 10 * MINUTE)
    assert "hot" in {finding.kind for finding in one.watch.standing()}


def test_what_a_shadow_or_another_version_answered_is_kept_apart(writer):
    writer.answer([0, 1, 2])
    writer.answer([3, 4], 99.0, shadow=True)
    writer.answer([5, 6], 99.0, version=2)
    one, two = follower(writer), follower(writer, version=2)
    assert (one.catch_up(FAR), two.catch_up(FAR)) == (3, 2)
    assert [finding.kind for finding in two.watch.standing()] == ["hot"]
    assert not one.watch.standing()


def test_what_the_first_detector_doubts_the_others_are_told(writer):
    writer.answer([0, 1, 2], [99, 99, 900])
    one = follower(writer)
    one.catch_up(FAR)
    assert not one.watch.standing()


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 8])
def test_a_restart_between_any_two_readings_changes_nothing(writer, tmp_path, cut):
    random = np.random.default_rng(3)
    minutes = np.cumsum(random.exponential(1, 240)) + random.normal(0, 1, 240)
    temps = 60 + random.normal(0, 2, 240)
    whole = Writer(tmp_path / "other" / "journal")
    for start in range(0, 240, 6):
        rows = slice(start, start + 6)
        assets = ["a" if i % 3 else "b" for i in range(6)]
        for one in (writer, whole):
            one.answer(minutes[rows].tolist(), temps[rows].tolist(), assets=assets)
        if start % (6 * cut) == 0:
            follower(writer).catch_up(-math.inf)
    first, second = follower(writer), follower(whole)
    first.catch_up(-math.inf)
    second.catch_up(-math.inf)
    for asset in "ab":
        for name, kept in counted(first.watch, asset).state().items():
            assert np.array_equal(kept, counted(second.watch, asset).state()[name], equal_nan=True), name
    assert first.watch.pack().keys() == second.watch.pack().keys()
    assert first.watch.assets["a"].line.counts == second.watch.assets["a"].line.counts
    assert first.watch.totals == second.watch.totals


def test_a_damaged_or_foreign_file_is_read_again_from_the_journal(writer):
    writer.answer([0, 1, 2])
    one = follower(writer)
    one.catch_up(FAR)
    assert one.file is not None
    one.file.path.write_bytes(one.file.path.read_bytes()[:-40])
    two = follower(writer)
    assert two.cursor.places == {}
    assert two.catch_up(FAR) == 3
    three = Follower(writer.stream(), fresh(), WatchFile(one.file.path, of="another reference"))
    assert not three.begin()


def test_nothing_new_is_not_written_again(writer):
    writer.answer([0, 1, 2])
    one = follower(writer)
    one.catch_up(FAR)
    assert one.file is not None
    before = one.file.path.stat().st_mtime_ns
    one.catch_up(FAR)
    assert one.file.path.stat().st_mtime_ns == before


def test_the_state_is_small(writer):
    writer.answer(list(range(5000)))
    one = follower(writer)
    one.catch_up(FAR)
    assert one.file is not None
    assert one.file.path.stat().st_size < 10_000


def test_names_without_end_are_not_watched_without_end(writer, monkeypatch):
    monkeypatch.setattr("andamio.monitoring.watch.MOST_ASSETS", 3)
    writer.answer([0] * 10, assets=[f"x{i}" for i in range(10)])
    one = follower(writer)
    one.catch_up(FAR)
    assert len(one.watch.assets) == 3
    assert [(f.kind, f.data["rows"]) for f in one.watch.standing()] == [("unwatched", 7)]


def test_a_replay_says_from_when_to_when_a_finding_would_have_stood(writer):
    writer.answer(list(range(100)))
    writer.answer(list(range(100, 150)), 99.0)
    writer.answer(list(range(150, 300)))
    episodes = Replay(fresh(step=5)).run(writer.stream())
    assert len(episodes) == 1
    episode = episodes[0]
    assert (episode.kind, episode.asset, episode.since) == ("hot", "pump-1", START + 100 * MINUTE)
    assert START + 100 * MINUTE <= episode.raised <= START + 105 * MINUTE
    assert episode.cleared is not None
    assert START + 150 * MINUTE <= episode.cleared <= START + 155 * MINUTE


def test_a_replay_looks_at_its_period_alone_and_at_late_rows_too(writer):
    writer.answer(list(range(100)), 99.0)
    writer.answer(list(range(200, 300)))
    replay = Replay(fresh(), start=START + 200 * MINUTE, end=START + 250 * MINUTE)
    assert replay.run(writer.stream()) == []
    assert replay.rows == 50
