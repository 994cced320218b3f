"""What a person means by a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from andamio.errors import UsageError
from andamio.registry import parse_moment

BOGOTA = ZoneInfo("America/Bogota")


@pytest.mark.parametrize(
    ("written", "zone", "moment"),
    [
        ("2026-11-01", UTC, datetime(2026, 11, 1, 23, 59, 59, 999_999, UTC)),
        ("2026-11-01", BOGOTA, datetime(2026, 11, 2, 4, 59, 59, 999_999, UTC)),
        ("2026-11-01T14:30", BOGOTA, datetime(2026, 11, 1, 19, 30, tzinfo=UTC)),
        ("2026-11-01 14:30", BOGOTA, datetime(2026, 11, 1, 19, 30, tzinfo=UTC)),
        ("2026-11-01T14:30:00+02:00", BOGOTA, datetime(2026, 11, 1, 12, 30, tzinfo=UTC)),
        # The day on which the clocks go back has 25 hours.
        ("2026-10-25", ZoneInfo("Europe/Madrid"), datetime(2026, 10, 25, 22, 59, 59, 999_999, UTC)),
    ],
)
def test_a_date_is_the_end_of_that_day_in_the_plants_zone(
    written: str, zone: ZoneInfo, moment: datetime
) -> None:
    assert parse_moment(written, zone) == moment


@pytest.mark.parametrize("written", ["", "yesterday", "01/11/2026", "2026-13-01", "2026-11-01T25:00"])
def test_what_is_no_moment_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="not a date or a moment"):
        parse_moment(written, UTC)
