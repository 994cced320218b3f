"""Whatever happens in whatever order, an alarm goes only where ISA-18.2 lets it go."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from andamio.errors import AlarmNotFound, AlarmRefused
from andamio.monitoring import Finding, Level
from andamio.monitoring.alarms import ALLOWED, AlarmBook, State
from andamio.registry import AuditLog
from andamio.storage.database import open_database

from .conftest import T0, settings_of, stuck

POOL = [
    stuck(tag, asset, level=level)
    for asset in ("pump-1", "pump-2")
    for tag in ("a", "b")
    for level in (Level.ALARM, Level.NOTICE)
]
SECTIONS = {
    "alarms": {"on_delay_minutes": 5, "off_delay_minutes": 10, "flood": 2, "start_up_mute_minutes": 10},
    "maintenance": [
        {"name": "w", "days": ["monday", "tuesday"], "starts": "06:00", "ends": "09:00", "assets": ["pump-1"]}
    ],
    "notification": {"target": [{"name": "t", "address": "json://127.0.0.1:9/"}]},
}
ACTS = ("acknowledge", "shelve", "unshelve", "take_out_of_service", "put_in_service")


class Book(RuleBasedStateMachine):
    """Cycles, restarts, acts and jumps of the clock, in any order."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.database = open_database(f"sqlite:///{Path(self.folder.name) / 'andamio.db'}")
        self.at = T0
        self.acted = 0
        self.seen = 0
        self.state: dict[int, State] = {}
        self.reopen()

    @rule()
    def reopen(self) -> None:
        self.book = AlarmBook(self.database, settings_of(**SECTIONS), time=lambda: self.at)

    @rule(minutes=st.integers(-600, 600), standing=st.lists(st.sampled_from(POOL), max_size=4))
    def cycle(self, minutes: int, standing: list[Finding]) -> None:
        self.at += timedelta(minutes=minutes)
        self.book.update("m", standing, at=self.at)
        events = self.book.history()
        self.book.update("m", standing, at=self.at)
        assert self.book.history() == events

    @rule(standing=st.lists(st.sampled_from(POOL), max_size=4))
    def late(self, standing: list[Finding]) -> None:
        before = self.book.standing(all_states=True)
        self.book.update("m", standing, at=self.at, live=False)
        assert self.book.standing(all_states=True) == before

    @rule(act=st.sampled_from(ACTS), name=st.sampled_from([1, 2, "F1"]), hours=st.integers(1, 12))
    def act(self, act: str, name: int | str, hours: int) -> None:
        more = {"hours": hours} if act == "shelve" else {}
        before = self.book.history()
        try:
            getattr(self.book, act)([name], actor="ana", reason="r", **more)
        except (AlarmNotFound, AlarmRefused):
            assert self.book.history() == before

    @invariant()
    def the_journal_tells_only_what_is_allowed_and_ends_where_the_alarms_are(self) -> None:
        for event in self.book.history()[self.seen :]:
            self.seen += 1
            if event.alarm is None or event.event.value in {"late", "notified"}:
                continue
            assert event.before is self.state.get(event.alarm, State.NORMAL), event
            if event.event in ALLOWED:
                assert (event.before, event.after) in ALLOWED[event.event], event
            else:
                assert event.before is event.after, event
            self.state[event.alarm] = event.after
            self.acted += event.actor == "ana"
        standing = {alarm.id: alarm.state for alarm in self.book.standing(all_states=True).alarms}
        assert standing == {n: state for n, state in self.state.items() if state is not State.NORMAL}
        assert len(AuditLog(self.database).entries()) == self.acted

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.database.close()
            self.folder.cleanup()


TestAnyOrder = Book.TestCase
TestAnyOrder.settings = settings(
    max_examples=20, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
