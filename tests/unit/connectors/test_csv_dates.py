"""Dates as plants write them, and which field is the day."""

from __future__ import annotations

import pytest

from andamio.connectors.csv import DateOrder
from andamio.connectors.csv.dates import guess_order, looks_like_times, read_times


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("10/3/17 1:00", "2017-03-10T01:00:00"),
        ("10-03-2017 01:00:05", "2017-03-10T01:00:05"),
        ("10.3.2017", "2017-03-10T00:00:00"),
        ("2017-03-10T01:00:00Z", "2017-03-10T01:00:00+00:00"),
        ("2017-03-10 01:00:00.250-05:00", "2017-03-10T01:00:00.250000-05:00"),
        ("2017/03/10 24:00", "2017-03-11T00:00:00"),
        ("10/03/2017 12:05 a. m.", "2017-03-10T00:05:00"),
        ("10/03/2017 1:05:09 p.m.", "2017-03-10T13:05:09"),
        ("10-mar-17 1:00", "2017-03-10T01:00:00"),
        ("10 de marzo de 2017", "2017-03-10T00:00:00"),
        ("April 4th, 2015", "2015-04-04T00:00:00"),
        ("04/07/16 00", "2016-07-04T00:00:00"),
        ("10/3/71", "1971-03-10T00:00:00"),
    ],
)
def test_a_date_is_read_however_it_is_written(cell: str, moment: str) -> None:
    assert looks_like_times([cell])
    assert read_times([cell], DateOrder.DAY_FIRST, frozenset()) == ([moment], [])


@pytest.mark.parametrize(
    "cell", ["31/02/2024", "10/13/2017", "2024-01-01 25:00", "10/3/17 1:75", "1.5", "pump 3", "13:05"]
)
def test_what_is_no_date_is_unreadable(cell: str) -> None:
    assert read_times([cell], DateOrder.DAY_FIRST, frozenset()) == ([""], [0])


def test_one_field_above_twelve_decides() -> None:
    assert guess_order(["1/2/24", "13/2/24"]).order is DateOrder.DAY_FIRST
    assert guess_order(["1/2/24", "2/13/24"]).order is DateOrder.MONTH_FIRST


def test_the_day_comes_first_when_nothing_decides() -> None:
    guess = guess_order([f"01/{month:02}/2024" for month in range(1, 13)])
    assert (guess.order, guess.reason) == (DateOrder.DAY_FIRST, "convention")


def test_a_log_through_midnight_shows_the_order_by_its_steps() -> None:
    month_first = [f"3/{day}/24 {hour}:00" for day in range(4, 10) for hour in range(24)]
    day_first = [f"{day}/3/24 {hour}:00" for day in range(4, 10) for hour in range(24)]
    assert guess_order(month_first).order is DateOrder.MONTH_FIRST
    assert guess_order(day_first).order is DateOrder.DAY_FIRST
    assert guess_order(day_first).reason == "steps"
