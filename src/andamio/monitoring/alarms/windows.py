"""Planned maintenance: at which moments a plan suppresses which alarms, on the plant's clocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from andamio.kernel.alarm_settings import DAYS, MaintenanceSection


@dataclass(frozen=True, slots=True)
class Window:
    """One ``[[maintenance]]`` of the settings, on the clocks of one zone."""

    section: MaintenanceSection
    zone: tzinfo

    @property
    def name(self) -> str:
        """What the plant calls it."""
        return self.section.name

    def is_open(self, at: datetime) -> bool:
        """Tell whether it is on at a moment."""
        return any(start <= at < end for start, end in self._stretches(at))

    def covers(self, model: str, asset: str) -> bool:
        """Tell whether it is about this model and this asset."""
        models, assets = self.section.models, self.section.assets
        return (not models or model in models) and (not assets or asset in assets)

    def _stretches(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        if not self.section.days:
            starts, ends = self.section.moments()
            yield _first(starts, self.zone), _last(ends, self.zone)
            return
        starts_at, ends_at = self.section.times_of_day()
        today = at.astimezone(self.zone).date()
        # Yesterday's may go on past midnight; where the day has 23 or 25 hours the ends still are wall times.
        for day in (today - timedelta(days=1), today):
            if DAYS[day.weekday()] in self.section.days:
                last_day = day if starts_at < ends_at else day + timedelta(days=1)
                yield _first(_on(day, starts_at), self.zone), _last(_on(last_day, ends_at), self.zone)


def open_window(windows: Sequence[Window], model: str, asset: str, at: datetime) -> Window | None:
    """Return a window that is on for this model and asset now."""
    return next((w for w in windows if w.covers(model, asset) and w.is_open(at)), None)


def _on(day: date, at: time) -> datetime:
    return datetime.combine(day, at)


def _first(written: datetime, zone: tzinfo) -> datetime:
    """Return the moment of a wall time; of two, the first."""
    return (written if written.tzinfo else written.replace(tzinfo=zone, fold=0)).astimezone(UTC)


def _last(written: datetime, zone: tzinfo) -> datetime:
    """Return the moment of a wall time; of two, the last."""
    if written.tzinfo:
        return written.astimezone(UTC)
    return max(written.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
