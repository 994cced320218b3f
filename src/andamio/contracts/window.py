"""How the rows of a model become windows: what ``[window]`` of a contract says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Clock = Literal["time", "counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The windows of a model's rows, per asset.

    Spans are seconds where the clock is a time, and counts where the time column only counts.

    Attributes:
        length: Samples in a window.
        every: The sampling period; None: every row is a sample.
        step: A window ends at each step-th sample.
        gap: The longest hole that holding the last value bridges; None: three periods, or any hole where
            every row is a sample.
        lateness: How late a row may come and still take its place before a window is formed.
        cycle: A column: each cycle of an asset is one window, resampled to ``length``.
        tags: The number tags whose windows the model reads, in the contract's order.
        clock: Whether the spans were written as times or as counts; "time" where none was written.
    """

    length: int
    every: float | None = None
    step: int = 1
    gap: float | None = None
    lateness: float = 0.0
    cycle: str | None = None
    tags: tuple[str, ...] = ()
    clock: Clock = "time"


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far ahead a model answers: seconds, or a plain number of rows or counts where ``unit`` is None."""

    span: float
    unit: str | None = None
