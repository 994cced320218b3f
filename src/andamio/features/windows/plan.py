"""What the windowing needs of a contract, with spans in whole ticks so that no moment is ever rounded."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from andamio.contracts.contract import Contract
from andamio.contracts.window import Clock, Window
from andamio.features.windows.samples import Places
from andamio.kernel.digests import sha256

TICKS = 1_000_000
"""Ticks a second, or a count."""
_PERIODS_HELD = 3


@dataclass(frozen=True, slots=True, eq=False)
class WindowPlan:
    """How rows become windows.

    Attributes:
        numbers: Names of the columns of the first tensor.
        categories: Names of the columns of the second.
        tags: Places of the windowed tags among the numbers.
        length: Samples in a window.
        every: Sampling period in ticks; None: every row is a sample.
        step: A window ends at each step-th sample.
        gap: The longest hole in ticks; None: any.
        lateness: In ticks.
        cycles: Whether each cycle is one window.
        clock: How moments are written.
        least: Samples from which on a window is formed; 0: ``length``.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    tags: Places
    length: int
    every: int | None
    step: int
    gap: int | None
    lateness: int
    cycles: bool
    clock: Clock
    least: int = 0

    @property
    def shortest(self) -> int:
        """Samples that the shortest window has."""
        return self.least or self.length

    @property
    def fingerprint(self) -> str:
        """Return the digest of all that a kept state depends on; lateness may change."""
        said = (
            self.numbers,
            self.categories,
            [self.numbers[place] for place in self.tags.tolist()],
            (self.length, self.every, self.step, self.gap, self.cycles, self.clock, self.least),
        )
        return sha256(msgspec.json.encode(said))


def window_plan(contract: Contract, window: Window) -> WindowPlan:
    """Lay out the windows of a contract."""
    names = tuple(declared.name for declared in contract.numbers)
    every = None if window.every is None else ticks_of(window.every)
    gap = None if window.gap is None else ticks_of(window.gap)
    return WindowPlan(
        numbers=names,
        categories=tuple(declared.name for declared in contract.categories),
        tags=np.array([names.index(tag) for tag in window.tags], np.intp),
        length=window.length,
        every=every,
        step=window.step,
        gap=_PERIODS_HELD * every if gap is None and every is not None else gap,
        lateness=ticks_of(window.lateness),
        cycles=window.cycle is not None,
        clock=window.clock,
        least=0 if window.least in (None, window.length) else window.least,
    )


def ticks_of(span: float) -> int:
    """Return a span of seconds or counts in ticks."""
    return round(span * TICKS)
