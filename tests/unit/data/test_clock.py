"""Clocks that repeat an hour, skip one, or go back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from andamio.data import Finding, FindingKind, ReadOptions, Source
from andamio.data.clock import to_utc
from andamio.data.reading import read_source

MADRID = ZoneInfo("Europe/Madrid")
FIRST, LAST = datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2040-01-01")
BOGOTA = ZoneInfo("America/Bogota")


def read(file: Path, zone: ZoneInfo = BOGOTA) -> Source:
    return read_source(file, ReadOptions(zone=zone))


def clock(source: Source) -> list[Finding]:
    return [finding for finding in source.findings if finding.kind is FindingKind.CLOCK]


def test_the_hour_that_daylight_saving_repeats_is_placed_by_order(write: Callable[..., Path]) -> None:
    times = [
        "27/10/2024 01:30",
        "27/10/2024 02:00",
        "27/10/2024 02:30",
        "27/10/2024 02:00",
        "27/10/2024 02:30",
    ]
    source = read(write({"t": [*times, "27/10/2024 03:00"], "v": range(6)}), MADRID)
    utc = [moment.hour + moment.minute / 60 for moment in source.frame["t"][1:]]
    assert utc == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert [(finding.count, finding.lines) for finding in clock(source)] == [(4, [3, 4, 5, 6])]


def test_the_hour_that_daylight_saving_skips_is_read_an_hour_later(write: Callable[..., Path]) -> None:
    source = read(
        write({"t": ["31/03/2024 01:30", "31/03/2024 02:30", "31/03/2024 03:45"], "v": range(3)}), MADRID
    )
    assert [moment.hour for moment in source.frame["t"]] == [0, 1, 1]
    assert [(finding.count, finding.lines) for finding in clock(source)] == [(1, [3])]


def test_a_clock_that_goes_back_is_reported_and_all_rows_are_kept(
    write: Callable[..., Path],
) -> None:
    hours = [*range(10), *range(9, 24)]
    source = read(write({"t": [f"1/4/24 {hour}:00" for hour in hours], "v": range(25)}))
    assert source.frame.height == 25
    assert [(finding.count, finding.lines) for finding in clock(source)] == []
    hours = [*range(10), *range(8, 24)]
    source = read(write({"t": [f"1/4/24 {hour}:00" for hour in hours], "v": range(26)}))
    assert source.frame.height == 26
    assert [(finding.count, finding.lines) for finding in clock(source)] == [(1, [12])]


def test_a_file_that_runs_newest_first_goes_against_itself_only_where_it_goes_forward(
    write: Callable[..., Path],
) -> None:
    hours = [*range(23, 12, -1), 14, *range(11, -1, -1)]
    source = read(write({"t": [f"1/4/24 {hour}:00" for hour in hours], "v": range(24)}))
    assert [finding.lines for finding in clock(source)] == [[13]]


def test_times_with_a_zone_of_their_own_keep_it(write: Callable[..., Path]) -> None:
    source = read(
        write(
            {"t": ["2024-04-01T08:00:00Z", "2024-04-01T08:00:00-05:00", "2024-04-01T08:00:00"]} | {"v": "abc"}
        )
    )
    assert [moment.hour for moment in source.frame["t"]] == [8, 13, 13]


@given(
    st.lists(
        st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2040-01-01")), min_size=1
    )
)
def test_every_real_moment_comes_back_from_local_time_in_a_zone_without_daylight_saving(
    moments: list[datetime],
) -> None:
    local = pl.Series(moments, dtype=pl.Datetime("us"))
    utc, findings = to_utc(local, BOGOTA, "t", range(len(moments)))
    assert findings == []
    assert utc.to_list() == [moment.replace(tzinfo=UTC) + timedelta(hours=5) for moment in moments]
