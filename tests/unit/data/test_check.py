"""A version is held against a contract, and described."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from andamio.contracts import Contract, parse_contract
from andamio.data import Datasets, check, profile
from andamio.data.check import Place

CONTRACT = """
[model]
kind = "regression"
data = "line"
target = "y"
time = "time"

[operation]
owner = "maintenance"

[input.temp]
column = "T"
type = "number"
unit = "degC"
range = [0, 100]

[input.lot]
type = "category"
values = ["a", "b"]

[output.y]
"""

ROWS: dict[str, list[object]] = {
    "time": [f"1/4/24 {hour}:00" for hour in range(6)],
    "T": ["20,5", "21,5", "", "150,5", "-3,5", "22,5"],
    "lot": ["a", "b", "b", "a", "b", "z"],
    "y": [1, 2, 3, 4, 5, 6],
}


@pytest.fixture
def contract() -> Contract:
    return parse_contract(CONTRACT, name="line-yield", file="models/line-yield.toml")


def test_rows_and_reasons_are_counted_and_led_back_to_the_file(
    datasets: Datasets, write: Callable[..., Path], contract: Contract
) -> None:
    datasets.add(write(ROWS), "line")
    result = check(datasets.open("line"), contract)
    assert not result.good
    assert (result.rows, result.accepted, result.columns) == (6, 2, ())
    reasons = {(reason.tag, reason.code): reason for reason in result.reasons}
    assert set(reasons) == {
        ("temp", "contract-missing"),
        ("temp", "contract-range"),
        ("lot", "contract-unknown"),
    }
    outside = reasons["temp", "contract-range"]
    assert outside.count == 2
    assert outside.places == [Place(0, 5), Place(0, 6)]
    assert "150" in str(outside.example)


def test_a_row_of_a_later_version_is_led_back_to_that_versions_file(
    datasets: Datasets, write: Callable[..., Path], contract: Contract
) -> None:
    good = {name: cells[:2] for name, cells in ROWS.items()}
    datasets.add(write(good), "line")
    assert check(datasets.open("line"), contract).good
    datasets.add(write({name: cells[4:5] for name, cells in ROWS.items()}, "b.csv"), "line")
    result = check(datasets.open("line"), contract)
    assert [reason.places for reason in result.reasons] == [[Place(1, 2)]]


def test_a_missing_column_is_a_fault_of_the_table(
    datasets: Datasets, write: Callable[..., Path], contract: Contract
) -> None:
    datasets.add(write({name: cells for name, cells in ROWS.items() if name != "T"}), "line")
    result = check(datasets.open("line"), contract)
    assert not result.good
    assert [fault.code for fault in result.columns] == ["contract-missing"]
    assert {reason.tag for reason in result.reasons} == {"lot"}


def test_another_unit_in_the_header_is_converted_first(
    datasets: Datasets, write: Callable[..., Path], contract: Contract
) -> None:
    rows = {"T [degF]" if name == "T" else name: cells[:2] for name, cells in ROWS.items()}
    rows["T [degF]"] = ["150,5", "200,5"]
    datasets.add(write(rows), "line")
    assert check(datasets.open("line"), contract).good


def test_a_profile_tells_spans_frequent_texts_and_copies() -> None:
    when = datetime(2024, 4, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "when": pl.Series([when, when, None], dtype=pl.Datetime("us", "UTC")),
            "T": [1.5, 1.5, None],
            "lot": ["b", "b", "a"],
            "ok": [True, True, None],
            "none": pl.Series([None, None, None], dtype=pl.Float64),
        }
    )
    described = profile(frame, {"T": "degC"})
    columns = {column.name: column for column in described.columns}
    assert (described.rows, described.duplicates) == (3, 1)
    assert columns["when"].low == when
    assert (columns["T"].unit, columns["T"].missing, columns["T"].median) == ("degC", 1, 1.5)
    assert columns["lot"].top == [("b", 2), ("a", 1)]
    assert columns["ok"].top == [("true", 2)]
    assert (columns["none"].missing, columns["none"].low) == (3, None)
