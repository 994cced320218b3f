"""Columns of a table, text cells and typed ones, get their rows or their faults."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from andamio.contracts import TableValidator, table_columns
from andamio.errors import UnitUnknown

from .examples import GOOD_ROW, every_policy, number_contract

CONTRACT = every_policy()
TABLE = TableValidator(CONTRACT)


def columns(height: int = 3, **changed: Any) -> dict[str, Any]:
    return {tag: [value] * height for tag, value in GOOD_ROW.items()} | changed


def one(settings: str, cells: Any) -> list[float | str | None]:
    """What one tag reads from cells: a value, None for missing, the code of its fault."""
    verdict = TableValidator(number_contract(settings + '\nmissing = "impute"')).check({"tag": cells})
    faults = {fault.data["row"]: fault.code for fault in verdict.faults}
    kept = iter(verdict.rows.numbers[:, 0].tolist())
    read = [next(kept) if ok else faults[row] for row, ok in enumerate(verdict.accepted)]
    return [None if isinstance(value, float) and np.isnan(value) else value for value in read]


def test_accepted_rows_only_are_in_the_tensors() -> None:
    verdict = TABLE.check(columns(bearing_temp=[20.0, 500.0, 30.0], asset=["a", "b", None]))
    assert verdict.accepted.tolist() == [True, False, True]
    assert verdict.rows.numbers[:, 0].tolist() == [20.0, 30.0]
    assert verdict.rows.assets == ["a", None]
    assert verdict.counts() == {("bearing_temp", "contract-range"): 1}


def test_faults_come_by_row_and_can_be_limited() -> None:
    verdict = TABLE.check(columns(bearing_temp=[500.0, "x", None], product=["Q", "L", "L"]))
    assert [(f.data["row"], f.data["tag"]) for f in verdict.faults] == [
        (0, "bearing_temp"), (0, "product"), (1, "bearing_temp"), (2, "bearing_temp"),
    ]  # fmt: skip
    assert len(verdict.first_faults(2)) == 2


NUMBER, INTEGER, BOOLEAN = 'type = "number"', 'type = "integer"', 'type = "boolean"'


@pytest.mark.parametrize(
    ("settings", "cells", "expected"),
    [
        (NUMBER, ["5", " 5.5 ", "-1e2", "+.5", "007", "5."], [5.0, 5.5, -100.0, 0.5, 7.0, 5.0]),
        (NUMBER, ["", "NaN", "N/A", "null", None, "  "], [None] * 6),
        (NUMBER, ["1,5", "inf", "1_0", "0x1", "٣", "1 2", "5 bar", "[1]", "true"], ["contract-type"] * 9),
        (NUMBER, ["1,2", "", "3"], ["contract-type", None, 3.0]),
        (NUMBER, [float("nan"), float("inf"), 10**400, True], [None] + ["contract-type"] * 3),
        (INTEGER, ["5", "5.0", "5.5", 5, 5.0, 5.5], [5.0, 5.0, "contract-type", 5.0, 5.0, "contract-type"]),
        (BOOLEAN, ["true", "Sí", "si", "YES", "1", "1.0", "verdadero"], [1.0] * 7),
        (BOOLEAN, ["false", "No", "0", "falso", "off"], [0.0] * 5),
        (BOOLEAN, [True, False, 1, 0, None, 2], [1.0, 0.0, 1.0, 0.0, None, "contract-type"]),
        (BOOLEAN, ["maybe", "2"], ["contract-type"] * 2),
    ],
)
def test_cells_are_read_by_one_rule(settings: str, cells: list[Any], expected: list[Any]) -> None:
    assert one(settings, cells) == expected
    assert one(settings, np.array(cells, dtype=object)) == expected
    # In a long column the other cells take the fast way; the verdict of these must not change.
    filler = [""] * 10_000
    assert one(settings, filler + cells + filler)[10_000 : 10_000 + len(cells)] == expected


@pytest.mark.parametrize(
    "series",
    [
        pl.Series([1.5, None, 2.0]),
        pl.Series([1, None, 2]),
        pl.Series(["1.5", None, "2"]),
        np.array([1.5, np.nan, 2.0], dtype=np.float32),
    ],
)
def test_typed_columns_of_every_library_are_read(series: Any) -> None:
    read = one(NUMBER, series)
    assert read[1:] == [None, 2.0]


def test_truth_columns_are_truth_values_and_no_numbers() -> None:
    series = pl.Series([True, None, False])
    assert one(BOOLEAN, series) == [1.0, None, 0.0]
    assert one(NUMBER, series) == ["contract-type", None, "contract-type"]
    assert one(NUMBER, np.array([True, False])) == ["contract-type"] * 2


def test_dates_are_no_numbers() -> None:
    moments = pl.Series([datetime(2026, 11, 1, tzinfo=UTC)])
    assert one(NUMBER, moments) == ["contract-type"]


def test_whole_numbers_are_categories_by_their_spelling() -> None:
    verdict = TABLE.check(columns(grade=pl.Series([1, 2, None])))
    assert verdict.accepted.tolist() == [True, True, False]
    assert verdict.rows.categories[:, 1].tolist() == ["1", "2"]


def test_moments_are_kept_as_text() -> None:
    moment = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    verdict = TABLE.check(columns(1, time=[moment]))
    assert verdict.rows.times == ["2026-11-01T08:30:00+00:00"]
    assert TABLE.check(
        columns(1, time=np.array([moment.replace(tzinfo=None)], "datetime64[s]"))
    ).rows.times == ["2026-11-01T08:30:00"]


def test_a_tag_without_a_column_is_missing_in_every_row() -> None:
    without = columns()
    del without["bearing_temp"], without["flow"]
    verdict = TABLE.check(without)
    assert not verdict.accepted.any()
    assert verdict.counts() == {("bearing_temp", "contract-missing"): 3}


def test_a_table_without_rows_has_no_faults() -> None:
    verdict = TABLE.check(columns(0))
    assert (len(verdict.rows), verdict.faults) == (0, [])


def test_units_of_columns_are_converted() -> None:
    verdict = TABLE.check(columns(bearing_temp=["32", "356", "400"]), units={"bearing_temp": "degF"})
    assert verdict.accepted.tolist() == [True, True, False]
    assert verdict.rows.numbers[:, 0] == pytest.approx([0.0, 180.0], abs=1e-5)
    with pytest.raises(UnitUnknown):
        TABLE.check(columns(), units={"bearing_temp": "bar"})


HEADER = [
    "pump_id", "timestamp", "Bearing temperature [degC]", "flow", "pressure [psi]", "humidity", "starts",
    "steps", "door_open", "heater", "product", "grade", "shift", "crew", "a column that nobody reads",
]  # fmt: skip


def test_a_header_is_matched_by_column_by_tag_and_without_its_unit() -> None:
    found = table_columns(CONTRACT, HEADER)
    assert found.faults == ()
    assert found.places["bearing_temp"] == 2
    assert found.places["pressure"] == 4
    assert (found.places["asset"], found.places["time"]) == (0, 1)
    assert found.units == {"pressure": "psi"}


@pytest.mark.parametrize(
    "name", ["Bearing temperature", "bearing_temp", "bearing_temp (degC)", " bearing_temp "]
)
def test_a_column_without_brackets_is_in_the_contracts_unit(name: str) -> None:
    found = table_columns(CONTRACT, [name, *HEADER[3:]])
    assert found.places["bearing_temp"] == 0
    assert "bearing_temp" not in found.units


def test_a_columns_unit_in_brackets_is_converted() -> None:
    assert (
        table_columns(CONTRACT, ["Bearing temperature [degF]", *HEADER[3:]]).units["bearing_temp"] == "degF"
    )


def test_a_columns_unit_of_another_kind_is_a_fault() -> None:
    (fault,) = table_columns(CONTRACT, ["Bearing temperature [bar]", *HEADER[3:]]).faults
    assert fault.code == "contract-unit"


def test_missing_columns_are_faults_unless_they_are_imputed() -> None:
    found = table_columns(CONTRACT, ["bearing_tmp", "pressure", *HEADER[8:]])
    assert [(fault.code, fault.data["tag"]) for fault in found.faults] == [
        ("contract-missing", "bearing_temp"), ("contract-missing", "starts"),
    ]  # fmt: skip


def test_two_columns_that_could_both_be_a_tag_are_a_fault() -> None:
    (fault,) = table_columns(CONTRACT, ["bearing_temp [degC]", "bearing_temp [degF]", *HEADER[3:]]).faults
    assert "bearing_temp [degF]" in str(fault.what)
