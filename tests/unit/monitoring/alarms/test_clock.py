"""A clock that jumps: nothing is lost, repeated, or unshelved wrongly."""

from __future__ import annotations

from datetime import timedelta

from andamio.kernel.clock import SinceBoot, since_boot
from andamio.monitoring.alarms import AlarmBook, State
from andamio.storage.database import Database
from andamio.storage.steady_time import SteadyTime

from .conftest import T0, Desk, settings_of, stuck


class Box:
    """A box whose clock is set by hand, and whose time since it was switched on is not."""

    def __init__(self, database: Database) -> None:
        self.clock, self.up, self.boot = T0, 1000.0, "first"
        self.steady = SteadyTime(lambda: SinceBoot(self.boot, self.up))
        self.book = AlarmBook(database, settings_of(), steady=self.steady, time=lambda: self.clock)

    def look(self, *findings, hours: float = 0.1) -> None:
        self.clock += timedelta(hours=hours)
        self.up += 3600 * hours
        self.book.update("pump-health", findings, at=self.clock)

    @property
    def state(self) -> State:
        return self.book.find([1])[0].state

    def events(self) -> list[str]:
        return [e.event.value for e in self.book.history() if not e.event.value.startswith("finding")]


def test_a_clock_that_jumps_ahead_ends_no_shelf(database: Database) -> None:
    box = Box(database)
    box.look(stuck())
    box.book.shelve([1], hours=8, reason="r", actor="ana")
    box.clock += timedelta(days=400)
    box.look(stuck())
    assert box.state is State.SHELVED
    box.clock -= timedelta(days=800)
    box.look(stuck(), hours=7.8)
    assert box.state is State.SHELVED
    box.look(stuck(), hours=0.2)
    assert box.state is State.UNACKNOWLEDGED
    assert box.events() == ["raised", "shelved", "unshelved"]


def test_a_clock_that_jumps_back_keeps_no_alarm_and_no_shelf_for_longer(database: Database) -> None:
    box = Box(database)
    box.look(stuck())
    box.book.shelve([1], hours=1, reason="r", actor="ana")
    box.clock -= timedelta(days=30)
    box.look(hours=0.6)
    box.look(hours=0.6)
    assert box.state is State.NORMAL
    assert box.events() == ["raised", "shelved", "unshelved", "returned"]


def test_after_a_switch_off_the_clock_tells_how_long_it_was(database: Database) -> None:
    box = Box(database)
    box.look(stuck())
    box.book.shelve([1], hours=8, reason="r", actor="ana")
    box.boot, box.up = "second", 5.0
    box.clock += timedelta(hours=9)
    box.look(stuck(), hours=0)
    assert box.state is State.UNACKNOWLEDGED


def test_without_the_boxs_own_time_a_clock_that_goes_back_stands_still(desk: Desk) -> None:
    desk.look(stuck())
    desk.book.shelve([1], hours=2, reason="r", actor="ana")
    desk.look(stuck(), minutes=-60 * 24)
    desk.look(stuck(), minutes=119)
    assert desk.states() == {"pump-07": State.SHELVED}
    desk.look(stuck(), minutes=2)
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}


def test_the_end_of_a_shelf_is_shown_by_the_clock_of_now(database: Database) -> None:
    box = Box(database)
    box.look(stuck())
    box.book.shelve([1], hours=8, reason="r", actor="ana")
    box.clock -= timedelta(days=3)
    assert box.book.find([1])[0].until == box.clock + timedelta(hours=8)


def test_the_time_since_the_box_was_switched_on_rises() -> None:
    first, second = since_boot(), since_boot()
    assert first is not None
    assert second is not None
    assert first.boot == second.boot
    assert first.seconds <= second.seconds
