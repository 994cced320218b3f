"""What is usual for every sensor, learnt from history: the limits that the watch holds live rows against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.clipped import learn_ends
from andamio.statistics.faults.drift import learn_levels
from andamio.statistics.faults.history import Stretch, stretches
from andamio.statistics.faults.limits import beyond
from andamio.statistics.faults.peers import learn_peers, unexplained
from andamio.statistics.faults.stuck import learn_runs
from andamio.statistics.faults.units import Conversion, conversions_for
from andamio.statistics.faults.windows import LONG, contrasts, livelier, liveliness, on_grid, window_sum

_PREFIX = "sensors."
_TAUGHT = 0.6  # share of the history that the regressions learn from; limits are set on all of it
_MOST_ROWS = 4000
_LIVELIER = 0.5  # at least so much must the logarithm of the liveliness change
_QUIET = 0.01  # of the usual contrast

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultReference:
    """What the watch needs to know of the past; arrays are per tag unless said.

    Attributes:
        rows: Rows it was learnt from.
        usual: The median.
        low, high: Values outside were never seen, nor anything near; nor does the contract allow them.
        tiny: Magnitudes below, other than zero, were never seen.
        deviation: The standard deviation.
        level_low, level_high: Between them lie all means of 32 rows.
        step_limit: A lasting step beyond it is none of the tag's own.
        left_limit: The same for what the peers leave; infinite where they do not help.
        grid: The power of ten that all values are multiples of; 0 when there is none.
        move_limit: Contrast of eight rows that the tag hardly ever shows.
        scale, left_scale: The usual contrast of eight rows, and of what the peers do not explain.
        unrest, left_unrest: How far rows usually lie from the middle of their 32, and of what the peers leave.
        spread: The usual change of the logarithm of its liveliness.
        quiet: Differences of neighbouring rows below it say nothing.
        lively_limit: Change of the logarithm of its liveliness that the tag never shows.
        spike_limit: Height of a spike that the tag never shows.
        spike_left_limit: The same for what the peers leave; infinite where they do not help.
        held_limit: How far the peers ever moved a tag while it held one value for 16 rows.
        run_limit: Repetitions that a value may have.
        sticky: Values that last, and their own limits, shape ``(tags, 8, 2)``.
        absent_limit: Missing values in 32 rows that are too many.
        absent_run: Missing values in a row that are too many.
        clip_limit: Repetitions of the largest or smallest value in 32 rows that are too many.
        peers, weights: Which others explain steps of a tag, shape ``(tags, 6)``.
        related: Tags that move together, shape ``(tags, tags)``.
        level_peers, level_weights, level_centre, level_spread, level_limit: The same for levels.
        step_s: The usual seconds between rows.
        gap_s: Seconds between rows that are a gap.
        conversion_names, conversion_factors, conversion_shifts: Changes of unit.
        conversion_doubts: How unlikely each is for a tag, shape ``(tags, conversions)``; infinite for never.
    """

    rows: NDArray[np.int64]
    usual: Numbers
    low: Numbers
    high: Numbers
    tiny: Numbers
    deviation: Numbers
    level_low: Numbers
    level_high: Numbers
    step_limit: Numbers
    left_limit: Numbers
    left_scale: Numbers
    unrest: Numbers
    left_unrest: Numbers
    grid: Numbers
    move_limit: Numbers
    scale: Numbers
    spread: Numbers
    quiet: Numbers
    lively_limit: Numbers
    spike_limit: Numbers
    spike_left_limit: Numbers
    held_limit: Numbers
    run_limit: NDArray[np.int64]
    sticky: Numbers
    absent_limit: NDArray[np.int64]
    absent_run: NDArray[np.int64]
    clip_limit: NDArray[np.int64]
    peers: NDArray[np.int64]
    weights: Numbers
    related: NDArray[np.bool_]
    level_peers: NDArray[np.int64]
    level_weights: Numbers
    level_centre: Numbers
    level_spread: Numbers
    level_limit: Numbers
    step_s: Numbers
    gap_s: Numbers
    conversion_names: NDArray[np.str_]
    conversion_factors: Numbers
    conversion_shifts: Numbers
    conversion_doubts: Numbers

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the reference as named arrays, for a bundle."""
        return {_PREFIX + item.name: getattr(self, item.name) for item in fields(self)}

    @staticmethod
    def is_in(arrays: Mapping[str, NDArray[np.generic]]) -> bool:
        """Tell whether a bundle's reference holds all of one; older bundles hold none, or less."""
        return all(_PREFIX + item.name in arrays for item in fields(FaultReference))

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[np.generic]]) -> FaultReference:
        """Read a reference back from a bundle's arrays."""
        kept: dict[str, NDArray[Any]] = {item.name: arrays[_PREFIX + item.name] for item in fields(cls)}
        return cls(**kept)

    @property
    def rests(self) -> NDArray[np.int64]:
        """Return for how long a tag may rest at a new value; 0 for a tag that never rests."""
        known = np.where(self.sticky[:, :, 1] > 4, self.sticky[:, :, 1], 0.0)
        longest: NDArray[np.int64] = np.nan_to_num(known).max(axis=1).astype(np.int64)
        return longest

    @property
    def tags(self) -> int:
        """Count the tags."""
        return len(self.usual)

    def conversions(self, tag: int) -> list[Conversion]:
        """List the changes of unit that may befall a tag."""
        doubts = self.conversion_doubts[tag]
        return [
            Conversion(
                str(self.conversion_names[i]),
                float(self.conversion_factors[i]),
                float(self.conversion_shifts[i]),
                float(doubts[i]),
            )
            for i in np.flatnonzero(np.isfinite(doubts))
        ]

    @classmethod
    def learn(
        cls,
        numbers: NDArray[np.floating],
        times: NDArray[np.float64] | None = None,
        *,
        assets: Sequence[str | None] | None = None,
        ranges: Sequence[tuple[float, float] | None] | None = None,
        units: Sequence[str | None] | None = None,
    ) -> FaultReference:
        """Learn what is usual from training rows.

        Args:
            numbers: Shape ``(rows, tags)``, NaN for missing.
            times: Seconds of each row; the order of the table when None.
            assets: The asset of each row.
            ranges: The declared range of each tag.
            units: The declared unit of each tag.
        """
        found = stretches(numbers, times, assets)
        tags = numbers.shape[1]
        raw = np.vstack([stretch.raw for stretch in found]) if found else np.zeros((0, tags))
        ends = _ends(found, ranges or [None] * tags)
        learnt: dict[str, NDArray[Any]] = {
            "rows": np.array(len(raw), np.int64),
            **ends,
            **_steps(found, tags),
            **_repeats(found, tags),
            **learn_levels(found, tags),
            **_clock(found, times is not None),
            **_conversions(units or [None] * tags),
        }
        return cls(**learnt)


def _ends(found: list[Stretch], ranges: Sequence[tuple[float, float] | None]) -> dict[str, Numbers]:
    tags = len(ranges)
    usual, low, high, tiny, deviation = (np.zeros(tags) for _ in range(5))
    for tag in range(tags):
        known = np.concatenate([s.raw[:, tag] for s in found]) if found else np.zeros(0)
        known = known[~np.isnan(known)]
        if known.size < 100:
            low[tag], high[tag] = -np.inf, np.inf
            continue
        usual[tag], deviation[tag] = np.median(known), np.std(known)
        room = 0.1 * (known.max() - known.min()) + 1e-3 * abs(usual[tag])
        middle = usual[tag]
        high[tag] = middle + max(beyond(known - middle, margin=0.05), known.max() - middle + room)
        low[tag] = middle - max(beyond(middle - known, margin=0.05), middle - known.min() + room)
        declared = ranges[tag]
        if declared is not None and declared[0] <= known.min() and known.max() <= declared[1]:
            low[tag], high[tag] = max(low[tag], declared[0]), min(high[tag], declared[1])
        sizes = np.abs(known[known != 0])
        tiny[tag] = 0.2 * sizes.min() if sizes.size else 0.0
    means = [window_sum(s.filled, LONG)[LONG - 1 :] / LONG for s in found if len(s.filled) >= LONG]
    levels = np.vstack(means) if means else np.full((1, tags), np.nan)
    return {
        "usual": usual, "low": low, "high": high, "tiny": tiny, "deviation": deviation,
        "level_low": levels.min(axis=0) - 0.1 * deviation, "level_high": levels.max(axis=0) + 0.1 * deviation,
    }  # fmt: skip


def _steps(found: list[Stretch], tags: int) -> dict[str, NDArray[np.generic]]:
    pairs = [stretch.steps() for stretch in found if len(stretch.raw) > 2 * LONG] or [
        (np.zeros((0, tags)),) * 2
    ]
    steps, moves = (np.vstack(parts) for parts in zip(*pairs, strict=True))
    taught = np.nan_to_num(moves[: int(_TAUGHT * len(moves))])
    taught = taught[:: max(1, len(taught) // _MOST_ROWS)]
    peers, weights = learn_peers(taught)
    unlike = [contrasts(unexplained(s.smooth, peers, weights)) for s in found if len(s.raw) > 2 * LONG]
    left, left_moves = (np.vstack(parts) for parts in zip(*(unlike or [(steps, moves)]), strict=True))
    left = np.where(np.isnan(steps), np.nan, left)
    spikes = np.vstack([s.spikes() for s in found])
    lone = np.vstack([s.spikes(peers, weights) for s in found])
    held = np.vstack([s.held(peers, weights) for s in found])
    step_limit = np.array([beyond(np.abs(column)) for column in steps.T])
    left_limit = np.array([beyond(np.abs(column)) for column in left.T])
    resolution = np.array([_resolution(np.concatenate([s.raw[:, i] for s in found])) for i in range(tags)])
    floor = np.maximum(resolution, 1e-9)
    spike_limit = np.array([beyond(np.abs(column), tail=0.8) for column in spikes.T]) + floor
    lone_limit = np.array([beyond(np.abs(column), tail=0.8) for column in lone.T]) + floor
    helps = (left_limit < 0.8 * step_limit) & weights.any(axis=1)
    scale = np.array([_quantile(np.abs(column), 0.9) for column in moves.T])
    with np.errstate(invalid="ignore", divide="ignore"):
        together = np.corrcoef(taught.T) if len(taught) > 10 and tags > 1 else np.zeros((tags, tags))
    scale = np.maximum(scale, floor)
    quiet = _QUIET * scale
    lively = np.vstack([livelier(s.filled, quiet) for s in found])
    return {
        "step_limit": np.maximum(step_limit, 2 * floor),
        "left_limit": np.where(helps, np.maximum(left_limit, 2 * floor), np.inf),
        "move_limit": np.array([beyond(np.abs(column), margin=0.0) for column in moves.T]) + floor,
        "scale": scale,
        "unrest": np.maximum(_unrest([s.filled for s in found]), floor),
        "left_unrest": np.maximum(_unrest([unexplained(s.filled, peers, weights) for s in found]), floor),
        "quiet": quiet,
        "lively_limit": np.maximum([beyond(np.abs(column)) for column in lively.T], _LIVELIER),
        "left_scale": np.maximum([_quantile(np.abs(column), 0.9) for column in left_moves.T], floor),
        "spread": _spreads(found, tags),
        "spike_limit": spike_limit,
        "spike_left_limit": np.where(lone_limit < 0.8 * spike_limit, lone_limit, np.inf),
        "held_limit": np.array([beyond(column, tail=0.8) for column in held.T]),
        "grid": np.array([_grid(np.concatenate([s.raw[:, i] for s in found])) for i in range(tags)]),
        "peers": peers,
        "weights": weights,
        "related": np.abs(np.nan_to_num(np.atleast_2d(together))) > 0.3,
    }


def _resolution(column: Numbers) -> float:
    """Return the usual distance between neighbouring values that the sensor can tell apart."""
    known = np.unique(column[~np.isnan(column)])
    return float(np.quantile(np.diff(known), 0.1)) if known.size > 2 else 0.0


def _grid(column: Numbers) -> float:
    """Return the largest power of ten that nearly all values are multiples of, as a rounding sensor's are."""
    known = column[~np.isnan(column)][:5000]
    known = known[known != 0]
    for power in range(3, -5, -1):
        grid = 10.0**power
        sure = np.abs(known) < 1e5 * grid  # beyond it, 32 bits do not hold the last digit
        if known.size >= 50 and sure.mean() > 0.9 and on_grid(known[sure], grid) > 0.98:
            return grid
    return 0.0


def _quantile(column: Numbers, share: float) -> float:
    known = column[~np.isnan(column)]
    return float(np.quantile(known, share)) if known.size else 0.0


def _unrest(tables: list[Numbers]) -> Numbers:
    """Return how far, in nine of ten windows of 32 rows, the rows lie from their median, root mean square."""
    windows = [t[i : i + LONG] for t in tables for i in range(0, len(t) - LONG + 1, LONG)]
    if not windows:
        return np.zeros(tables[0].shape[1] if tables else 0)
    stacked = np.stack(windows[:: max(1, len(windows) // 500)])
    apart = np.sqrt(((stacked - np.median(stacked, axis=1, keepdims=True)) ** 2).mean(axis=1))
    found: Numbers = np.quantile(apart, 0.9, axis=0)
    return found


def _spreads(found: list[Stretch], tags: int) -> Numbers:
    """Return the usual size of the change in liveliness from 32 rows to the next 32."""
    ratios: list[list[float]] = [[] for _ in range(tags)]
    for stretch in found:
        blocks = [stretch.filled[i : i + LONG] for i in range(0, len(stretch.filled) - LONG + 1, LONG)]
        lively = np.array([liveliness(block) for block in blocks]).reshape(len(blocks), tags)
        for tag in range(tags):
            both = (lively[1:, tag] > 0) & (lively[:-1, tag] > 0)
            ratios[tag] += np.log(lively[1:, tag][both] / lively[:-1, tag][both]).tolist()
    return np.array([float(np.clip(np.std(r), 0.25, 0.8)) if len(r) > 3 else 0.8 for r in ratios])


def _repeats(found: list[Stretch], tags: int) -> dict[str, NDArray[np.generic]]:
    run, sticky = np.zeros(tags, np.int64), np.full((tags, 8, 2), np.nan)
    absent, absent_run, clip = (np.zeros(tags, np.int64) for _ in range(3))
    for tag in range(tags):
        columns = [s.raw[:, tag] for s in found]
        run[tag], sticky[tag] = learn_runs(found, tag, not any((c == 0).any() for c in columns))
        gone = [np.isnan(c) for c in columns]
        counts = [
            window_sum(np.vstack([np.zeros((LONG, 1)), g[:, None]]), LONG).max() for g in gone if g.size
        ]
        longest = max((_longest(g) for g in gone), default=0)
        most = int(max(counts, default=0))
        absent[tag] = 3 if most == 0 else min(int(1.5 * most) + 6, LONG + 1)
        absent_run[tag] = max(3, 2 * longest + 4) if longest else 3
        clip[tag] = learn_ends([s.filled[:, tag : tag + 1] for s in found])
    return {
        "run_limit": run,
        "sticky": sticky,
        "absent_limit": absent,
        "absent_run": absent_run,
        "clip_limit": clip,
    }


def _longest(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def _clock(found: list[Stretch], has_times: bool) -> dict[str, Numbers]:
    waits = np.concatenate([np.diff(s.times) for s in found]) if has_times and found else np.zeros(0)
    waits = waits[waits > 0]
    if waits.size < 100:
        return {"step_s": np.array(np.nan), "gap_s": np.array(np.inf)}
    usual = float(np.median(waits))
    return {"step_s": np.array(usual), "gap_s": np.array(max(10 * usual, 2.0 * float(waits.max())))}


def _conversions(units: Sequence[str | None]) -> dict[str, NDArray[np.generic]]:
    lists = [list(conversions_for(unit)) for unit in units]
    every = list(dict.fromkeys(c for known in lists for c in known))
    return {
        "conversion_names": np.array([c.name for c in every], dtype=np.str_),
        "conversion_factors": np.array([c.factor for c in every]),
        "conversion_shifts": np.array([c.shift for c in every]),
        "conversion_doubts": np.array(
            [[c.doubt if c in known else np.inf for c in every] for known in lists], np.float64
        ).reshape(len(units), len(every)),
    }
