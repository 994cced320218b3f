"""One fault of one sensor: what it is, since when, until when, how sure, and by what evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """The name of a fault. One fault on one tag has one name."""

    STUCK = "stuck"
    SPIKE = "spike"
    DROPOUT = "dropout"
    SENTINEL = "sentinel"
    CLIPPED = "clipped"
    UNIT = "unit"
    OFFSET = "offset"
    DRIFT = "sensor-drift"
    SWAPPED = "swapped"
    CLOCK = "clock"
    GAP = "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        kind: Its name.
        tag: The number of the tag; -1 when it is about the stream (clock, gap).
        since: Time of the first row that shows it, seconds since 1970.
        found: Time of the row at which it was found.
        until: Time of the first row without it; None while it lasts.
        certainty: How sure, 0 to 1.
        evidence: Numbers in the tag's unit: "size", "value", "factor", "rows" and so on.
        conversion: For a change of unit, its name in ``units.CONVERSIONS``.
    """

    kind: FaultKind
    tag: int
    since: float
    found: float
    until: float | None = None
    certainty: float = 1.0
    evidence: Mapping[str, float] = field(default_factory=dict)
    conversion: str = ""
