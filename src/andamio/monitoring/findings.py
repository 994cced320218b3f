"""A finding: what a monitor states, since when, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from andamio.errors import Text


class Level(StrEnum):
    """How much a finding asks of a person."""

    ALARM = "alarm"  # somebody should act
    NOTICE = "notice"  # good to know


class Cause(StrEnum):
    """Where a finding comes from, as far as the monitor can tell; it decides who should look first."""

    SENSOR = "sensor"  # the measurement is wrong, the process may be well
    SEASON = "season"  # season, product, load: what legitimately moves the process
    PROCESS = "process"  # the process itself moved
    CONCEPT = "concept"  # the inputs look usual, and the answers are worse
    PIPELINE = "pipeline"  # what carries the data: gaps, clocks, refused rows, a full disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement of a monitor.

    Attributes:
        kind: Stable name: "stuck", "missing", "drift" and so on.
        level: Whether somebody should act.
        what: The statement, in words.
        fix: What to do.
        tag: The tag it is about; None for the whole asset.
        asset: The asset it is about; None for all.
        since: Since when, by the clock of the rows.
        cause: Where it comes from.
        certainty: How sure the monitor is, 0 to 1; None where it is not a matter of degree.
        data: Numbers for a program.
    """

    kind: str
    level: Level
    what: Text
    fix: Text
    tag: str | None = None
    asset: str | None = None
    since: datetime | None = None
    cause: Cause | None = None
    certainty: float | None = None
    data: Mapping[str, object] = field(default_factory=dict)
