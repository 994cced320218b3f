"""The memory of a stream: small, bounded, kept and taken up, and what rows do to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from andamio.errors import WindowsRefused
from andamio.features.windows import (
    TICKS,
    Pushed,
    WindowPlan,
    WindowStream,
    form_windows,
    kept,
    read_ticks,
    taken_up,
)
from andamio.features.windows import stream as streams
from andamio.features.windows.moments import moment_texts

from .streams import Row, plan, samples, written


def push(stream: WindowStream, rows: Sequence[Row]) -> Pushed:
    return stream.push([row.asset for row in rows], samples(rows))


def line(ticks: Sequence[int], asset: str = "a") -> list[Row]:
    return [Row(asset, tick, (float(tick), -float(tick))) for tick in ticks]


@pytest.mark.parametrize(
    "window",
    [plan(length=5), plan(length=5, every=10, gap=30, lateness=20), plan(length=5, gap=50, step=3)],
    ids=["rows", "grid", "steps"],
)
def test_the_memory_does_not_grow_with_the_stream(window: WindowPlan) -> None:
    stream = WindowStream(window)
    sizes = []
    for start in range(0, 20_000, 100):
        push(stream, line(range(start, start + 100)))
        sizes.append(len(stream.memory["a"].samples))
    assert max(sizes) == max(sizes[:3]) <= 12
    assert len(kept(stream)) < 1500


def test_a_row_that_differs_corrects_and_an_equal_one_is_ignored() -> None:
    stream = WindowStream(plan(length=2, lateness=10))
    first = push(stream, [Row("a", 1, (1.0, 1.0)), Row("a", 2, (2.0, 2.0)), Row("a", 2, (2.0, 2.0))])
    assert first.ignored.tolist() == [False, False, True]
    push(stream, [Row("a", 2, (5.0, math.nan))])
    windows = stream.close().windows
    assert windows.signals.tolist() == [[1.0, 5.0, 1.0, 2.0]]


def test_tags_that_come_on_lines_of_their_own_are_one_row() -> None:
    stream = WindowStream(plan(length=2, lateness=10))
    push(stream, [Row("a", t, v) for t in (1, 2) for v in ((1.0 * t, math.nan), (math.nan, 9.0 * t))])
    assert stream.close().windows.signals.tolist() == [[1.0, 2.0, 9.0, 18.0]]


def test_the_grid_takes_the_last_known_value_and_begins_anew_after_a_gap() -> None:
    rows = [Row("a", 3, (1.0, 7.0)), Row("a", 8, (2.0, math.nan)), Row("a", 10, (3.0, math.nan))]
    rows += [
        Row("a", 11, (4.0, math.nan)),
        Row("a", 31, (5.0, 8.0)),
        Row("a", 60, (6.0, 9.0)),
        *line([70, 80]),
    ]
    window = plan(length=2, every=10, gap=15)
    windows = form_windows(window, np.zeros(len(rows), np.intp), samples(rows))
    assert windows.ticks.tolist() == [20, 70, 80]
    assert windows.signals[0].tolist()[:2] == [3.0, 4.0]
    assert windows.signals[0].tolist()[2] == 7.0
    assert math.isnan(windows.signals[0].tolist()[3])
    assert windows.sources.tolist() == [3, 6, 7]


def test_a_late_row_is_flagged_and_later_windows_see_it() -> None:
    stream = WindowStream(plan(length=3))
    assert len(push(stream, line([1, 2, 4])).windows) == 1
    late = push(stream, line([3]))
    assert late.late.tolist() == [True]
    assert len(late.windows) == 0
    after = push(stream, line([5])).windows
    assert after.signals.tolist() == [[3.0, 4.0, 5.0, -3.0, -4.0, -5.0]]


def test_a_cycle_ends_with_the_next_and_is_drawn_to_one_length() -> None:
    stream = WindowStream(plan(length=3, cycles=True, lateness=2, tags=(0,)))
    cycle = [Row("a", t, (float(t), 0.0), cycle="1") for t in (0, 1, 4)]
    assert len(push(stream, cycle).windows) == 0
    assert len(push(stream, [Row("a", 5, (0.0, 0.0), cycle="2")]).windows) == 0
    (one,) = push(stream, [Row("a", 7, (0.0, 0.0), cycle="2")]).windows.signals.tolist()
    assert one == [0.0, 2.0, 4.0]
    assert len(stream.close().windows) == 1


def test_assets_whose_window_would_begin_anew_give_way() -> None:
    stream = WindowStream(plan(length=2, gap=10, lateness=5), most_assets=2)
    push(stream, [*line([0], "a"), *line([1], "b")])
    push(stream, line([100], "c"))
    assert list(stream.memory) == ["b", "c"]
    with pytest.raises(WindowsRefused) as refused:
        push(stream, [*line([101], "d"), *line([101], "e")])
    assert "more than 2 assets" in str(refused.value.what)


def test_rows_that_wait_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_WAITING", 10)
    stream = WindowStream(plan(length=2, cycles=True))
    with pytest.raises(WindowsRefused) as refused:
        push(stream, [Row("a", t, (1.0, 1.0), cycle="1") for t in range(11)])
    assert "more than 10 rows of a wait" in str(refused.value.what)


def test_a_kept_memory_is_taken_up_only_by_windows_of_its_form() -> None:
    window = plan(length=3, lateness=4)
    stream = WindowStream(window)
    push(stream, line([1, 2, 3, 4]))
    again = taken_up(replace(window, lateness=9), kept(stream))
    assert kept(again) == kept(stream)
    for other in (replace(window, length=4), replace(window, tags=np.array([1]))):
        with pytest.raises(WindowsRefused) as refused:
            taken_up(other, kept(stream))
        assert "not those of this model" in str(refused.value.what)


@pytest.mark.parametrize("place", [0, 31, 32, 60, -1])
def test_a_memory_with_one_turned_byte_is_refused(place: int) -> None:
    stream = WindowStream(plan())
    push(stream, line([1, 2, 3]))
    content = bytearray(kept(stream))
    content[place] ^= 1
    with pytest.raises(WindowsRefused):
        taken_up(plan(), bytes(content))


def test_moments_are_read_as_they_are_written() -> None:
    texts = [
        "2026-01-01T00:00:00Z",
        "2026-01-01 01:00+01:00",
        "2026-01-01",
        "5",
        "5.0",
        "-2.5e0",
        "soon",
        None,
    ]
    ticks, known = read_ticks(texts)
    assert known.tolist() == [True] * 6 + [False] * 2
    assert len(set(ticks[:3].tolist())) == 1
    assert ticks[3:6].tolist() == [5 * TICKS, 5 * TICKS, -2_500_000]
    assert moment_texts(ticks[:1], "time").tolist() == ["2026-01-01T00:00:00+00:00"]
    assert moment_texts(ticks[:1] + 1, "time").tolist() == ["2026-01-01T00:00:00.000001+00:00"]
    assert moment_texts(ticks[4:6], "counts").tolist() == ["5", "-2.5"]
    assert read_ticks(moment_texts(ticks[:1] + 1, "time").tolist())[0].tolist() == [ticks[0] + 1]


def test_an_empty_push_gives_no_window() -> None:
    stream = WindowStream(plan())
    pushed = push(stream, [])
    assert written(pushed.windows, pushed.assets) == []
    assert written(stream.close().windows, []) == []
