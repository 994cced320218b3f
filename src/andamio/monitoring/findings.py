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


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement of a monitor. ``kind`` is stable: "stuck", "missing", "drift" and so on."""

    kind: str
    level: Level
    what: Text
    fix: Text
    tag: str | None = None
    asset: str | None = None
    since: datetime | None = None
    data: Mapping[str, object] = field(default_factory=dict)
