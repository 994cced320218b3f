"""Waveforms come in as lists, by every door with the same verdict, and lie side by side in one tensor."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.contracts import Contract, RowDecoder, Rows, TableValidator, json_schema, parse_contract
from andamio.contracts.rows import no_rows
from andamio.contracts.validator import RowValidator
from andamio.errors import ContractInvalid, RowsRejected

HEAD = '[model]\nkind = "regression"\ndata = "d"\ntarget = "y"\n'


def contract_of(text: str) -> Contract:
    return parse_contract(HEAD + text, name="bearing", file="models/bearing.toml")


BEARING = contract_of(
    """
[input.speed]
type = "number"
[input.radial]
type = "waveform"
unit = "m/s**2"
rate_hz = 1000
length = 4
[input.product]
type = "category"
values = ["a", "b"]
[input.axial]
type = "waveform"
rate_hz = 1000
length = 3
missing = "impute"
"""
)
GOOD = {"speed": 20, "radial": [1, 2.5, -3, 0], "product": "a", "axial": [7, 8, 9]}


def decoded(*rows: object) -> Rows:
    frame = {"row": rows[0]} if len(rows) == 1 else {"rows": rows}
    return RowDecoder(BEARING).decode(json.dumps(frame).encode())


def test_the_signals_of_a_contract_lie_side_by_side_in_its_order() -> None:
    places = [(one.name, one.start, one.length, one.rate_hz, one.unit) for one in BEARING.signals]
    assert places == [("radial", 0, 4, 1000.0, "m/s**2"), ("axial", 4, 3, 1000.0, None)]


def test_one_row_and_several_are_laid_out_alike() -> None:
    alone, several = decoded(GOOD), decoded(GOOD, {**GOOD, "axial": [None, 8, 9], "asset": "p-1"})
    assert alone.signals is not None
    assert several.signals is not None
    assert alone.signals.dtype == np.float32
    assert alone.signals.tolist() == [[1, 2.5, -3, 0, 7, 8, 9]]
    assert alone.numbers.tolist() == [[20]]
    assert alone.categories.tolist() == [["a"]]
    np.testing.assert_array_equal(several.signals[1], np.array([1, 2.5, -3, 0, np.nan, 8, 9], np.float32))
    assert several.flags == [(), ("axial:imputed",)]
    assert several.assets == [None, "p-1"]


def test_a_row_without_a_signal_that_may_be_missing_has_no_samples() -> None:
    for row in ({key: cell for key, cell in GOOD.items() if key != "axial"}, {**GOOD, "axial": None}):
        rows = decoded(row)
        assert rows.signals is not None
        assert np.isnan(rows.signals[0, 4:]).all()
        assert list(rows.flags) == [("axial:imputed",)]


@pytest.mark.parametrize(
    ("cell", "code", "said"),
    [
        ([1, 2, 3], "contract-type", "radial has 3 samples"),
        ([1, 2, 3, "4"], "contract-type", "not a list of numbers"),
        ([1, 2, 3, True], "contract-type", "not a list of numbers"),
        ([1, None, 3, 4], "contract-missing", "no value"),
        (None, "contract-missing", "no value"),
        ([1, 2, 3, 1e39], "contract-range", "too large"),
        (5, "contract-type", "not a list of numbers"),
        ("1 2 3 4", "contract-type", "not a list of numbers"),
    ],
)
def test_a_bad_waveform_is_refused_with_what_is_wrong(cell: object, code: str, said: str) -> None:
    with pytest.raises(RowsRejected) as refused:
        decoded({**GOOD, "radial": cell})
    (fault,) = refused.value.faults
    assert (fault.code, fault.data["tag"]) == (code, "radial")
    assert said in str(fault.what)


def test_a_table_holds_waveforms_as_lists_and_as_text() -> None:
    validator = TableValidator(BEARING)
    others = {"speed": [20.0, 21.0], "product": ["a", "b"]}
    lists = pl.Series([[1.0, 2.5, -3.0, 0.0], [0.0, 0.0, 0.0, 1.0]], dtype=pl.List(pl.Float32))
    written = ["[1, 2.5, -3, 0]", "0 0;0 1"]
    tables = [
        validator.check({**others, "radial": cells, "axial": [None, ""]})  # type: ignore[dict-item]
        for cells in (lists, written, np.array(lists.to_list()))
    ]
    for verdict in tables:
        assert verdict.accepted.all()
        assert verdict.rows.signals is not None
        assert verdict.rows.signals[:, :4].tolist() == [[1, 2.5, -3, 0], [0, 0, 0, 1]]
        assert verdict.rows.flags == [("axial:imputed",)] * 2
    for cell in ("1, 2.5, -3, 0", "1,2.5,-3,0", "1 2,5 -3 0", "1;2,5;-3;0", "1, 2,5, -3, 0"):
        spelled = validator.check({**others, "radial": [cell, cell], "axial": [None, ""]})
        assert spelled.rows.signals is not None
        assert spelled.rows.signals[0, :4].tolist() == [1, 2.5, -3, 0], cell
    bad = validator.check({**others, "radial": ["1 2 3", "1 2 x 4"], "axial": [None, None]})
    assert [cell.code for cell in bad.bad_cells()] == ["contract-type"] * 2


def test_a_waveform_in_another_unit_is_converted() -> None:
    body = {"row": GOOD, "units": {"radial": "cm/s**2"}}
    rows = RowDecoder(BEARING).decode(json.dumps(body).encode())
    assert rows.signals is not None
    np.testing.assert_allclose(rows.signals[0, :4], np.array([1, 2.5, -3, 0]) / 100, rtol=1e-6)


def test_rows_are_taken_with_their_signals() -> None:
    rows = decoded(GOOD, {**GOOD, "radial": [9, 9, 9, 9]})
    taken = rows.take(np.array([1]))
    assert taken.signals is not None
    assert taken.signals[0, :4].tolist() == [9, 9, 9, 9]
    nobody = no_rows(BEARING).signals
    assert nobody is not None
    assert nobody.shape == (0, 7)


def test_a_waveform_is_described_for_those_who_send_it() -> None:
    row = json_schema(BEARING)["$defs"]["row"]  # type: ignore[index]
    assert row["properties"]["radial"]["minItems"] == row["properties"]["radial"]["maxItems"] == 4
    assert row["required"] == ["speed", "radial", "product"]
    assert row["properties"]["axial"]["type"] == ["array", "null"]


def test_a_waveform_may_not_be_longer_than_a_box_can_bear() -> None:
    with pytest.raises(ContractInvalid) as refused:
        contract_of('[input.v]\ntype = "waveform"\nrate_hz = 1000\nlength = 10000000\n')
    assert "65,536" in str(refused.value.faults[0].what) or "65536" in str(refused.value.faults[0].what)


samples = st.one_of(st.none(), st.integers(-5, 5), st.floats(), st.booleans(), st.text(max_size=2))


@given(st.one_of(samples, st.lists(samples, min_size=2, max_size=5)))
def test_the_fast_way_and_the_complete_way_give_one_verdict(cell: object) -> None:
    body = json.dumps({"row": {**GOOD, "axial": cell}}).encode()
    verdicts = []
    for way in (RowDecoder(BEARING).decode, RowValidator(BEARING).validate):
        try:
            rows = way(body)
            assert rows.signals is not None
            verdicts.append((rows.signals.tobytes(), [tuple(flags) for flags in rows.flags]))
        except Exception as refused:  # noqa: BLE001  whatever the one says, the other must say
            verdicts.append((type(refused).__name__, str(refused)))
    assert verdicts[0] == verdicts[1]
