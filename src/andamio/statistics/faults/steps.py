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
from andamio.statistics.faults.weighing import best_unit
from andamio.statistics.faults.windows import (
    AFTER,
    AROUND,
    BEFORE,
    LEVEL_ROWS,
    LONG,
    SHORT,
    contrasts,
    median_of_five,
)

_NEAR = 6
_MOST_DOUBT = 4
_MATTERS = 2.0  # an offset is at least so many standard deviations of the tag
_WIDTHS = (1, 3, 8)  # rows on either side over which it is asked who moved
_MOVED = 0.5  # of the unexplained step, at most, may be what the peers say
_OF_SIZE = 0.25  # the step is at least so much of what the medians say
_FURTHER = 1.5  # than the jump at a place: one that makes it no place of a step
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
    late: int = 0  # rows by which it began before the place that was judged


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
    if seen.clean[place, tag] > _MOST_DOUBT or not _may_matter(seen, reference, place, tag):
        return None
    if _holds(seen, reference, place, tag):
        return None
    for units in (True, False):
        step = _explained(seen, reference, place, tag, busy, units=units)
        if step is None or not process_moved(seen, reference, place, tag, step, busy):
            return step
        if step.conversion is None:
            break
    return None


def _may_matter(seen: Signals, reference: FaultReference, place: int, tag: int) -> bool:
    """Tell whether a step could surprise at all, before it is weighed; nearly none can."""
    most = max(
        abs(seen.steps[place, tag]) / reference.step_limit[tag],
        abs(seen.left[place, tag]) / reference.left_limit[tag],
    )
    lively = abs(seen.lively[place, tag]) / reference.lively_limit[tag]
    if max(most, _WITHIN_USUAL * lively if lively > 1 else 0.0) >= _WITHIN_USUAL:
        return True
    if _all_novel(seen, place, tag):
        return True
    level = seen.filled[place : place + LONG, tag].mean()
    beyond = level > reference.level_high[tag] or level < reference.level_low[tag]
    return bool(beyond and most >= _OUT_OF_USUAL)


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
    witnesses, has_peers = ~busy, _has_peers(reference, tag, busy)
    if has_peers and (
        step.conversion is not None or abs(seen.left[place, tag]) > _UNEXPLAINED * reference.left_limit[tag]
    ):
        far[tag] = abs(seen.left[place, tag]) / reference.left_limit[tag]
        others = _left_when_undone(seen, reference, place, tag, step)
        if step.conversion is not None and others[tag] > 1.0:
            return True  # undoing it does not mend the tag itself
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
    begin = BEFORE - step.late
    after, known = window[begin:, tag], step.conversion
    window[begin:, tag] = after - step.size if known is None else known.undo(after)
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
    seen: Signals, reference: FaultReference, place: int, tag: int, busy: NDArray[np.bool_], *, units: bool
) -> Step | None:
    """Weigh what the step may be; None when it is nothing. ``units`` tells whether it may be one of unit."""
    has_peers = _has_peers(reference, tag, busy)
    around = seen.filled[place - LONG : place + AFTER]
    expected = np.zeros(len(around))
    if has_peers:
        expected = around[:, tag] - unexplained(around, reference.peers, reference.weights)[:, tag]
    beside = around[:, tag] - expected
    values = around[: 2 * LONG, tag]
    after, level = values[LONG:], float(np.median(values[LONG - LEVEL_ROWS : LONG]))
    was = float(np.median(beside[LONG - LEVEL_ROWS : LONG]))
    size = float(np.median(beside[LONG : 2 * LONG])) - was
    own, left = float(seen.steps[place, tag]), float(seen.left[place, tag])
    lively = abs(float(seen.lively[place, tag])) / float(reference.lively_limit[tag])
    if lively < 1 and max(abs(own), abs(left)) < _OF_SIZE * abs(size):
        return None
    surprise = _surprise(seen, reference, place, tag, busy)
    conversion = best_unit(reference, tag, values, expected[: 2 * LONG]) if units else None
    usual = float(2 * reference.scale[tag] if has_peers else reference.move_limit[tag])
    begin = _begin(beside, expected, around[:, tag], conversion, usual)
    if begin is None or (conversion is not None and not has_peers and _novel_later(seen, place, tag)):
        return None
    first, wanted = after[:LEVEL_ROWS], expected[LONG : LONG + LEVEL_ROWS] + was
    again = first - size if conversion is None else conversion.undo(first)
    if np.median(np.abs(again - wanted)) > np.median(np.abs(first - wanted)):
        return None  # the first rows are well as they are
    if conversion is not None:
        alone = abs(left) / float(reference.left_limit[tag]) if has_peers else 0.0
        surprise = max(surprise, alone, _WITHIN_USUAL * lively if lively > 1 else 0.0)
    elif size * own <= 0 or abs(size) < max(0.5 * abs(own), _MATTERS * reference.deviation[tag]):
        return None
    if _all_novel(seen, place, tag):
        needed = _NOVEL if conversion is None else 0.0
    else:
        beyond = after.mean() > reference.level_high[tag] or after.mean() < reference.level_low[tag]
        needed = _OUT_OF_USUAL if beyond else _WITHIN_USUAL
    if surprise < needed:
        return None
    return Step(
        size=size,
        before=level,
        after=float(np.median(after)),
        beside=was,
        certainty=float(np.clip(1.0 - 0.4 / max(surprise, 0.9) ** 2, 0.5, 0.99)),
        conversion=conversion,
        late=LONG - begin,
    )


def _begin(
    beside: NDArray[np.float64],
    expected: NDArray[np.float64],
    values: NDArray[np.float64],
    conversion: Conversion | None,
    usual: float,
) -> int | None:
    """Return the row at which a step begins: the 32nd, or with a change of unit one near it.

    None when the rows jump further later on, though the change of unit is undone.
    """
    if conversion is None:
        return None if _comes_later(beside) else LONG
    undone = conversion.undo(values) - expected
    near = slice(LONG - LEVEL_ROWS, LONG + LEVEL_ROWS)
    level = float(np.median(beside[near.start - LEVEL_ROWS : near.start]))
    better = np.abs(undone[near] - level) - np.abs(beside[near] - level)
    cost = np.concatenate([[0.0], np.cumsum(better[::-1])])[::-1]
    begin = near.start + int(np.argmin(cost))
    return None if _is_restless(np.concatenate([beside[:begin], undone[begin:]]), usual) else begin


def _jumps(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far four rows lie from the four before, from the row ``SHORT`` on."""
    sums = np.convolve(values, np.ones(SHORT), "valid") / SHORT
    found: NDArray[np.float64] = np.abs(sums[SHORT:] - sums[:-SHORT])
    return found


def _comes_later(values: NDArray[np.float64]) -> bool:
    """Tell whether the rows after a place jump further than at it; ``values`` begin 32 rows before it."""
    jumps, here = _jumps(values), LONG - SHORT
    return bool(jumps[here + AROUND :].max() > _FURTHER * jumps[here - 2 : here + 3].max())


def _is_restless(mended: NDArray[np.float64], usual: float) -> bool:
    """Tell whether rows jump further after a place than before, though the fault is taken away."""
    jumps, here = _jumps(mended), LONG - SHORT
    return bool(jumps[here - 2 :].max() > _FURTHER * max(2 * jumps[: here - 2].max(), usual))


def _novel_later(seen: Signals, place: int, tag: int) -> bool:
    """Tell whether the tag reads what it never read some rows after a place only."""
    novel = seen.novel[place : place + LONG, tag]
    return bool(novel[:LEVEL_ROWS].mean() < 0.5 and novel[LONG // 2 :].mean() > 0.75)


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
