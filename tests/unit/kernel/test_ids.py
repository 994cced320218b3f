"""Ids rise, never repeat, and tell when they were made."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.kernel.ids import ID_LENGTH, IdMaker, time_of


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**44), min_size=1, max_size=200))
def test_ids_of_one_maker_rise_whatever_the_clock_does(readings):
    moments = iter(readings)
    ids = IdMaker(clock_ms=lambda: next(moments)).take(len(readings))
    assert ids == sorted(set(ids))
    assert {len(name) for name in ids} == {ID_LENGTH}


def test_a_stopped_clock_gives_as_many_ids_as_are_asked_for():
    ids = IdMaker(clock_ms=lambda: 1_795_000_000_000).take(100_000)
    assert ids == sorted(set(ids))


def test_an_id_tells_its_moment():
    moment = datetime(2026, 11, 20, 15, 30, 0, 123_000, UTC)
    (name,) = IdMaker(clock_ms=lambda: round(moment.timestamp() * 1000)).take(1)
    assert time_of(name) == moment


def test_ids_of_different_moments_sort_by_time_whoever_made_them():
    early = IdMaker(clock_ms=lambda: 1_000).take(50)
    late = IdMaker(clock_ms=lambda: 1_001).take(50)
    assert max(early) < min(late)


def test_makers_do_not_meet():
    makers = [IdMaker(clock_ms=lambda: 7) for _ in range(50)]
    ids = [name for maker in makers for name in maker.take(100)]
    assert len(set(ids)) == len(ids)


def test_threads_share_a_maker():
    maker = IdMaker()
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.extend(maker.take(2000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 8000


@settings(deadline=None)
@given(st.text(max_size=20))
def test_other_text_tells_no_moment_and_does_not_fail(name):
    found = time_of(name)
    assert found is None or len(name) == ID_LENGTH
