"""The plots of the watch's page, in the reader's language."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np
import pytest

from andamio.language import speak
from andamio.reports.watch_plots import draw_chart, draw_shares, draw_then_now

JANUARY = datetime(2026, 1, 20, tzinfo=UTC).timestamp()


def ticks(drawn: str) -> list[str]:
    return re.findall(r">([^<>]+)</text>", drawn)


@pytest.mark.parametrize(("language", "mark"), [("en", "."), ("es", ",")])
def test_an_axis_has_the_decimal_mark_of_the_language(language: str, mark: str) -> None:
    with speak(language):
        drawn = draw_then_now("t", np.array([0.0, 0.1, 0.2, 0.3]), np.full(3, 0.3), np.full(3, 0.2))
    assert f"0{mark}1" in "".join(ticks(drawn))
    assert not any(tick.count("." if mark == "," else ",") for tick in ticks(drawn))


@pytest.mark.parametrize("days", [0.001, 0.2, 1.9, 3, 30, 57, 400, 690])
def test_dates_are_figures(days: float) -> None:
    times = np.linspace(JANUARY, JANUARY + 86_400 * days, 50)
    with speak("es"):
        drawn = draw_chart(
            "t", times, np.arange(50.0), limit=None, lower=None, centre=None, unit="bar", zone=UTC
        )
    assert any("2026" in tick for tick in ticks(drawn))
    assert {tick for tick in ticks(drawn) if re.search("[A-Za-z]", tick)} == {"bar"}


def test_a_category_that_neither_had_is_left_out() -> None:
    found = ticks(draw_shares("t", ["L", "M", "…"], [0.5, 0.5, 0.0], [0.2, 0.8, 0.0]))
    assert {"L", "M"} < set(found)
    assert "…" not in found
