"""Findings on their way to the desk that keeps the alarms."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from andamio.errors import Busy, text
from andamio.monitoring.rounds import Looked, Round
from andamio.web.alarm_desk import NoAlarms, hand_over


class Desk(NoAlarms):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def update(self, model: str, *_: Any) -> None:
        if model == "busy":
            raise Busy(text("sensor"))
        self.heard.append(model)


def looked(model: str, *, kept: bool = True) -> Looked:
    watch = SimpleNamespace(started=dict)
    watched = SimpleNamespace(model=model, served=SimpleNamespace(version=1), watch=watch)
    return Looked(cast("Any", watched), 0, [], kept)


def test_what_fails_for_one_model_keeps_no_other_from_its_alarms() -> None:
    desk = Desk()
    with pytest.raises(Busy):
        hand_over(desk, Round((looked("busy"), looked("pump")), {}))
    assert desk.heard == ["pump"]


def test_a_look_that_another_process_keeps_is_left_to_that_process() -> None:
    desk = Desk()
    hand_over(desk, Round((looked("pump", kept=False), looked("fan")), {}))
    assert desk.heard == ["fan"]
