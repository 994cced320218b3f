"""An alarm storm: one entry, one letter an hour, and a journal in which nothing is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from andamio.monitoring import Cause
from andamio.monitoring.alarms import State

from .conftest import Desk, storm, stuck

TARGET = {"name": "night", "address": "json://127.0.0.1:9/"}


@pytest.fixture
def told(desk_with: Callable[..., Desk]) -> Desk:
    """A desk whose alarms are told to one operator."""
    return desk_with(notification={"target": [TARGET]})


def test_a_storm_of_500_findings_is_one_entry_and_one_letter(told: Desk) -> None:
    told.look(*storm())
    standing = told.book.standing()
    assert standing.alarms == ()
    (flood,) = standing.floods
    assert (flood.findings, flood.assets, flood.waiting, standing.waiting) == (500, 40, 40, 40)
    ((title, body),) = told.letters()
    assert title == "pump-house: 40 alarms: 500 findings, 40 assets"
    assert "pump-00" in body
    assert len(body.splitlines()) < 30


def test_the_journal_of_a_storm_is_complete(told: Desk) -> None:
    told.look(*storm())
    told.look(minutes=1)
    told.look(minutes=31)
    count = Counter(event.event.value for event in told.book.history())
    assert count == {
        "finding-joined": 500, "finding-left": 500, "raised": 40, "returned": 40,
        "flood-began": 1, "flood-ended": 1, "notified": 1,
    }  # fmt: skip


def test_a_storm_that_goes_on_for_hours_calls_at_most_once_an_hour_and_leaves_nothing_out(
    told: Desk,
) -> None:
    findings = storm(assets=50, findings=50)
    for step in range(6 * 8):
        told.look(*findings[: step + 1], minutes=10)
    assert len(told.letters()) == 8
    rows = [event for event in told.book.history() if event.event.value == "notified"]
    named = [number for row in rows for number in row.data["alarms"]]
    assert len(named) == len(set(named))
    told.look(*findings[:48], minutes=60)
    last = told.book.history(newest=1)[0]
    assert sorted([*named, *last.data["alarms"]]) == list(range(1, 49))


def test_what_a_person_dealt_with_meanwhile_is_told_no_more(told: Desk) -> None:
    told.look(stuck())
    told.look(stuck(), stuck(asset="pump-08"), stuck(asset="pump-09"))
    told.book.acknowledge([2], actor="ana")
    told.look(stuck(), stuck(asset="pump-08"), stuck(asset="pump-09"), minutes=61)
    assert len(told.letters()) == 2
    assert "pump-09" in told.letters()[1][1]
    assert "pump-08" not in told.letters()[1][1]


def test_the_budget_survives_a_restart(told: Desk) -> None:
    told.look(stuck())
    told.open()
    told.look(stuck(), stuck(asset="pump-08"))
    assert len(told.letters()) == 1
    told.open()
    told.look(stuck(), stuck(asset="pump-08"), minutes=60)
    assert len(told.letters()) == 2


def test_a_person_deals_with_a_flood_as_one(told: Desk) -> None:
    told.look(*storm())
    told.book.shelve([3], hours=1, reason="known", actor="ana")
    told.book.acknowledge(["F1"], actor="ana", reason="power failure")
    assert Counter(told.states().values()) == {State.ACKNOWLEDGED: 39, State.SHELVED: 1}
    assert told.book.standing().waiting == 0
    assert told.book.find(["f1"])[0].acknowledged_by == "ana"


def test_a_flood_ends_when_fewer_come_and_the_next_alarm_stands_alone(told: Desk) -> None:
    told.look(*storm())
    told.look(*storm(), minutes=11)
    told.look(*storm(), stuck(asset="press-1"))
    assert [alarm.asset for alarm in told.book.standing().alarms] == ["press-1"]
    assert [flood.id for flood in told.book.standing().floods] == [1]


def test_a_target_hears_of_what_it_asked_for_in_its_language(desk_with: Callable[..., Desk]) -> None:
    targets = [
        TARGET | {"name": "instruments", "causes": ["sensor"], "language": "es"},
        TARGET | {"name": "line-2", "assets": ["press-1"]},
        TARGET | {"name": "other", "models": ["other"]},
    ]
    desk = desk_with(notification={"target": targets})
    desk.look(stuck(), stuck(asset="press-1", cause=Cause.PROCESS))
    with desk.database.reading():
        letters = desk.letters()
    assert [title for title, _ in letters] == [
        "pump-house: pump-07 · sensor",
        "pump-house: press-1 · process",
    ]
    body = letters[0][1]
    assert "Qué: " in body
    assert "Consecuencia: el modelo lee una medición errónea" in body
    assert "Desde: 2026-11-02 06:40" in body
    assert "Haga: " in body


def test_without_a_target_nothing_is_queued(desk: Desk) -> None:
    desk.look(*storm())
    assert desk.letters() == []
