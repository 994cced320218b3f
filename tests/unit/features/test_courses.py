"""The courses of a scored file: each machine its own, in time, and on from one file to the next."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from andamio.contracts import Rows, parse_contract
from andamio.contracts.contract import Contract
from andamio.contracts.window import Horizon
from andamio.features.courses import LiveCourses

TEXT = """
[model]
kind = "regression"
data = "mill"
target = "life"
asset = "mill"
time = "cycle"
horizon = 100

[input.heat]
type = "number"

[output.life]
"""


@pytest.fixture
def contract() -> Contract:
    return parse_contract(TEXT, name="mill", file="models/mill.toml")


def rows(assets: list[str | None], times: list[str | None]) -> Rows:
    count = len(assets)
    numbers = np.zeros((count, 1), np.float32)
    return Rows(numbers, np.empty((count, 0), object), assets, times, [()] * count)


def lives(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def courses(contract: Contract, remembered: Mapping[str, Any] | None = None) -> LiveCourses:
    assert contract.horizon is not None
    return LiveCourses(contract, contract.horizon, remembered)


def test_each_machine_falls_by_itself_whatever_the_order_of_the_rows(contract: Contract) -> None:
    sent = rows(["a", "b", "a", "b"], ["2", "1", "1", "2"])
    told = courses(contract).told(sent, lives(90.0, 20.0, 50.0, 19.0))
    assert told == [50.0, 20.0, 50.0, 19.0]


def test_a_second_file_goes_on_where_the_first_ended(contract: Contract) -> None:
    times, values = [str(k) for k in range(20)], 50 + 9 * np.sin(np.arange(20.0))
    whole = courses(contract).told(rows(["a"] * 20, times), values.astype(np.float32))
    told: list[float] = []
    state: Mapping[str, Any] | None = None
    for part in (slice(0, 7), slice(7, 20)):
        live = courses(contract, state)
        told += live.told(rows(["a"] * len(times[part]), times[part]), values[part].astype(np.float32))
        state = live.content()
    assert told == whole
    assert len(set(told)) > 3


def test_a_row_without_machine_or_moment_is_told_as_it_was_answered(contract: Contract) -> None:
    live = courses(contract)
    assert live.told(rows(["a", None, "a"], ["1", "2", None]), lives(30.0, 70.0, 80.0)) == [30.0, 70.0, 80.0]


def test_a_life_in_hours_passes_by_the_clock(contract: Contract) -> None:
    hours = dataclasses.replace(contract, horizon=Horizon(360_000.0, "h"))
    sent = rows(["a", "a"], ["2026-01-01T00:00:00", "2026-01-01T06:00:00"])
    assert courses(hours).told(sent, lives(40.0, 34.0)) == [40.0, 34.0]
    assert courses(hours).told(sent, lives(40.0, 40.0)) == [40.0, 37.0]


def test_a_life_in_rows_passes_by_one_a_row(contract: Contract) -> None:
    sent = rows(["a", "a"], ["2026-01-01T00:00:00", "2026-03-01T00:00:00"])
    assert courses(contract).told(sent, lives(40.0, 39.0)) == [40.0, 39.0]
