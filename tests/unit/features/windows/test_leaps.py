"""A counter that leaps ahead in one row is told from rows that came early, late or anew."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.features.windows import Samples, leapt, read_ticks, without_leap
from andamio.features.windows.stream import AssetMemory


def of(*counts: str, asset: str = "m1") -> list[bool]:
    ticks, _ = read_ticks(counts)
    return leapt([asset] * len(counts), counts, ticks).tolist()


def test_a_row_far_ahead_of_all_that_follow_leapt() -> None:
    assert of("7", "8", "99999", "9", "10", "11", "12", "13") == [False] * 2 + [True] + [False] * 5
    assert of("99999", "9", "10", "11", "12", "13")[0]


@pytest.mark.parametrize(
    "counts",
    [
        ["7", "8", "99999", "9", "10", "11", "12"],  # too few rows say so
        ["7", "8", "30", "9", "10", "11", "12", "13"],  # came early
        ["5007", "5008", "5009", "1", "2", "3", "4", "5", "6"],  # begins anew
        ["7", "8", "99999", "100000", "100001", "100002", "100003", "100004"],  # went on there
        ["7", "8", "99999", "9", "8", "7", "6", "5", "4"],  # those behind do not rise
        ["7", "8", "99999", "10009", "20009", "30009", "40009", "50009"],  # their pace would soon reach it
        ["2026-01-01", "2027-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05", "2026-01-06"],
    ],
)
def test_nothing_else_is_a_leap(counts: list[str]) -> None:
    assert not any(of(*counts))


def test_each_machine_counts_for_itself() -> None:
    counts = [str(count) for pair in zip(range(9000, 9009), range(1, 10), strict=True) for count in pair]
    assets = ["old", "new"] * 9
    ticks, _ = read_ticks(counts)
    assert not leapt(assets, counts, ticks).any()
    counts[4] = "80000000"
    ticks, _ = read_ticks(counts)
    assert np.flatnonzero(leapt(assets, counts, ticks)).tolist() == [4]


def memory(*counts: int) -> AssetMemory:
    ticks = np.array(counts, np.int64) * 1_000_000
    rows = len(counts)
    nothing = np.full(rows, "", object)
    samples = Samples(
        ticks,
        np.arange(rows, dtype=np.float32)[:, None],
        np.empty((rows, 0), object),
        nothing,
        ticks,
        nothing,
    )
    return AssetMemory(samples, int(ticks[-1]), int(ticks[-1]), 4)


def test_the_newest_row_is_forgotten_when_those_that_come_go_on_from_before_it() -> None:
    coming = np.arange(9, 15, dtype=np.int64) * 1_000_000
    healed = without_leap(memory(7, 8, 99999), coming)
    assert healed is not None
    assert (healed.samples.ticks // 1_000_000).tolist() == [7, 8]
    assert (healed.newest, healed.done, healed.seen) == (8_000_000, 8_000_000, 4)
    assert without_leap(memory(7, 8, 99999), coming[:4]) is None
    assert without_leap(memory(7, 8, 20), coming) is None
    assert without_leap(memory(7, 10, 99999), coming) is None
    assert without_leap(memory(99999), coming) is None
