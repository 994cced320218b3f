"""Signals: the many samples that a row carries for one tag, side by side in the graph's third tensor."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The samples of one tag, oldest first.

    Attributes:
        name: What expressions call it; the tag's name.
        tag: The input that it belongs to.
        length: Samples.
        start: Its first column in the packed tensor, shape ``(rows, sum of the lengths)``.
        rate_hz: Samples a second; None where the samples are not taken at a steady rate.
        unit: Of every sample.
    """

    name: str
    tag: str
    length: int
    start: int = 0
    rate_hz: float | None = None
    unit: str | None = None

    @property
    def columns(self) -> slice:
        """Where it lies in the packed tensor."""
        return slice(self.start, self.start + self.length)


def side_by_side(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Give each signal its place in the packed tensor, one after the other."""
    placed: list[Signal] = []
    start = 0
    for signal in signals:
        placed.append(dataclasses.replace(signal, start=start))
        start += signal.length
    return tuple(placed)


def width(signals: Iterable[Signal]) -> int:
    """Count the columns of the packed tensor."""
    return sum(signal.length for signal in signals)
