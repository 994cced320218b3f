"""From findings to alarms: states, delays, identity, and what a person may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from andamio.errors import AlarmNotFound, AlarmRefused, UsageError
from andamio.language import say
from andamio.language.speech import speak
from andamio.monitoring import Cause, Level
from andamio.monitoring.alarms import State
from andamio.storage.database import Database

from .conftest import Desk, storm, stuck


def test_a_finding_that_needs_a_person_becomes_an_alarm_and_a_notice_does_not(desk: Desk) -> None:
    desk.look(stuck(), stuck("ambient", "pump-08", level=Level.NOTICE))
    (alarm,) = desk.book.standing().alarms
    assert (alarm.id, alarm.asset, alarm.cause, alarm.state) == (1, "pump-07", "sensor", State.UNACKNOWLEDGED)
    assert alarm.lead.what == stuck().what
    with speak("es"):
        assert "respuestas" in say(alarm.consequence)


def test_findings_of_one_asset_and_cause_are_one_alarm_and_the_surest_leads(desk: Desk) -> None:
    desk.look(stuck("a", certainty=0.6), stuck("b", certainty=0.9), stuck("c", cause=Cause.PROCESS))
    process, sensor = desk.book.standing().alarms
    assert (process.cause, [f.tag for f in sensor.findings]) == ("process", ["b", "a"])
    assert sensor.lead.tag == "b"


def test_the_life_of_an_alarm(desk: Desk) -> None:
    desk.look(stuck())
    desk.book.acknowledge([1], actor="ana", reason="on my way")
    assert desk.states() == {"pump-07": State.ACKNOWLEDGED}
    desk.look()
    desk.look(minutes=31)
    assert desk.states() == {}
    desk.look(stuck())
    desk.look()
    desk.look(minutes=31)
    assert desk.states() == {"pump-07": State.RETURNED}
    desk.book.acknowledge(["1"], actor="ben")
    assert desk.states() == {}
    assert desk.events() == ["raised", "acknowledged", "returned", "raised", "returned", "acknowledged"]
    assert [e.actor for e in desk.book.history() if e.event.value == "acknowledged"] == ["ana", "ben"]


def test_a_restart_and_a_replayed_cycle_repeat_nothing(desk: Desk) -> None:
    desk.look(*storm())
    before = desk.book.history()
    for _ in range(3):
        desk.open()
        desk.look(*storm(), minutes=0)
    assert desk.book.history() == before


def test_a_finding_that_flickers_is_one_alarm(desk: Desk) -> None:
    for _ in range(20):
        desk.look(stuck(), minutes=10)
        desk.look(minutes=10)
    assert desk.events() == ["raised"]


def test_a_finding_counts_after_the_on_delay_and_is_over_after_the_off_delay(
    desk_with: Callable[..., Desk],
) -> None:
    desk = desk_with(alarms={"on_delay_minutes": 10, "off_delay_minutes": 20})
    desk.look(stuck())
    desk.look(stuck(), minutes=9)
    desk.look()
    desk.look(stuck())
    desk.look(stuck(), minutes=9)
    assert desk.states() == {}
    desk.look(stuck())
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}
    desk.look()
    desk.look(minutes=19)
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}
    desk.look()
    assert desk.states() == {"pump-07": State.RETURNED}


def test_inside_the_deadband_an_alarm_stays_and_none_is_raised(desk_with: Callable[..., Desk]) -> None:
    desk = desk_with(alarms={"least_certainty": 0.8, "deadband": 0.2, "off_delay_minutes": 0})
    desk.look(stuck(certainty=0.7))
    assert desk.states() == {}
    for certainty in (0.81, 0.61, 0.9, 0.65):
        desk.look(stuck(certainty=certainty))
    desk.look(stuck(certainty=0.65, level=Level.NOTICE))
    assert desk.events() == ["raised"]
    desk.look(stuck(certainty=0.5))
    assert desk.events() == ["raised", "returned"]


def test_a_new_finding_calls_again_when_the_alarm_was_acknowledged(desk: Desk) -> None:
    desk.look(stuck())
    desk.book.acknowledge([1], actor="ana")
    desk.look(stuck(), stuck("vibration"))
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}
    assert desk.events() == ["raised", "acknowledged", "raised-again"]


def test_another_version_makes_another_finding(desk: Desk) -> None:
    desk.look(stuck(), version=3)
    desk.book.acknowledge([1], actor="ana")
    desk.look(stuck(), version=4)
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}
    desk.look(stuck(), version=4, minutes=31)
    (alarm,) = desk.book.standing().alarms
    assert [finding.version for finding in alarm.findings] == [4]


def test_the_alarms_of_another_model_are_left_alone(desk: Desk) -> None:
    desk.look(stuck())
    desk.book.update("other", [], at=desk.at + timedelta(hours=2))
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}
    assert desk.book.standing(model="other").alarms == ()


def test_a_shelved_alarm_comes_back_by_itself_and_calls(desk: Desk) -> None:
    desk.look(stuck())
    (alarm,) = desk.book.shelve([1], hours=8, reason="valve is being changed", actor="ana")
    assert (alarm.state, alarm.until, alarm.held_why) == (
        State.SHELVED, desk.at + timedelta(hours=8), "valve is being changed"
    )  # fmt: skip
    assert desk.book.standing().alarms == ()
    assert desk.book.standing().aside == 1
    desk.look(stuck(), minutes=8 * 60 - 1)
    assert desk.states() == {"pump-07": State.SHELVED}
    desk.look(stuck())
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}
    last = desk.book.history()[-1]
    assert (last.event.value, last.actor, last.before, last.after) == (
        "unshelved", "andamio", State.SHELVED, State.UNACKNOWLEDGED
    )  # fmt: skip


def test_what_is_over_when_the_shelf_ends_is_normal(desk: Desk) -> None:
    desk.look(stuck())
    desk.book.shelve([1], hours=1, reason="r", actor="ana")
    desk.look(minutes=31)
    desk.look(minutes=31)
    assert desk.states() == {}
    assert desk.events() == ["raised", "shelved", "unshelved", "returned"] or desk.events() == [
        "raised", "shelved", "returned", "unshelved"
    ]  # fmt: skip


def test_out_of_service_lasts_until_somebody_puts_it_back(desk: Desk) -> None:
    desk.look(stuck())
    desk.book.take_out_of_service([1], reason="pump is away", actor="ana")
    desk.look(stuck(), minutes=60 * 24 * 90)
    assert desk.states() == {"pump-07": State.OUT_OF_SERVICE}
    desk.book.put_in_service([1], actor="ben")
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}


def test_an_act_that_does_not_fit_is_refused_and_changes_nothing(desk: Desk) -> None:
    desk.look(stuck(), stuck(asset="pump-08"))
    desk.book.shelve([1], hours=1, reason="r", actor="ana")
    before = desk.book.history()
    with pytest.raises(AlarmRefused, match="alarm 1 cannot be acknowledged"):
        desk.book.acknowledge([2, 1], actor="ana")
    with pytest.raises(AlarmRefused):
        desk.book.unshelve([2], actor="ana")
    with pytest.raises(AlarmRefused):
        desk.book.put_in_service([1], actor="ana")
    with pytest.raises(AlarmNotFound, match="77"):
        desk.book.acknowledge([2, 77], actor="ana")
    with pytest.raises(AlarmNotFound):
        desk.book.acknowledge(["pump-07"], actor="ana")
    with pytest.raises(UsageError):
        desk.book.shelve([2], hours=1, reason=" ", actor="ana")
    with pytest.raises(UsageError):
        desk.book.shelve([2], hours=10_000, reason="r", actor="ana")
    with pytest.raises(UsageError):
        desk.book.shelve([2], hours=float("nan"), reason="r", actor="ana")
    assert desk.book.history() == before


def test_every_act_of_a_person_is_in_the_audit_log_and_the_chain_holds(desk: Desk) -> None:
    desk.look(stuck())
    desk.book.acknowledge([1], actor="ana", reason="seen")
    desk.book.comment([1], actor="ana", reason="spare part ordered")
    desk.book.shelve([1], hours=2, reason="waiting for it", actor="ben")
    desk.book.unshelve([1], actor="ben")
    desk.book.take_out_of_service([1], reason="pump is away", actor="ben")
    desk.book.put_in_service([1], actor="eva")
    from andamio.registry import AuditLog

    log = AuditLog(desk.database)
    rows = log.entries(subject="pump-health")
    assert [(row.action, row.actor) for row in rows] == [
        ("alarm-acknowledged", "ana"),
        ("alarm-commented", "ana"),
        ("alarm-shelved", "ben"),
        ("alarm-unshelved", "ben"),
        ("alarm-out-of-service", "ben"),
        ("alarm-in-service", "eva"),
    ]
    assert {row.subject for row in rows} == {"pump-health@alarm-1"}
    assert log.verify().holds


def test_acknowledging_twice_is_no_second_act(desk: Desk) -> None:
    desk.look(stuck())
    desk.book.acknowledge([1], actor="ana")
    (alarm,) = desk.book.acknowledge([1], actor="ben")
    assert alarm.acknowledged_by == "ana"
    assert desk.events() == ["raised", "acknowledged"]


def test_late_data_raises_nothing_and_is_noted_once(desk: Desk) -> None:
    for _ in range(3):
        desk.look(stuck(), stuck("x", level=Level.NOTICE), live=False)
    assert desk.states() == {}
    (event,) = desk.book.history()
    assert (event.event.value, event.alarm, event.data["asset"]) == ("late", None, "pump-07")
    desk.look(stuck())
    desk.look(live=False)
    assert desk.states() == {"pump-07": State.UNACKNOWLEDGED}


def test_the_journal_of_alarms_only_grows(desk: Desk, database: Database) -> None:
    desk.look(stuck())
    for statement in ("UPDATE alarm_journal SET actor = 'x'", "DELETE FROM alarm_journal"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.execute(sa.text(statement))


def test_sentences_come_back_from_the_database_as_they_went_in(desk: Desk) -> None:
    desk.look(stuck())
    (alarm,) = desk.book.find([1])
    assert alarm.lead.what == stuck().what
    assert alarm.lead.since == stuck().since
