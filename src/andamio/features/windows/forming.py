"""Form windows from rows in order: the one computation behind a dataset's windows and a stream's.

Every function here reads rows that are sorted by asset and moment. ``until`` says, by asset, up to which
moment nothing more is expected, and ``done`` which moments were formed before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from andamio.features.windows.moments import moment_texts
from andamio.features.windows.plan import WindowPlan
from andamio.features.windows.samples import Places, Samples, Scalar, Ticks, last_known, starts_of

_FEW = 64
"""So few windows are picked sample by sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows, by asset and moment.

    Attributes:
        codes: The asset of each, shape ``(windows,)``.
        ticks: The moment at which each ends.
        begins: The moment of its first sample.
        numbers: The latest values at its end, shape ``(windows, k)``, float32.
        categories: The same, shape ``(windows, c)``.
        signals: Shape ``(windows, tags * length)``, float32: tag by tag, the oldest sample first.
        times: Its moment as a text: as the row said it, or ISO 8601 for a moment of the grid.
        sources: Where its latest row stands in what it came from; -1 where that is gone.
    """

    codes: Places
    ticks: Ticks
    begins: Ticks
    numbers: NDArray[np.float32]
    categories: NDArray[np.object_]
    signals: NDArray[np.float32]
    times: NDArray[np.object_]
    sources: Ticks

    def __len__(self) -> int:
        return len(self.ticks)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Windows:
        """Return the windows of ``index``."""
        return Windows(*(getattr(self, name)[index] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """By asset: what is formed now. All of shape ``(assets,)``.

    Attributes:
        until: Nothing more is expected up to this tick.
        done: Windows up to this tick were formed before.
        seen: Samples of the oldest row's run before it (where every row is a sample).
        closing: Whether the last cycle ends here.
    """

    until: Ticks
    done: Ticks
    seen: Ticks
    closing: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Formed:
    """The windows, and what a stream has to keep for the next ones.

    Attributes:
        windows: What was formed.
        keep: Which rows are still needed, shape ``(rows,)``.
        seen: The new ``Bounds.seen``, shape ``(assets,)``.
        done: The new ``Bounds.done``, shape ``(assets,)``.
    """

    windows: Windows
    keep: NDArray[np.bool_]
    seen: Ticks
    done: Ticks


def form(plan: WindowPlan, codes: Places, samples: Samples, bounds: Bounds) -> Formed:
    """Form the windows that end after ``done`` and not after ``until``.

    Args:
        plan: The windows.
        codes: The asset of each row, from 0, sorted.
        samples: Sorted by asset and moment, no moment twice.
        bounds: What to form, by asset.
    """
    if plan.cycles:
        return _of_cycles(plan, codes, samples, bounds)
    if plan.every is None:
        return _of_rows(plan, codes, samples, bounds)
    return _of_grid(plan, plan.every, plan.gap or 0, codes, samples, bounds)


def together(parts: Sequence[Windows]) -> Windows:
    """Put windows one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Windows(*(np.concatenate([getattr(part, name) for part in parts]) for name in Windows.__slots__))


def _of_rows(plan: WindowPlan, codes: Places, samples: Samples, bounds: Bounds) -> Formed:
    ticks, places = samples.ticks, np.arange(len(codes))
    asset = _changes(codes)
    new = asset.copy()
    if plan.gap is not None:
        new[1:] |= np.diff(ticks) > plan.gap
    asset_starts, starts = starts_of(asset), starts_of(new)
    position = places - starts + np.where(starts == asset_starts, bounds.seen[codes], 0)
    past, known = position - (plan.shortest - 1), np.minimum(position, plan.length - 1)
    final = ticks <= bounds.until[codes]
    ends = (past >= 0) & (past % plan.step == 0) & final & (ticks > bounds.done[codes])
    ends &= places - asset_starts >= known
    chosen = np.flatnonzero(ends)
    windows = Windows(
        codes[chosen],
        ticks[chosen],
        ticks[chosen - known[chosen]],
        samples.numbers[chosen],
        samples.categories[chosen],
        _signals(samples.numbers[:, plan.tags], chosen, known[chosen], plan.length),
        samples.times[chosen],
        samples.sources[chosen],
    )
    finals = np.bincount(codes[final], minlength=len(bounds.done))
    # One row at least, for the count of samples and the gap go on from it.
    keep = places - asset_starts >= finals[codes] - max(plan.length - 1, 1)
    oldest = np.flatnonzero(keep & (np.append(True, ~keep[:-1]) | asset))
    seen = bounds.seen.copy()
    seen[codes[oldest]] = position[oldest]
    return Formed(windows, keep, seen, np.maximum(bounds.done, bounds.until))


def _of_grid(
    plan: WindowPlan, every: int, gap: int, codes: Places, samples: Samples, bounds: Bounds
) -> Formed:
    row, slot = _moments(every, gap, codes, samples.ticks, bounds.until)
    of = codes[row]
    new = _changes(of)
    new[1:] |= np.diff(slot) != 1
    position = np.arange(len(of)) - starts_of(new)
    known = np.minimum(position, plan.length - 1)
    ends = (position >= plan.shortest - 1) & (slot % plan.step == 0) & (slot > (bounds.done // every)[of])
    chosen = np.flatnonzero(ends)
    asset_starts = starts_of(_changes(codes))
    numbers = _held(
        samples, samples.numbers, ~np.isnan(samples.numbers), asset_starts, row, slot * every, gap
    )
    texts = samples.categories
    windows = Windows(
        of[chosen],
        slot[chosen] * every,
        samples.ticks[row[chosen - known[chosen]]],
        numbers[chosen],
        _held(
            samples,
            texts,
            (texts != "").astype(np.bool_),
            asset_starts,
            row[chosen],
            slot[chosen] * every,
            gap,
        ),
        _signals(numbers[:, plan.tags], chosen, known[chosen], plan.length),
        moment_texts(slot[chosen] * every, plan.clock),
        samples.sources[row[chosen]],
    )
    done = np.maximum(bounds.done, bounds.until)
    oldest = (done // every + 1 - (plan.length - 1)) * every - gap
    keep = samples.ticks >= oldest[codes]
    keep &= _tells(samples, codes, -(-samples.ticks // every))
    return Formed(windows, keep, bounds.seen, done)


def _moments(every: int, gap: int, codes: Places, ticks: Ticks, until: Ticks) -> tuple[Places, Ticks]:
    """Return the moments of the grid that have a value: the latest row at each, and its number."""
    first = -(-ticks // every)
    last = np.minimum((ticks + gap) // every, (until // every)[codes])
    follows = codes[1:] == codes[:-1]
    last[:-1][follows] = np.minimum(last[:-1][follows], first[1:][follows] - 1)
    count = np.maximum(last - first + 1, 0)
    row = np.repeat(np.arange(len(ticks)), count)
    slot = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(len(row))
    return row, slot


def _held(
    samples: Samples,
    values: NDArray[Scalar],
    known: NDArray[np.bool_],
    asset_starts: Places,
    row: Places,
    moments: Ticks,
    gap: int,
) -> NDArray[Scalar]:
    """Return the last known value of each column at each moment, unless it is older than the gap."""
    if known.all():
        return values[row]
    place = last_known(known, asset_starts)[row]
    old = (place < 0) | (moments[:, None] - samples.ticks[place] > gap)
    held: NDArray[Scalar] = np.take_along_axis(values, np.maximum(place, 0), axis=0)
    held[old] = np.nan if values.dtype == np.float32 else ""
    return held


def _tells(samples: Samples, codes: Places, slots: Ticks) -> NDArray[np.bool_]:
    """Tell which rows the grid still needs: between two moments only the last known of each column."""
    new = _changes(codes)
    new[1:] |= slots[1:] != slots[:-1]
    tells = np.append(new[1:], True)
    starts = np.flatnonzero(new)
    for known in (~np.isnan(samples.numbers), (samples.categories != "").astype(np.bool_)):
        if len(starts) and not known.all():
            places = np.maximum.reduceat(np.where(known, np.arange(len(codes))[:, None], -1), starts, axis=0)
            tells[places[places >= 0]] = True
    return tells


def _of_cycles(plan: WindowPlan, codes: Places, samples: Samples, bounds: Bounds) -> Formed:
    new = _changes(codes)
    new[1:] |= (samples.cycles[1:] != samples.cycles[:-1]).astype(np.bool_)
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(codes)) - 1 if len(starts) else starts
    of = codes[starts]
    over = bounds.closing[of]
    follows = np.flatnonzero(of[1:] == of[:-1])
    over[follows] |= samples.ticks[starts[follows + 1]] <= bounds.until[of[follows]]
    done = bounds.done.copy()
    np.maximum.at(done, of[over], samples.ticks[ends[over]])
    wanted = over & (samples.cycles[starts] != "").astype(np.bool_)
    wanted &= samples.ticks[ends] > bounds.done[of]
    wanted &= _unbroken(plan, samples.ticks, new, starts)
    first, last = starts[wanted], ends[wanted]
    place = last_known(~np.isnan(samples.numbers), starts_of(new))[last]
    texts = last_known((samples.categories != "").astype(np.bool_), starts_of(new))[last]
    windows = Windows(
        of[wanted],
        samples.ticks[last],
        samples.ticks[first],
        np.where(
            place >= 0, np.take_along_axis(samples.numbers, np.maximum(place, 0), axis=0), np.float32(np.nan)
        ),
        np.where(texts >= 0, np.take_along_axis(samples.categories, np.maximum(texts, 0), axis=0), ""),
        _resampled(plan, samples, first, last),
        samples.times[last],
        samples.sources[last],
    )
    return Formed(windows, samples.ticks > done[codes], bounds.seen, done)


def _unbroken(plan: WindowPlan, ticks: Ticks, new: NDArray[np.bool_], starts: Places) -> NDArray[np.bool_]:
    if plan.gap is None or not len(starts):
        return np.ones(len(starts), np.bool_)
    hole = np.append(np.int64(0), np.diff(ticks))
    hole[new] = 0
    return np.maximum.reduceat(hole, starts) <= plan.gap


def _resampled(plan: WindowPlan, samples: Samples, first: Places, last: Places) -> NDArray[np.float32]:
    """Draw each cycle to the same length, straight between its samples; shape ``(cycles, tags * length)``."""
    signals = np.full((len(first), len(plan.tags), plan.length), np.nan, np.float32)
    for cycle, (start, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        at = (samples.ticks[start : end + 1] - samples.ticks[start]).astype(np.float64)
        wanted = np.linspace(0.0, at[-1], plan.length)
        for place, tag in enumerate(plan.tags.tolist()):
            values = samples.numbers[start : end + 1, tag]
            known = ~np.isnan(values)
            if known.any():
                signals[cycle, place] = np.interp(wanted, at[known], values[known].astype(np.float64))
    return signals.reshape(len(first), len(plan.tags) * plan.length)


def _signals(values: NDArray[np.float32], ends: Places, known: Places, length: int) -> NDArray[np.float32]:
    """Lay the last ``length`` samples before each end side by side, tag by tag.

    Only ``known`` samples before the end are its own; those before them are missing.
    """
    tags, short = values.shape[1], bool((known < length - 1).any())
    if len(ends) <= _FEW or short:
        back = np.arange(length)[::-1]
        picked: NDArray[np.float32] = values[np.maximum(ends[:, None] - back, 0)]
        if short:
            picked[back > known[:, None]] = np.nan
        return np.ascontiguousarray(picked.transpose(0, 2, 1)).reshape(len(ends), tags * length)
    signals = np.empty((len(ends), tags * length), np.float32)
    for place in range(tags):
        view = sliding_window_view(np.ascontiguousarray(values[:, place]), length)
        signals[:, place * length : (place + 1) * length] = view[ends - (length - 1)]
    return signals


def _changes(codes: Places) -> NDArray[np.bool_]:
    new = np.ones(len(codes), np.bool_)
    new[1:] = codes[1:] != codes[:-1]
    return new
