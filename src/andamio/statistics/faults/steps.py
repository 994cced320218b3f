"""A lasting step of one tag: change of unit, offset, or the process? Judged with 40 rows of hindsight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.fault import Fault, FaultKind
from andamio.statistics.faults.peers import unexplained
from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.signals import Signals
from andamio.statistics.faults.units import Conversion
from andamio.statistics.faults.windows import (
    AFTER,
    BEFORE,
    LONG,
    contrasts,
    liveliness,
    median_of_five,
    on_grid,
)

_NEAR = 6
_LEVEL_ROWS = 8
_MOST_DOUBT = 4
_MATTERS = 2.0  # an offset is at least so many standard deviations of the tag
_DOUBT_OFFSET = 1.5  # how unlikely an offset is beforehand, in nats, beside what its size adds
_BLOCKS = 3  # independent parts that the rows after a step are worth
_WIDTHS = (1, 3, 8)  # rows on either side over which it is asked who moved
_MOVED = 0.5  # of the unexplained step, at most, may be what the peers say
_OF_SIZE = 0.25  # the step is at least so much of what the medians say
_UNEXPLAINED = 1.2  # of what the peers may leave
_NOVEL, _OUT_OF_USUAL, _WITHIN_USUAL = 0.5, 0.75, 1.4  # surprise that is needed, by where the tag now is


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a step turned out to be. ``conversion`` is None for an offset."""

    size: float
    before: float
    after: float
    beside: float  # what the peers left unexplained before the step; the level itself where there are none
    certainty: float
    conversion: Conversion | None = None


def judge_step(
    seen: Signals, reference: FaultReference, place: int, tag: int, *, busy: NDArray[np.bool_]
) -> Step | None:
    """Judge a step; None when it is the process's, or nothing.

    Args:
        seen: The rows.
        reference: What is usual.
        place: Row of the step in ``seen.filled``.
        tag: The tag.
        busy: Tags with a fault of their own, which are no witnesses.
    """
    if seen.clean[place, tag] > _MOST_DOUBT or _holds(seen, reference, place, tag):
        return None
    step = _explained(seen, reference, place, tag, busy)
    if step is None or process_moved(seen, reference, place, tag, step, busy):
        return None
    return step


def process_moved(
    seen: Signals, reference: FaultReference, place: int, tag: int, step: Step, busy: NDArray[np.bool_]
) -> bool:
    """Tell whether other tags moved at the same time; then it is no matter of one sensor.

    Where the peers say what the tag should read, the step is undone first, and what is then left unexplained
    in the others counts: a tag that leans on a faulty one is well again once the fault is taken away.
    """
    near = slice(place - _NEAR, place + _NEAR + 1)
    moved = np.abs(seen.moves[near]).max(axis=0) / reference.move_limit
    stepped = np.abs(seen.steps[near]).max(axis=0) / reference.step_limit
    far = np.maximum(moved, stepped)
    enough = np.where(reference.related[tag], 0.6, 1.0)
    witnesses = ~busy
    if (
        _has_peers(reference, tag, busy)
        and abs(seen.left[place, tag]) > _UNEXPLAINED * reference.left_limit[tag]
    ):
        far[tag] = abs(seen.left[place, tag]) / reference.left_limit[tag]
        others = _left_when_undone(seen, reference, place, tag, step)
        far = np.where(np.arange(len(far)) == tag, far[tag], others)
        enough = np.full(len(far), 1.0)
        leans_on_busy = ((reference.weights != 0) & busy[reference.peers]).any(axis=1)
        witnesses = witnesses & ~leans_on_busy
    elif step.conversion is not None and _all_novel(seen, place, tag):
        enough = np.where(seen.novel[place : place + LONG].mean(axis=0) > 0.5, 0.6, np.inf)
    witnesses[tag] = False
    return bool(((far > enough) & (far > 0.3 * far[tag]) & witnesses).any())


def _left_when_undone(
    seen: Signals, reference: FaultReference, place: int, tag: int, step: Step
) -> NDArray[np.float64]:
    """Return, in limits, the lasting steps that no peer explains once the tag's own step is taken away."""
    window = seen.filled[place - BEFORE : place + AFTER].copy()
    after = window[BEFORE:, tag]
    known = step.conversion
    window[BEFORE:, tag] = after - step.size if known is None else known.undo(after)
    left = contrasts(unexplained(median_of_five(window), reference.peers, reference.weights))[0]
    found: NDArray[np.float64] = np.abs(left).max(axis=0) / reference.left_limit
    return found


def undone(fault: Fault, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the tag would read without the fault."""
    evidence = fault.evidence
    if fault.kind is FaultKind.UNIT:
        return (values - evidence["shift"]) / evidence["factor"]
    return values - evidence["size"]


def is_over(seen: Signals, reference: FaultReference, rows: slice, tag: int, fault: Fault) -> bool:
    """Tell whether rows are nearer to what the tag should read as they are than with the fault undone."""
    values, wanted = seen.filled[rows, tag], np.full(rows.stop - rows.start, fault.evidence["before"])
    if _has_peers(reference, tag, np.zeros(reference.tags, bool)) and "beside" in fault.evidence:
        table = seen.filled[rows]
        wanted = table[:, tag] - unexplained(table, reference.peers, reference.weights)[:, tag]
        wanted = wanted + fault.evidence["beside"]
    as_it_is, without = np.abs(values - wanted), np.abs(undone(fault, values) - wanted)
    return bool(as_it_is.sum() < without.sum())


def _has_peers(reference: FaultReference, tag: int, busy: NDArray[np.bool_]) -> bool:
    """Tell whether the tag has peers, all of them sound."""
    used = reference.weights[tag] != 0
    return bool(np.isfinite(reference.left_limit[tag]) and not busy[reference.peers[tag][used]].any())


def _holds(seen: Signals, reference: FaultReference, place: int, tag: int) -> bool:
    """Tell whether the rows after the step all read the same, which is for ``stuck`` to judge."""
    after, before = seen.filled[place + 4 : place + LONG, tag], seen.filled[place - LONG : place, tag]
    return bool(np.ptp(after) == 0 and np.ptp(before) > 0 and reference.rests[tag] == 0)


def _explained(
    seen: Signals, reference: FaultReference, place: int, tag: int, busy: NDArray[np.bool_]
) -> Step | None:
    around = seen.filled[place - LONG : place + LONG]
    expected = np.zeros(len(around))
    if _has_peers(reference, tag, busy):
        expected = around[:, tag] - unexplained(around, reference.peers, reference.weights)[:, tag]
    before, after = around[:LONG, tag], around[LONG:, tag]
    level, now = float(np.median(before[-_LEVEL_ROWS:])), float(np.median(after))
    beside = around[:, tag] - expected
    size = float(np.median(beside[LONG:]) - np.median(beside[LONG - _LEVEL_ROWS : LONG]))
    own = float(seen.steps[place, tag])
    lively = abs(float(seen.lively[place, tag])) / float(reference.lively_limit[tag])
    if lively < 1 and max(abs(own), abs(float(seen.left[place, tag]))) < _OF_SIZE * abs(size):
        return None
    surprise = _surprise(seen, reference, place, tag, busy)
    novel = _all_novel(seen, place, tag)
    conversion = _best(reference, tag, around[:, tag], expected)
    first = slice(LONG, LONG + _LEVEL_ROWS)
    wanted = expected[first] + float(np.median(beside[LONG - _LEVEL_ROWS : LONG]))
    again = after[:_LEVEL_ROWS] - size if conversion is None else conversion.undo(after[:_LEVEL_ROWS])
    if np.median(np.abs(again - wanted)) > np.median(np.abs(after[:_LEVEL_ROWS] - wanted)):
        return None  # it came later
    if conversion is not None and _has_peers(reference, tag, busy):
        surprise = max(surprise, abs(float(seen.left[place, tag])) / float(reference.left_limit[tag]))
    if conversion is not None and lively > 1:
        surprise = max(surprise, _WITHIN_USUAL * lively)
    if conversion is None and (
        size * own <= 0 or abs(size) < max(0.5 * abs(own), _MATTERS * reference.deviation[tag])
    ):
        return None
    if not novel:
        out = after.mean() > reference.level_high[tag] or after.mean() < reference.level_low[tag]
        if surprise < (_OUT_OF_USUAL if out else _WITHIN_USUAL):
            return None
    elif conversion is None and surprise < _NOVEL:
        return None
    certainty = float(np.clip(1.0 - 0.4 / max(surprise, 0.9) ** 2, 0.5, 0.99))
    return Step(
        size=size,
        before=level,
        after=now,
        beside=float(np.median(beside[LONG - _LEVEL_ROWS : LONG])),
        certainty=certainty,
        conversion=conversion,
    )


def _surprise(
    seen: Signals, reference: FaultReference, place: int, tag: int, busy: NDArray[np.bool_]
) -> float:
    """Compare a step with the limit of its tag; with peers, what they do not explain has to stand out too."""
    own, left = float(seen.steps[place, tag]), float(seen.left[place, tag])
    alone = abs(own) / float(reference.step_limit[tag])
    if not _has_peers(reference, tag, busy):
        return alone
    unexplained = abs(left) / float(reference.left_limit[tag])
    if _its_own(seen, reference, place, tag):
        return unexplained if unexplained < alone else max(alone, unexplained)
    return min(alone, unexplained)


def _its_own(seen: Signals, reference: FaultReference, place: int, tag: int) -> bool:
    """Tell whether the tag itself moved and not what its peers say, and more so than for any other tag."""
    rows = seen.filled[place - LONG : place + LONG]
    beside = unexplained(rows, reference.peers, reference.weights)
    share = np.full(reference.tags, np.inf)
    for width in _WIDTHS:
        own, left = (
            np.median(table[LONG : LONG + width], axis=0) - np.median(table[LONG - width : LONG], axis=0)
            for table in (rows, beside)
        )
        share = np.minimum(share, np.abs(own - left) / np.maximum(np.abs(left), 1e-300))
    others = np.abs(seen.left[place]) > reference.left_limit
    others[tag] = False
    return bool(share[tag] < _MOVED and (share[others] > share[tag]).all())


def _all_novel(seen: Signals, place: int, tag: int) -> bool:
    return bool(
        seen.novel[place : place + LONG, tag].mean() >= 0.75
        and seen.novel[place - LONG : place, tag].mean() <= 0.125
    )


def _best(
    reference: FaultReference, tag: int, values: NDArray[np.float64], expected: NDArray[np.float64]
) -> Conversion | None:
    """Weigh the changes of unit against an offset: level, liveliness and range must all come back.

    Args:
        reference: What is usual.
        tag: The tag.
        values: The 32 rows before the step and the 32 from it on.
        expected: What the peers say about them; zero where they say nothing.

    Returns:
        The change of unit; None where an offset explains the rows better.
    """
    conversions = reference.conversions(tag)
    factors = np.array([1.0, *(c.factor for c in conversions)])[:, None]
    after = values[LONG:]
    best = np.full(len(factors), -np.inf)
    for wanted, scale, unrest in (
        (np.zeros(len(values)), reference.scale[tag], reference.unrest[tag]),
        (expected, reference.left_scale[tag], reference.left_unrest[tag]),
    ):
        before = values[:LONG] - wanted[:LONG]
        level = float(np.median(before[-_LEVEL_ROWS:]))
        move = float(np.median(after - wanted[LONG:])) - level
        shifts = np.array([move, *(c.shift for c in conversions)])[:, None]
        undone = (after - shifts) / factors
        left = undone - wanted[LONG:]
        now = np.median(left, axis=1)
        shape = _BLOCKS * np.mean(np.minimum(((left - now[:, None]) / unrest) ** 2, 16.0), axis=1)
        apart = shape + 2.0 * np.log1p(0.5 * ((now - level) / scale) ** 2)
        doubts = np.array([_DOUBT_OFFSET + np.log1p(abs(move) / scale), *(c.doubt for c in conversions)])
        best = np.maximum(best, -0.5 * apart - doubts - _unlike_before(reference, tag, values[:LONG], undone))
        if not expected.any():
            break
    best -= _off_grid(after, shifts[:, 0], float(reference.grid[tag]) * np.abs(factors[:, 0]))
    chosen = int(np.argmax(best))
    return conversions[chosen - 1] if chosen else None


def _unlike_before(
    reference: FaultReference, tag: int, before: NDArray[np.float64], undone: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each hypothesis loses by a liveliness unlike that before, and by values never seen."""
    quiet = float(reference.quiet[tag])
    lively = np.log((liveliness(undone.T) + quiet) / (float(liveliness(before)) + quiet))
    small = np.abs(undone)
    outside = (undone > reference.high[tag]) | (undone < reference.low[tag])
    outside = (outside | ((small < reference.tiny[tag]) & (small > 0))).mean(axis=1)
    lost: NDArray[np.float64] = 0.5 * np.minimum((lively / reference.spread[tag]) ** 2, 25.0) + 8.0 * outside
    return lost


def _off_grid(
    after: NDArray[np.float64], shifts: NDArray[np.float64], grids: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each change of unit loses when the rows are no multiples of its rounding."""
    out = np.zeros(len(grids))
    most = float(np.abs(after).max())
    for k in np.flatnonzero((grids > 0) & (most <= 1e5 * grids)).tolist():
        places = np.diff(after) if shifts[k] else after
        out[k] = 8.0 * (1.0 - on_grid(places[places != 0], float(grids[k])))
    out[0] = 0.0
    return out
