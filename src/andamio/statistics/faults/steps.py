"""A lasting step of one tag: change of unit, offset, or the process? Judged with 40 rows of hindsight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.peers import unexplained
from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.signals import Signals
from andamio.statistics.faults.units import Conversion
from andamio.statistics.faults.windows import LONG, liveliness, on_grid

_NEAR = 6
_LEVEL_ROWS = 8
_MOST_DOUBT = 4
_MATTERS = 2.0  # an offset is at least so many standard deviations of the tag
_OF_SIZE = 0.25  # the step is at least so much of what the medians say
_UNEXPLAINED = 1.2  # of what the peers may leave
_NOVEL, _OUT_OF_USUAL, _WITHIN_USUAL = 0.5, 0.75, 1.4  # surprise that is needed, by where the tag now is


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a step turned out to be. ``conversion`` is None for an offset."""

    size: float
    before: float
    after: float
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

    Where the peers say what the tag should read, what they do not explain counts, for it and for the others.
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
        far = np.abs(seen.left[near]).max(axis=0) / reference.left_limit
        enough = np.full(len(far), 0.7)
        witnesses = witnesses & ~((reference.peers == tag) & (reference.weights != 0)).any(axis=1)
    elif step.conversion is not None and _all_novel(seen, place, tag):
        enough = np.where(seen.novel[place : place + LONG].mean(axis=0) > 0.5, 0.6, np.inf)
    witnesses[tag] = False
    return bool(((far > enough) & (far > 0.3 * far[tag]) & witnesses).any())


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
    if max(abs(own), abs(float(seen.left[place, tag]))) < _OF_SIZE * abs(size):
        return None
    surprise = _surprise(seen, reference, place, tag, busy)
    novel = _all_novel(seen, place, tag)
    conversion = _best(reference, tag, around[:, tag], expected)
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
    return Step(size=size, before=level, after=now, certainty=certainty, conversion=conversion)


def _surprise(
    seen: Signals, reference: FaultReference, place: int, tag: int, busy: NDArray[np.bool_]
) -> float:
    """Compare a step with the limit of its tag; with peers, what they do not explain has to stand out too."""
    own, left = float(seen.steps[place, tag]), float(seen.left[place, tag])
    alone = abs(own) / float(reference.step_limit[tag])
    if not _has_peers(reference, tag, busy):
        return alone
    unexplained = abs(left) / float(reference.left_limit[tag])
    if own * left > 0 and abs(own) > 0.5 * abs(left):
        return unexplained if unexplained < alone else max(alone, unexplained)
    return min(alone, unexplained)


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
    has_peers = bool(expected.any())
    scale = float((reference.left_scale if has_peers else reference.scale)[tag])
    low, high, spread = reference.low[tag], reference.high[tag], reference.spread[tag]
    after, wanted = values[LONG:], expected[LONG:]
    before = values[:LONG] - expected[:LONG]
    level, was = float(np.median(before[-_LEVEL_ROWS:])), float(liveliness(before))
    quiet = 0.05 * scale

    def score(undone: NDArray[np.float64], prior: float) -> float:
        left = undone - wanted
        z = (float(np.median(left[:_LEVEL_ROWS])) - level) / scale
        v = np.log((float(liveliness(left)) + quiet) / (was + quiet)) / spread
        out = ((undone > high) | (undone < low)).mean()
        return float(-0.5 * min(z * z, 64.0) - 0.5 * min(v * v, 25.0) - 8.0 * out - prior)

    def off_grid(factor: float) -> float:
        grid = float(reference.grid[tag]) * abs(factor)
        if grid <= 0 or float(np.abs(after).max()) > 1e5 * grid:
            return 0.0
        moves = np.diff(after)
        return 8.0 * (1.0 - on_grid(moves[moves != 0], grid))

    move = float(np.median((after - wanted)[:_LEVEL_ROWS])) - level
    best, chosen = score(after - move, 1.0 + float(np.log1p(abs(move) / scale))), None
    for conversion in reference.conversions(tag):
        found = score((after - conversion.shift) / conversion.factor, conversion.doubt)
        found -= off_grid(conversion.factor)
        if found > best:
            best, chosen = found, conversion
    return chosen
