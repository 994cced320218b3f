"""What a person means by a moment: a date is the end of that day in the plant's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from andamio.errors import UsageError, text


def parse_moment(written: str, zone: tzinfo) -> datetime:
    """Read ``2026-11-01``, ``2026-11-01 14:30`` or a full ISO 8601 moment; without a zone it is the plant's.

    A date alone means the last microsecond of that day.

    Returns:
        The moment in UTC.

    Raises:
        UsageError: It is neither a date nor a moment.
    """
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError as error:
        raise UsageError(
            text("{written} is not a date or a moment", written=written or '""'),
            fix=text("write it as 2026-11-01, or as 2026-11-01T14:30"),
        ) from error
    if len(written.strip()) <= len("2026-11-01"):
        # Midnight of the next day is found on the wall clock: a day may have 23 or 25 hours.
        next_day = datetime.combine(moment.date() + timedelta(days=1), time.min, zone)
        return next_day.astimezone(UTC) - timedelta(microseconds=1)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
