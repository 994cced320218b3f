"""Live windows are those of the whole history, to the byte, however the rows come."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from andamio.features.windows import WindowPlan, WindowStream, form_windows, kept, taken_up

from .streams import Row, Written, plainly, plan, samples, written

VALUES = st.one_of(st.just(math.nan), st.integers(-50, 50).map(float))


@st.composite
def plans(draw: st.DrawFn) -> WindowPlan:
    kind = draw(st.sampled_from(["rows", "grid", "cycles"]))
    gap = draw(st.none() | st.integers(3, 30))
    every = draw(st.integers(1, 8)) if kind == "grid" else None
    length = draw(st.integers(1, 5))
    return plan(
        length=length,
        least=draw(st.sampled_from([0, 1, (length + 1) // 2])) if kind != "cycles" else 0,
        every=every,
        step=draw(st.integers(1, 3)) if kind != "cycles" else 1,
        gap=3 * every if every is not None and gap is None else gap,
        lateness=draw(st.integers(0, 40)),
        cycles=kind == "cycles",
        tags=draw(st.sampled_from([(0, 1), (1,), (0,)])),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    rows: list[Row] = []
    for asset in draw(st.sampled_from([("a",), ("a", "b"), ("a", "b", "c")])):
        tick = draw(st.integers(-20, 20))
        cycle = 0
        for _ in range(draw(st.integers(1, 25))):
            tick += draw(st.sampled_from([1, 1, 2, 3, 5, 9, 40]))
            cycle += draw(st.sampled_from([0, 0, 0, 1]))
            numbers = (draw(VALUES), draw(VALUES))
            rows.append(
                Row(asset, tick, numbers, draw(st.sampled_from(["A", "B", ""])), str(cycle % 3 or ""))
            )
    return rows


@st.composite
def arrivals(draw: st.DrawFn, rows: list[Row], lateness: int) -> list[Row]:
    """Shuffle, delay and repeat rows, none by the whole lateness or more."""
    coming: list[tuple[float, float, Row]] = []
    for row in rows:
        for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
            delay = draw(st.floats(0, 0.999)) * max(lateness - 1, 0)
            coming.append((row.tick + delay, draw(st.floats(0, 1)) if lateness else 0.0, row))
    return [row for _, _, row in sorted(coming, key=lambda c: (c[0], c[1]))]


def streamed(window: WindowPlan, rows: list[Row], cuts: list[int], restarts: list[bool]) -> list[Written]:
    stream, found, start = WindowStream(window), [], 0
    for size, restart in zip([*cuts, len(rows)], [*restarts, False], strict=True):
        piece = rows[start : start + size]
        pushed = stream.push([row.asset for row in piece], samples(piece, start))
        assert not pushed.late.any()
        found += written(pushed.windows, pushed.assets)
        start += size
        if restart:
            stream = taken_up(window, kept(stream))
    closed = stream.close()
    return found + written(closed.windows, closed.assets)


def at_once(window: WindowPlan, rows: list[Row]) -> list[Written]:
    names = sorted({row.asset for row in rows})
    codes = np.array([names.index(row.asset) for row in rows], np.intp)
    return written(form_windows(window, codes, samples(rows)), names)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_shuffled_delayed_repeated_and_restarted_rows_give_the_same_bytes(data: st.DataObject) -> None:
    window, rows = data.draw(plans()), data.draw(histories())
    coming = data.draw(arrivals(rows, window.lateness))
    cuts = data.draw(st.lists(st.integers(1, 7), max_size=12))
    restarts = data.draw(st.lists(st.booleans(), min_size=len(cuts), max_size=len(cuts)))
    live = streamed(window, coming, cuts, restarts)
    assert len(set(live)) == len(live)
    assert sorted(live) == sorted(at_once(window, rows))


@settings(max_examples=60, deadline=None)
@given(plans(), histories(), st.randoms(use_true_random=False))
def test_windows_are_those_that_are_formed_one_by_one(window: WindowPlan, rows: list[Row], random) -> None:  # type: ignore[no-untyped-def]
    expected = plainly(window, rows)
    random.shuffle(rows)
    names = sorted({row.asset for row in rows})
    codes = np.array([names.index(row.asset) for row in rows], np.intp)
    found = form_windows(window, codes, samples(rows))
    assert [(names[c], t) for c, t in zip(found.codes, found.ticks, strict=True)] == [e[:2] for e in expected]
    for place, (_, _, numbers, signals) in enumerate(expected):
        np.testing.assert_array_equal(found.numbers[place], np.array(numbers, np.float32))
        wanted = np.array(signals, np.float32).reshape(-1)
        if window.cycles:
            np.testing.assert_allclose(found.signals[place], wanted, rtol=1e-5, atol=1e-5)
        else:
            np.testing.assert_array_equal(found.signals[place], wanted)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_too_late_rows_correct_later_windows_and_raise_no_earlier_one_again(data: st.DataObject) -> None:
    window, rows = data.draw(plans()), data.draw(histories())
    if window.cycles or (window.every is None and window.step > 1):
        window = replace(window, cycles=False, step=1)
    late = data.draw(st.sampled_from(rows))
    others = sorted((row for row in rows if row is not late), key=lambda row: row.tick)
    cut = data.draw(st.integers(0, len(others)))
    before, after = others[:cut], others[cut:]
    newest = max((row.tick for row in before if row.asset == late.asset), default=late.tick)
    assume(newest > late.tick)
    stream = WindowStream(window)
    said: list[Written] = []
    for piece in (before, [late], after):
        pushed = stream.push([row.asset for row in piece], samples(piece))
        said += written(pushed.windows, pushed.assets)
        if piece == [late]:
            assert not pushed.late.any() or late.tick <= newest - window.lateness
    closed = stream.close()
    said += written(closed.windows, closed.assets)
    moments = [(asset, tick) for asset, tick, *_ in said]
    assert len(set(moments)) == len(moments)
    truth = {one[:2]: one for one in at_once(window, rows)}
    for one in said:
        if one[0] != late.asset or one[1] > newest:
            assert one == truth[one[:2]]
    assert {m for m in truth if m[0] != late.asset or m[1] > newest} <= set(moments)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_size_of_the_pieces_changes_nothing_even_for_rows_that_come_too_late(data: st.DataObject) -> None:
    window, rows = data.draw(plans()), data.draw(histories())
    coming = data.draw(st.permutations(rows))
    cuts = data.draw(st.lists(st.integers(1, 7), max_size=12))
    pieces = np.split(np.arange(len(coming)), np.cumsum(cuts)[np.cumsum(cuts) < len(coming)])
    by_pieces: list[Written] = []
    by_row: list[Written] = []
    late_of: list[list[bool]] = []
    for parts, found in ((pieces, by_pieces), ([[i] for i in range(len(coming))], by_row)):
        stream, flags = WindowStream(window), []
        for part in parts:
            piece = [coming[i] for i in part]
            pushed = stream.push([row.asset for row in piece], samples(piece))
            found.extend(written(pushed.windows, pushed.assets))
            flags += pushed.late.tolist()
        late_of.append(flags)
    assert sorted(by_pieces) == sorted(by_row)
    assert late_of[0] == late_of[1]
