"""What ``andamio.toml`` says about alarms, planned maintenance and who is told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time
from typing import Annotated, Any, Literal

import msgspec

from andamio.errors import Text, text

Minutes = Annotated[float, msgspec.Meta(ge=0, le=525600)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Word = Annotated[str, msgspec.Meta(min_length=1)]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CauseName = Literal["sensor", "season", "process", "concept", "pipeline"]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_SERVICE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.")


class AlarmsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[alarms]``: when a finding becomes an alarm, when it is over, and how often a person is told."""

    on_delay_minutes: Minutes = 0.0
    off_delay_minutes: Minutes = 30.0
    least_certainty: Share = 0.0
    deadband: Share = 0.1
    flood: Annotated[int, msgspec.Meta(ge=2)] = 10
    longest_shelf_hours: Annotated[float, msgspec.Meta(gt=0, le=8784)] = 168.0
    start_up_mute_minutes: Minutes = 0.0
    gap_minutes: Annotated[float, msgspec.Meta(gt=0, le=525600)] = 60.0
    notifications_per_hour: Annotated[float, msgspec.Meta(gt=0, le=60)] = 1.0
    burst: Annotated[int, msgspec.Meta(ge=1, le=60)] = 1


class MaintenanceSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[[maintenance]]``: a planned time in which the alarms of some assets or models are not shown.

    With ``days`` it comes back every week, and ``starts`` and ``ends`` are times of day; without, they are
    moments. Both are read on the plant's clocks.
    """

    name: Word
    starts: Any
    ends: Any
    days: tuple[Day, ...] = ()
    assets: tuple[Word, ...] = ()
    models: tuple[Word, ...] = ()

    def times_of_day(self) -> tuple[time, time]:
        """Return when it begins and ends on each of its days; an end before the start is on the next day.

        Raises:
            ValueError: One is not a time of day.
        """
        return _time_of_day(self.starts), _time_of_day(self.ends)

    def moments(self) -> tuple[datetime, datetime]:
        """Return when it begins and ends, once; without a zone they are the plant's.

        Raises:
            ValueError: One is not a moment.
        """
        return _moment(self.starts), _moment(self.ends)


class TargetSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[[notification.target]]``: one service that is told, and of what."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]*$")]
    address: Word
    language: Literal["en", "es"] | None = None
    causes: tuple[CauseName, ...] = ()
    models: tuple[Word, ...] = ()
    assets: tuple[Word, ...] = ()

    def __repr__(self) -> str:
        """Show the name alone: an address may hold a secret."""
        return f"TargetSection(name={self.name!r})"


class NotificationSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[notification]``: who is told of alarms, through which services, and how stubbornly."""

    per_minute: Annotated[int, msgspec.Meta(ge=1, le=600)] = 6
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=120)] = 10.0
    give_up_days: Annotated[float, msgspec.Meta(gt=0, le=366)] = 7.0
    target: tuple[TargetSection, ...] = ()


def alarm_faults(
    maintenance: tuple[MaintenanceSection, ...], notification: NotificationSection
) -> Iterator[tuple[str, Text]]:
    """Find what each section allows alone and the whole does not: where, and what."""
    for position, window in enumerate(maintenance, start=1):
        place = f"[[maintenance]] {position} ({window.name})"
        yield from ((place, what) for what in _window_faults(window))
    names = Counter(target.name for target in notification.target)
    for target in notification.target:
        place = f"[[notification.target]] ({target.name})"
        if names.pop(target.name, 1) > 1:
            yield place, text("two targets have this name")
        if not _is_address(target.address):
            yield (
                place,
                text(
                    "the address must be env:NAME, file:PATH or an address of Apprise, such as json://HOST/PATH"
                ),
            )


def _is_address(address: str) -> bool:
    reference = re.fullmatch(r"(env|file):(?!//)(.+)", address)
    return reference is not None or _SERVICE.match(address) is not None


def _window_faults(window: MaintenanceSection) -> Iterator[Text]:
    if len(set(window.days)) < len(window.days):
        yield text("a day is named twice")
    try:
        if window.days:
            starts, ends = window.times_of_day()
            if starts == ends:
                yield text("it ends when it begins")
            return
        first, last = window.moments()
    except ValueError:
        yield (
            text('with days, starts and ends are times of day, such as "22:00"')
            if window.days
            else text('without days, starts and ends are moments, such as "2026-12-24 22:00"')
        )
        return
    if (first.tzinfo is None) != (last.tzinfo is None):
        yield text("one end names a time zone and the other does not")
    elif last <= first:
        yield text("it ends before it begins")


def _time_of_day(written: object) -> time:
    found = time.fromisoformat(written) if isinstance(written, str) else written
    if not isinstance(found, time) or found.tzinfo is not None:
        raise ValueError(written)
    return found


def _moment(written: object) -> datetime:
    found = datetime.fromisoformat(written) if isinstance(written, str) else written
    if not isinstance(found, datetime) or (isinstance(written, str) and len(written.strip()) <= 10):
        raise ValueError(written)  # a day alone does not say which end of it is meant
    return found
