"""Which rows are to be judged, and for what: the only part that looks at every row of every tag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.clipped import repeats_at_ends
from andamio.statistics.faults.drift import BLOCK
from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.signals import Signals
from andamio.statistics.faults.windows import AFTER, AROUND, HELD, LATE, LONG, window_sum

Event = tuple[int, int, int, str]


def events(seen: Signals, ref: FaultReference) -> list[Event]:
    """Return what is to be judged in the new rows: row, order within the row, tag, and what it is."""
    new = seen.new
    rows = len(seen.raw)
    events: list[Event] = []

    def add(flags: NDArray[np.bool_], order: int, what: str) -> None:
        places, tags = np.nonzero(flags)
        events.extend((int(r), order, int(t), what) for r, t in zip(places, tags, strict=True))

    add((seen.run == seen.run_limit) | (seen.run == ref.rests), 1, "run")
    before = np.vstack([seen.run_before[None, :], seen.run[:-1]])
    add((seen.run == 1) & (before >= 4), 0, "moves")
    for flags, limit, what in (
        (seen.absent, ref.absent_limit, "absent"),
        (seen.code, np.int64(1), "code"),
    ):
        if flags.any():
            count = window_sum(flags.astype(np.int64), LONG)[new - 1 :]
            add((count[1:] >= limit) & (count[:-1] < limit), 1, what)
            short = window_sum(flags.astype(np.int64), 8)[new - 1 :]
            add((short[1:] == 0) & (short[:-1] > 0), 0, what + " over")
    at = slice(new - LATE, new - LATE + rows)
    tall, lone = np.abs(seen.spikes[at]), np.abs(seen.lone[at])
    add((tall > ref.spike_limit) | ((lone > ref.spike_left_limit) & (tall > 0.5 * lone)), 7, "spike")
    add((seen.run >= HELD + AFTER) & (seen.run % 8 == 0) & np.isfinite(ref.held_limit), 3, "held")
    ends = repeats_at_ends(seen.filled)[new - 1 :]
    add((ends[1:] >= ref.clip_limit) & (ends[:-1] < ref.clip_limit), 2, "ends")
    add((ends[1:] < 3) & (ends[:-1] >= 3), 0, "ends over")
    events += [(row, 8, -1, "block") for row in range((-1 - seen.first) % BLOCK, rows, BLOCK)]
    own = np.abs(seen.steps[new - AFTER + 1 - AROUND : new - AFTER + 1 + rows + AROUND])
    left = np.abs(seen.left[new - AFTER + 1 - AROUND : new - AFTER + 1 + rows + AROUND])
    add((own[AROUND:-AROUND] > 0.6 * ref.step_limit) & _peak(own, rows), 4, "step")
    add((left[AROUND:-AROUND] > ref.left_limit) & _peak(left, rows), 5, "step")
    lively = np.abs(seen.lively[new - AFTER + 1 - AROUND : new - AFTER + 1 + rows + AROUND])
    add((lively[AROUND:-AROUND] > ref.lively_limit) & _peak(lively, rows), 6, "step")
    novel = seen.novel
    if novel.any():
        at = slice(new - AFTER + 1, new - AFTER + 1 + rows)
        past = novel[new - AFTER : new - AFTER + rows]
        count = window_sum(novel.astype(np.int64), LONG)
        ahead = count[new - AFTER + LONG : new - AFTER + LONG + rows]
        add((novel[at] & ~past & (ahead >= 0.75 * LONG)) | (past & ~novel[at] & (ahead <= 4)), 6, "step")
    return events


def _peak(sizes: NDArray[np.float64], rows: int) -> NDArray[np.bool_]:
    """Tell where a size is the largest of four rows on either side."""
    most = sizes[:rows]
    for k in range(1, 2 * AROUND + 1):
        most = np.maximum(most, sizes[k : k + rows])
    out: NDArray[np.bool_] = sizes[AROUND : AROUND + rows] >= most
    return out
