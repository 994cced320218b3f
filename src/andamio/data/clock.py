"""Put local clocks on UTC, and report what a clock does that time does not."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.data.findings import Finding, FindingKind
from andamio.data.source import Source
from andamio.errors import text

_IN_ORDER = 0.9
_HOUR_US = 3_600_000_000


def to_utc(
    local: pl.Series, zone: ZoneInfo, column: str, lines: Sequence[int]
) -> tuple[pl.Series, list[Finding]]:
    """Read clock times without a zone as the plant's, and put them on UTC.

    An hour that daylight saving repeats is placed by the order of the rows: the first pass is the
    earlier one, and after the clock goes back it is the later one. A time that daylight saving skips
    is read an hour later. Both are reported.

    Args:
        local: Times without a zone, in the order of the file.
        zone: Where the clock stands.
        column: The column's name, for the findings.
        lines: The line of each row, for the findings.
    """
    findings: list[Finding] = []
    earlier, later = (
        local.dt.replace_time_zone(zone.key, ambiguous=which, non_existent="null")
        for which in ("earliest", "latest")
    )
    twice = (earlier != later).fill_null(False)
    placed = earlier
    if twice.any():
        second = _second_pass(local, twice)
        placed = pl.select(pl.when(pl.Series(second)).then(later).otherwise(earlier)).to_series()
        rows = [int(row) for row in twice.arg_true()]
        findings.append(
            Finding(
                kind=FindingKind.CLOCK,
                column=column,
                what=text(
                    'daylight saving repeats an hour; "{column}" was placed by the order of rows (rows: {n})',
                    n=len(rows), column=column,
                ),
                count=len(rows),
                lines=[lines[row] for row in rows],
            )
        )  # fmt: skip
    skipped = placed.is_null() & local.is_not_null()
    if skipped.any():
        shifted = local.dt.offset_by("1h")
        placed = placed.fill_null(
            shifted.dt.replace_time_zone(zone.key, ambiguous="latest", non_existent="null")
        )
        rows = [int(row) for row in skipped.arg_true()]
        findings.append(
            Finding(
                kind=FindingKind.CLOCK,
                column=column,
                what=text(
                    'daylight saving skips an hour; "{column}" was read an hour later (rows: {n})',
                    n=len(rows), column=column,
                ),
                count=len(rows),
                lines=[lines[row] for row in rows],
            )
        )  # fmt: skip
    return placed.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC")), findings


def find_time_column(frame: pl.DataFrame) -> str | None:
    """Find the column that gives a table its order in time: the first whose times mostly run one way."""
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.Datetime):
            steps = _steps(frame[name])
            if len(steps) == 0 or max(np.mean(steps >= 0), np.mean(steps <= 0)) >= _IN_ORDER:
                return name
    return None


def watch_clock(source: Source, column: str) -> list[Finding]:
    """Report where the clock of a table goes against its main direction.

    A file may run newest first; then it is a step forward that goes against it.
    """
    steps = _steps(source.frame[column])
    if len(steps) == 0:
        return []
    present = np.flatnonzero(source.frame[column].is_not_null().to_numpy())
    newest_first = np.sum(steps < 0) > np.sum(steps > 0)
    against = np.flatnonzero(steps > 0 if newest_first else steps < 0)
    if len(against) == 0:
        return []
    rows = [int(present[row + 1]) for row in against]
    longest = float(np.max(np.abs(steps[against]))) / _HOUR_US
    return [
        Finding(
            kind=FindingKind.CLOCK,
            column=column,
            what=text(
                'the clock "{column}" goes back (times: {n}, longest: {hours} h)',
                column=column, n=len(rows), hours=longest,
            ),
            count=len(rows),
            lines=source.lines_of(rows),
            examples=source.written(column, rows[:3]),
        )
    ]  # fmt: skip


def _steps(moments: pl.Series) -> NDArray[np.int64]:
    return np.diff(moments.drop_nulls().to_physical().to_numpy())


def _second_pass(local: pl.Series, twice: pl.Series) -> NDArray[np.bool_]:
    """Tell, for the times that exist twice, which belong to the second pass of the hour."""
    clock = local.to_physical().to_list()
    second = np.zeros(len(local), dtype=np.bool_)
    previous: int | None = None
    again = False
    for row in twice.arg_true():
        now = clock[row]
        if previous is None or abs(now - previous) > _HOUR_US:
            again = False
        elif now < previous:
            again = True
        second[row] = again
        previous = now
    return second
