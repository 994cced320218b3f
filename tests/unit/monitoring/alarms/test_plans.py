"""Maintenance windows across midnight and the change of the clocks, and the mute after a gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from andamio.kernel.alarm_settings import MaintenanceSection
from andamio.monitoring.alarms import State
from andamio.monitoring.alarms.windows import Window

from .conftest import T0, Desk, stuck

MADRID = ZoneInfo("Europe/Madrid")


def window(**section: Any) -> Window:
    return Window(msgspec.convert({"name": "w"} | section, MaintenanceSection), MADRID)


def stretch(of: Window, first: datetime, days: int = 1) -> list[tuple[str, str]]:
    """When it is open, minute by minute, as wall times."""
    found, begun = [], None
    for minute in range(days * 24 * 60 + 1):
        at = first + timedelta(minutes=minute)
        if of.is_open(at) and begun is None:
            begun = at
        elif not of.is_open(at) and begun is not None:
            found.append(tuple(f"{m.astimezone(MADRID):%d %H:%M %z}" for m in (begun, at)))
            begun = None
    return found


@pytest.mark.parametrize(
    ("section", "day", "open_at"),
    [
        # Friday 2 January 2026: on the day itself, and past midnight into a day that is not named.
        ({"days": ["friday"], "starts": "08:00", "ends": "09:30"}, 2, [("02 08:00 +0100", "02 09:30 +0100")]),
        ({"days": ["friday"], "starts": "22:00", "ends": "02:00"}, 2, [("02 22:00 +0100", "03 02:00 +0100")]),
        ({"days": ["sunday"], "starts": "22:00", "ends": "02:00"}, 2, []),
        (
            {"starts": "2026-01-02 10:00", "ends": "2026-01-03 01:00"},
            2,
            [("02 10:00 +0100", "03 01:00 +0100")],
        ),
        (
            {"starts": "2026-01-02T10:00:00+00:00", "ends": "2026-01-02T11:00:00+00:00"},
            2,
            [("02 11:00 +0100", "02 12:00 +0100")],
        ),
    ],
)
def test_a_window_is_open_on_the_plants_clocks(
    section: dict[str, Any], day: int, open_at: list[tuple[str, str]]
) -> None:
    first = datetime(2026, 1, day, 0, 0, tzinfo=MADRID).astimezone(UTC)
    assert stretch(window(**section), first, days=2) == open_at


@pytest.mark.parametrize(
    ("date", "open_at"),
    [
        # Clocks go from 02:00 to 03:00, and from 03:00 back to 02:00: the ends are wall times both nights.
        (datetime(2026, 3, 28, 12, tzinfo=MADRID), ("28 22:00 +0100", "29 06:00 +0200")),
        (datetime(2026, 10, 24, 12, tzinfo=MADRID), ("24 22:00 +0200", "25 06:00 +0100")),
    ],
)
def test_a_night_with_a_change_of_the_clocks_ends_when_the_clock_says(
    date: datetime, open_at: tuple[str, str]
) -> None:
    night = window(days=["saturday"], starts="22:00", ends="06:00")
    assert stretch(night, date.astimezone(UTC)) == [open_at]


def test_an_hour_that_comes_twice_is_covered_twice() -> None:
    twice = window(days=["sunday"], starts="02:15", ends="02:45")
    first = datetime(2026, 10, 25, 0, 0, tzinfo=MADRID).astimezone(UTC)
    assert stretch(twice, first) == [("25 02:15 +0200", "25 02:45 +0100")]


def test_an_hour_that_does_not_come_keeps_its_length() -> None:
    absent = window(days=["sunday"], starts="02:00", ends="02:45")
    first = datetime(2026, 3, 29, 0, 0, tzinfo=MADRID).astimezone(UTC)
    assert stretch(absent, first) == [("29 03:00 +0200", "29 03:45 +0200")]


# Monday 2 November 2026, 12:00 UTC is 07:00 in Bogotá.
WEEKLY = {"name": "line 3", "days": ["monday"], "starts": "07:30", "ends": "08:30", "assets": ["pump-07"]}


def test_maintenance_suppresses_and_what_stands_after_it_calls(desk_with: Callable[..., Desk]) -> None:
    target = {"name": "night", "address": "json://127.0.0.1:9/"}
    desk = desk_with(maintenance=[WEEKLY], notification={"target": [target]})
    desk.look(stuck(), stuck(asset="pump-08"), minutes=45)
    assert desk.states() == {"pump-07": State.SUPPRESSED, "pump-08": State.UNACKNOWLEDGED}
    assert desk.book.find([1])[0].plan == "line 3"
    assert [title for title, _ in desk.letters()] == ["pump-house: pump-08 · sensor"]
    desk.look(stuck(), stuck(asset="pump-08"), minutes=60)
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED, "pump-08": State.UNACKNOWLEDGED}
    assert [title for title, _ in desk.letters()][1:] == ["pump-house: pump-07 · sensor"]


def test_what_came_and_went_in_maintenance_is_in_the_journal_alone(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(maintenance=[WEEKLY])
    desk.look(stuck(), minutes=31)
    desk.look(minutes=5)
    desk.look(minutes=31)
    desk.look(minutes=60)
    assert desk.states() == {}
    assert desk.events() == ["raised", "suppressed", "returned", "unsuppressed"]


def test_what_was_seen_before_maintenance_need_not_be_seen_again(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(maintenance=[WEEKLY])
    desk.look(stuck())
    desk.book.acknowledge([1], actor="ana")
    desk.look(stuck(), minutes=45)
    assert desk.states() == {"pump-07": State.SUPPRESSED}
    desk.look(stuck(), minutes=60)
    assert desk.states() == {"pump-07": State.ACKNOWLEDGED}


def test_a_clock_that_jumps_into_maintenance_and_back_calls_nobody_twice(
    desk_with: Callable[..., Desk],
) -> None:
    target = {"name": "night", "address": "json://127.0.0.1:9/"}
    desk = desk_with(maintenance=[WEEKLY], notification={"target": [target]})
    desk.look(stuck())
    desk.look(stuck(), minutes=45)
    desk.look(stuck(), minutes=-44)
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}
    desk.look(stuck(), minutes=200)
    assert len(desk.letters()) == 1


def test_after_a_gap_everything_is_muted_for_as_long_as_the_plant_says(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(alarms={"start_up_mute_minutes": 15, "gap_minutes": 60})
    desk.look()
    desk.look(stuck(), minutes=61)
    assert desk.states() == {"pump-07": State.SUPPRESSED}
    desk.look(stuck(), minutes=14)
    assert desk.states() == {"pump-07": State.SUPPRESSED}
    desk.look(stuck(), minutes=1)
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}


def test_an_asset_that_starts_is_muted_alone(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(alarms={"start_up_mute_minutes": 15})
    started = {"pump-07": T0}
    desk.look(stuck(), stuck(asset="pump-08"), started=started)
    assert desk.states() == {"pump-07": State.SUPPRESSED, "pump-08": State.UNACKNOWLEDGED}
    desk.look(stuck(), stuck(asset="pump-08"), minutes=14, started=started)
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED, "pump-08": State.UNACKNOWLEDGED}
