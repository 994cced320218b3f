"""Numbers and dates as a language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.language import date_time, number, percent
from andamio.language.values import written


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (1234, "1,234", "1.234"),
        (1234.5, "1,234.5", "1.234,5"),
        (0.1, "0.1", "0,1"),
        (0, "0", "0"),
        (-40.25, "-40.25", "-40,25"),
        (Decimal("2.50"), "2.5", "2,5"),
        (123456789.25, "123,456,789", "123.456.789"),
    ],
)
def test_marks_follow_the_language(value: float, english: str, spanish: str) -> None:
    assert number(value, language="en") == english
    assert number(value, language="es") == spanish


@pytest.mark.parametrize(("value", "shown"), [(1e-9, "1e-09"), (3.4e38, "3.4e+38"), (float("inf"), "inf")])
def test_numbers_far_from_a_plants_scale_are_written_with_an_exponent(value: float, shown: str) -> None:
    assert number(value, language="en") == shown


@given(st.floats(min_value=1e-3, max_value=1e14))
def test_a_number_keeps_six_significant_digits(value: float) -> None:
    back = float(number(value, language="en").replace(",", ""))
    assert back == pytest.approx(value, rel=1e-5)


def test_a_share_is_written_as_a_percentage() -> None:
    assert percent(0.1234, language="en") == "12.3 %"
    assert percent(0.1234, language="es") == "12,3 %"
    assert percent(0.5, language="en", decimals=0) == "50 %"


def test_a_moment_is_written_in_the_zone_that_it_carries() -> None:
    noon = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    bogota = noon.astimezone(timezone(timedelta(hours=-5)))
    assert date_time(noon, language="es") == "2026-11-01 12:30"
    assert date_time(bogota, language="es") == "2026-11-01 07:30"


def test_what_is_no_number_stays_as_it_is() -> None:
    assert [written(value, "es") for value in (True, None, "pump-07")] == ["True", "None", "pump-07"]
    assert written(date(2026, 11, 1), "es") == "1/11/2026"
