"""Everything that is computed for each row, in whatever company it comes; decisions are made on this."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.history import fill_forward
from andamio.statistics.faults.peers import unexplained
from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.sentinel import is_code
from andamio.statistics.faults.windows import (
    LONG,
    TAIL,
    contrasts,
    livelier,
    median_of_five,
    spike_heights,
    window_sum,
)

Table = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass(slots=True)
class Tail:
    """What is kept of the past: the last rows, and how long each value has lasted."""

    filled: NDArray[np.float32]
    absent: Flags
    code: Flags
    bad: Flags
    times: NDArray[np.float64]
    run: Counts
    run_since: NDArray[np.float64]
    last: NDArray[np.float32]
    seen: int

    @classmethod
    def empty(cls, reference: FaultReference) -> Tail:
        """Begin before the first row."""
        p = reference.tags
        none = np.zeros((TAIL, p), bool)
        return cls(
            filled=np.zeros((TAIL, p), np.float32),
            absent=none,
            code=none,
            bad=none,
            times=np.zeros(TAIL),
            run=np.zeros(p, np.int64),
            run_since=np.zeros(p),
            last=np.full(p, np.inf, np.float32),
            seen=0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """The kept rows followed by the new ones; ``new`` is the place of the first new row."""

    new: int
    first: int  # number of the first new row since the watch began
    times: NDArray[np.float64]
    raw: Table  # new rows only
    filled: Table
    absent: Flags
    code: Flags
    bad: Flags
    novel: Flags
    run: Counts  # new rows only
    run_limit: Counts  # new rows only: of the value that lasts
    run_before: Counts
    run_since: NDArray[np.float64]  # of the run that lasts at the first new row
    steps: Table  # lasting steps, at the same places as ``filled``
    moves: Table
    left: Table
    lively: Table
    spikes: Table
    lone: Table  # spikes that the peers do not explain
    clean: Counts  # rows in doubt among the 64 around each place


def signals(
    tail: Tail, reference: FaultReference, times: NDArray[np.float64], numbers: NDArray[np.float32]
) -> tuple[Signals, Tail]:
    """Compute the signals of new rows, and the tail that they leave."""
    raw = np.where(np.isfinite(numbers), numbers.astype(np.float64), np.nan)
    absent, novel = np.isnan(raw), _novel(raw, reference)
    code = np.zeros_like(novel)
    if novel.any():
        code[novel] = is_code(raw[novel])
        before = np.vstack([tail.last[None, :].astype(np.float64), raw[:-1]])
        with np.errstate(divide="ignore", invalid="ignore"):
            alike = np.abs(np.log(np.abs(raw / before))) < np.log(2.0)
        code &= ~(alike & (raw != before) & _novel(before, reference))
    gone = absent | code
    start = tail.filled[-1].astype(np.float64) if tail.seen else _opening(raw, gone, reference)
    filled = fill_forward(np.where(gone, np.nan, raw), start)
    run, limit = _runs(tail, raw, reference)
    bad = gone | (
        run >= np.where(reference.rests > 0, reference.rests, np.minimum(limit, np.maximum(6, limit // 2)))
    )
    past = tail.filled.astype(np.float64) if tail.seen else np.broadcast_to(start, tail.filled.shape)
    filled = np.vstack([past, filled])
    bad = np.vstack([tail.bad, bad])
    smooth = median_of_five(filled)
    steps, moves = contrasts(smooth)
    left = contrasts(unexplained(smooth, reference.peers, reference.weights))[0]
    beside = unexplained(filled, reference.peers, reference.weights)
    doubt = window_sum(bad.astype(np.int64), 2 * LONG)
    all_times = np.concatenate([tail.times, times])
    found = Signals(
        new=TAIL,
        first=tail.seen,
        times=all_times,
        raw=raw,
        filled=filled,
        absent=np.vstack([tail.absent, absent]),
        code=np.vstack([tail.code, code]),
        bad=bad,
        novel=_novel(filled, reference),
        run=run,
        run_limit=limit,
        run_before=tail.run,
        run_since=tail.run_since,
        steps=_aligned(steps, filled),
        moves=_aligned(moves, filled),
        left=_aligned(left, filled),
        lively=_aligned(livelier(filled, reference.quiet), filled),
        spikes=spike_heights(filled, smooth),
        lone=spike_heights(beside, median_of_five(beside)),
        clean=np.vstack([doubt[LONG - 1 :], np.repeat(doubt[-1:], LONG - 1, axis=0)]),
    )
    return found, _next(tail, found, times)


def _opening(raw: Table, gone: Flags, reference: FaultReference) -> NDArray[np.float64]:
    """Choose what stands before the first row: its own value, so that the beginning is no step."""
    return np.where(gone[0], reference.usual, raw[0]).astype(np.float32).astype(np.float64)


def _novel(values: Table, reference: FaultReference) -> Flags:
    small = np.abs(values)
    out: Flags = (
        (values > reference.high) | (values < reference.low) | ((small < reference.tiny) & (small > 0))
    )
    return out


def _aligned(found: Table, filled: Table) -> Table:
    out = np.zeros_like(filled)
    out[LONG : LONG + len(found)] = found
    return out


def _runs(tail: Tail, raw: Table, reference: FaultReference) -> tuple[Counts, Counts]:
    before = np.vstack([tail.last[None, :].astype(np.float64), raw])
    same = (before[1:] == before[:-1]) | (np.isnan(before[1:]) & np.isnan(before[:-1]))
    place = np.arange(1, len(raw) + 1)[:, None]
    broken = np.maximum.accumulate(np.where(same, 0, place), axis=0)
    run = np.where(broken > 0, place - broken + 1, place + tail.run)
    limit = np.broadcast_to(reference.run_limit, run.shape).copy()
    lasting = np.nonzero(run >= 4)
    if lasting[0].size:
        values, tags = raw[lasting], lasting[1]
        chosen = limit[lasting]
        for k in range(reference.sticky.shape[1]):
            here = values == reference.sticky[tags, k, 0]
            chosen = np.where(
                here, np.nan_to_num(reference.sticky[tags, k, 1], nan=0.0).astype(np.int64), chosen
            )
        limit[lasting] = np.where(np.isnan(values), reference.absent_run[tags], chosen)
    return run, limit


def _next(tail: Tail, found: Signals, times: NDArray[np.float64]) -> Tail:
    rows = len(found.raw)
    run = found.run[-1]
    began = np.maximum(rows - run, 0)
    return Tail(
        filled=found.filled[-TAIL:].astype(np.float32),
        absent=found.absent[-TAIL:].copy(),
        code=found.code[-TAIL:].copy(),
        bad=found.bad[-TAIL:].copy(),
        times=found.times[-TAIL:].copy(),
        run=run.copy(),
        run_since=np.where(run > rows, tail.run_since, times[np.minimum(began, rows - 1)]),
        last=found.raw[-1].astype(np.float32),
        seen=tail.seen + rows,
    )
