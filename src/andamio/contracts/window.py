"""How the rows of a model become windows: what ``[window]`` of a contract says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Clock = Literal["time", "counts"]
SECONDS: Mapping[str, float] = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "day": 86_400.0,
    "days": 86_400.0,
    "week": 604_800.0,
    "weeks": 604_800.0,
}
"""The units in which spans are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The windows of a model's rows, per asset.

    Spans are seconds where the clock is a time, and counts where the time column only counts.

    Attributes:
        length: Samples in a window.
        least: Samples from which on a window is formed, those before the beginning missing; None: ``length``.
        every: The sampling period; None: every row is a sample.
        step: A window ends at each step-th sample.
        gap: The longest hole that holding the last value bridges; None: three periods, or any hole where
            every row is a sample.
        lateness: How late a row may come and still take its place before a window is formed.
        cycle: A column: each cycle of an asset is one window, resampled to ``length``.
        tags: The number tags whose windows the model reads, in the contract's order.
        conditions: Those of ``tags`` that say how the machine is run; the others are told as they would be in
            the commonest operating condition.
        clock: Whether the spans were written as times or as counts; "time" where none was written.
    """

    length: int
    least: int | None = None
    every: float | None = None
    step: int = 1
    gap: float | None = None
    lateness: float = 0.0
    cycle: str | None = None
    tags: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    clock: Clock = "time"

    @property
    def shortest(self) -> int:
        """Samples that the shortest window has."""
        return self.least or self.length

    @property
    def levelled(self) -> tuple[str, ...]:
        """The tags that are told as in the commonest condition."""
        return tuple(tag for tag in self.tags if self.conditions and tag not in self.conditions)

    @property
    def rate_hz(self) -> float | None:
        """Samples a second; None where they are rows, counts, or parts of a cycle."""
        return 1.0 / self.every if self.every and self.clock == "time" and self.cycle is None else None


@dataclass(frozen=True, slots=True)
class Horizon:
    """A span as a plant writes it.

    Attributes:
        span: In seconds; as it was written where it is a plain number.
        unit: Of time, as it was written; None: a number of counts, or of rows.
    """

    span: float
    unit: str | None = None

    @property
    def of_unit(self) -> float:
        """Seconds of one unit; 1 where the span is a plain number."""
        return 1.0 if self.unit is None else SECONDS[self.unit]

    def unit_told(self, unit: str | None) -> float:
        """Return the seconds of the unit that answers are told in: the output's, or the horizon's own."""
        return 1.0 if self.unit is None else SECONDS.get(unit or "", self.of_unit)

    def most_told(self, unit: str | None) -> float:
        """Return the horizon in the unit that answers are told in."""
        return self.span / self.unit_told(unit)
