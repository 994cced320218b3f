"""Form windows live, row by row, with a small memory by asset that can be kept and taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from andamio.errors import WindowsRefused, text
from andamio.features.windows.forming import Bounds, Windows, form, together
from andamio.features.windows.plan import WindowPlan
from andamio.features.windows.samples import (
    NEVER,
    Places,
    Samples,
    joined,
    no_samples,
    put_in_order,
    repeated,
    says_the_same,
)

MOST_ASSETS = 10_000
"""So many assets have a memory at once, unless told otherwise."""
MOST_WAITING = 100_000
"""So many rows of one asset may wait for their window to end."""


@dataclass(slots=True, eq=False)
class AssetMemory:
    """What is remembered of one asset.

    Attributes:
        samples: The rows that later windows need, in order.
        newest: The latest moment seen.
        done: The moment up to which windows were formed.
        seen: Samples of the oldest row's run before it.
    """

    samples: Samples
    newest: int = NEVER
    done: int = NEVER
    seen: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Pushed:
    """What came of rows that were pushed.

    Attributes:
        windows: The windows that ended, by asset and moment.
        assets: The names behind ``windows.codes``.
        late: Rows that came after their windows had been formed: they correct what later windows see, and
            nothing that was said.
        ignored: Rows that said what was known already.
    """

    windows: Windows
    assets: Sequence[str]
    late: NDArray[np.bool_]
    ignored: NDArray[np.bool_]


@dataclass(slots=True, eq=False)
class WindowStream:
    """Windows of a stream of rows, the same to the byte as those of the whole history at once.

    That holds for rows that come less than the declared lateness after the newest row of their asset, in
    whatever order, how often soever, in pieces of whatever size.

    Attributes:
        plan: The windows.
        most_assets: So many assets have a memory; one whose window would begin anew anyway gives way.
        memory: By asset, the one heard of longest ago first.
    """

    plan: WindowPlan
    most_assets: int = MOST_ASSETS
    memory: dict[str, AssetMemory] = field(default_factory=dict)

    def push(self, assets: Sequence[str], samples: Samples) -> Pushed:
        """Take rows in the order in which they came.

        Raises:
            WindowsRefused: More assets than are remembered, or too many rows of one wait.
        """
        names, codes = _numbered(assets)
        late, ignored = np.zeros(len(codes), np.bool_), repeated(codes, samples)
        parts = [
            self._take(names, codes[rows], samples.take(rows), rows, late, ignored)
            for rows in self._segments(names, codes, samples, np.flatnonzero(~ignored))
        ]
        if not parts:
            parts = [self._form(names, np.zeros(0, np.intp), None, closing=False)]
        return Pushed(_by_asset(parts), names, late, ignored)

    def close(self) -> Pushed:
        """Form what waits for nothing but later rows: the stream of every asset ends here."""
        names = list(self.memory)
        windows = self._form(names, np.arange(len(names)), None, closing=True)
        return Pushed(windows, names, np.zeros(0, np.bool_), np.zeros(0, np.bool_))

    def _segments(
        self, names: Sequence[str], codes: Places, samples: Samples, rows: Places
    ) -> list[NDArray[np.intp]]:
        """Cut rows where one comes late after others in time, so that a piece's size changes nothing."""
        newest = np.array([self._newest(name) for name in names], np.int64)
        before = _newest_before(newest, codes[rows], samples.ticks[rows])
        behind = samples.ticks[rows] <= before - self.plan.lateness
        # A late row may end a cycle, or push another out of the memory that samples are counted from, and so
        # decide about the next one; on a grid late rows come together.
        alone = self.plan.cycles or self.plan.every is None
        cuts = 1 + np.flatnonzero(behind[1:] & (alone | ~behind[:-1]))
        return [part for part in np.split(rows, cuts) if len(part)]

    def _newest(self, name: str) -> int:
        known = self.memory.get(name)
        return NEVER if known is None else known.newest

    def _take(
        self,
        names: Sequence[str],
        codes: Places,
        samples: Samples,
        rows: Places,
        late: NDArray[np.bool_],
        ignored: NDArray[np.bool_],
    ) -> Windows:
        """Take rows of which those that are late come first."""
        done = np.array([self._done(name) for name in names], np.int64)
        behind = np.flatnonzero(samples.ticks <= done[codes])
        kept = np.ones(len(codes), np.bool_)
        for place in behind.tolist():
            known = self.memory[names[codes[place]]]
            sent = samples.take(slice(place, place + 1))
            same, kept[place] = _placed(self.plan, known, sent)
            (ignored if same else late)[rows[place]] = True
        touched = np.unique(codes)
        self._make_room([names[code] for code in touched.tolist()], samples)
        return self._form(names, touched, (codes[kept], samples.take(kept)), closing=False)

    def _done(self, name: str) -> int:
        known = self.memory.get(name)
        if known is None:
            return NEVER
        every = self.plan.every
        return known.done // every * every if every is not None and not self.plan.cycles else known.done

    def _form(
        self,
        names: Sequence[str],
        touched: Places,
        new: tuple[Places, Samples] | None,
        *,
        closing: bool,
    ) -> Windows:
        """Form the windows of the touched assets and remember what the next ones need."""
        nothing = no_samples(len(self.plan.numbers), len(self.plan.categories))
        memories = [self.memory.get(names[code]) or AssetMemory(nothing) for code in touched.tolist()]
        lengths = [len(known.samples) for known in memories]
        codes = np.repeat(np.arange(len(memories)), lengths)
        parts = [known.samples for known in memories]
        newest = np.array([known.newest for known in memories], np.int64)
        if new is not None:
            local = np.searchsorted(touched, new[0])
            codes, parts = np.concatenate([codes, local]), [*parts, new[1]]
            np.maximum.at(newest, local, new[1].ticks)
        codes, samples = put_in_order(codes, joined(parts or [nothing]))
        bounds = Bounds(
            until=newest if closing else np.maximum(newest - self.plan.lateness, NEVER),
            done=np.array([known.done for known in memories], np.int64),
            seen=np.array([known.seen for known in memories], np.int64),
            closing=np.full(len(memories), closing),
        )
        formed = form(self.plan, codes, samples, bounds)
        kept_codes, kept = codes[formed.keep], samples.take(formed.keep)
        edges = np.searchsorted(kept_codes, np.arange(len(memories) + 1))
        for place, code in enumerate(touched.tolist()):
            part = kept.take(slice(int(edges[place]), int(edges[place + 1])))
            self._remember(
                names[code],
                AssetMemory(part, int(newest[place]), int(formed.done[place]), int(formed.seen[place])),
            )
        return _renamed(formed.windows, touched)

    def _remember(self, name: str, known: AssetMemory) -> None:
        if len(known.samples) > MOST_WAITING:
            raise WindowsRefused(
                text(
                    "more than {count} rows of {asset} wait for their window", count=MOST_WAITING, asset=name
                ),
                why=text("a window is formed when nothing that belongs into it is expected any more"),
                fix=text("declare a shorter lateness, a shorter length, or a cycle column that changes"),
            )
        self.memory.pop(name, None)
        self.memory[name] = known

    def _make_room(self, touched: Sequence[str], samples: Samples) -> None:
        """Forget assets whose window would begin anew anyway, where there are more than are remembered."""
        coming = [name for name in touched if name not in self.memory]
        excess = len(self.memory) + len(coming) - self.most_assets
        if excess <= 0:
            return
        newest = max(int(samples.ticks.max()), *(known.newest for known in self.memory.values()), NEVER)
        wanted = set(touched)
        for name, known in list(self.memory.items()):
            if excess > 0 and name not in wanted and self._is_over(known, newest):
                del self.memory[name]
                excess -= 1
        if excess > 0:
            raise WindowsRefused(
                text("windows of more than {count} assets are formed at once", count=self.most_assets),
                why=text("the memory of each must be kept, since its last rows are still within the gap"),
                fix=text("check that the asset column names machines, or score the assets in parts"),
            )

    def _is_over(self, known: AssetMemory, newest: int) -> bool:
        if self.plan.gap is None:
            return False
        return known.newest + self.plan.gap + self.plan.lateness < newest


def _placed(plan: WindowPlan, known: AssetMemory, sent: Samples) -> tuple[bool, bool]:
    """Tell of a late row whether it says what is known already, and whether later windows see it."""
    held = known.samples
    place = int(np.searchsorted(held.ticks, sent.ticks[0]))
    if place < len(held) and held.ticks[place] == sent.ticks[0]:
        same = bool(says_the_same(held.take(slice(place, place + 1)), sent)[0])
        return same, not same
    if plan.cycles:
        return False, False
    return False, not (plan.every is None and known.seen > 0 and place == 0)


def _numbered(assets: Sequence[str]) -> tuple[list[str], Places]:
    names = {name: code for code, name in enumerate(dict.fromkeys(assets))}
    return list(names), np.fromiter((names[name] for name in assets), np.intp, len(assets))


def _newest_before(newest: NDArray[np.int64], codes: Places, ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the latest moment of each row's asset before the row came; shape ``(rows,)``."""
    if len(codes) == 1:
        return newest[codes]
    every_code = np.concatenate([np.arange(len(newest)), codes])
    values, rank = np.unique(np.concatenate([newest, ticks]), return_inverse=True)
    order = np.argsort(every_code, kind="stable")
    height = len(values)
    highest = np.maximum.accumulate(every_code[order] * height + rank[order]) % height
    before = np.empty(len(order), np.int64)
    before[order[1:]] = values[highest[:-1]]
    return before[len(newest) :]


def _renamed(windows: Windows, touched: Places) -> Windows:
    fields = {name: getattr(windows, name) for name in Windows.__slots__}
    return Windows(**{**fields, "codes": touched[windows.codes]})


def _by_asset(parts: Sequence[Windows]) -> Windows:
    windows = together(parts)
    if len(parts) == 1:
        return windows
    return windows.take(np.lexsort((windows.ticks, windows.codes)))
