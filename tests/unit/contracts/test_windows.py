"""Contracts with windows: what is read, what is refused, and rows that carry their last samples."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.contracts import RowDecoder, TableValidator, example_row, json_schema, parse_contract
from andamio.contracts.contract import Contract
from andamio.errors import ContractInvalid, RowsRejected

ENGINE = """
[model]
kind = "regression"
data = "engines"
time = "cycle"
asset = "unit"
horizon = 125

[input.temp]
type = "number"
unit = "degC"
range = [0, 100]

[input.starts]
type = "integer"

[input.flow]
type = "number"
range = [0, 10]
out_of_range = "clip"
missing = "impute"

[input.product]
type = "category"
values = ["A", "B"]

[window]
length = 3
"""


def engine(*changes: tuple[str, str]) -> Contract:
    written = ENGINE
    for old, new in changes:
        assert old in written
        written = written.replace(old, new)
    return parse_contract(written, name="engine", file="models/engine.toml")


def faults(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(ContractInvalid) as refused:
        engine(*changes)
    return [f"{fault.data['line']}: {fault.what}" for fault in refused.value.faults]


def sent(**tags: object) -> dict[str, object]:
    row = {"temp": [20, 30, 40], "starts": 2, "flow": [1, 2, 3], "product": "A"}
    return {**row, **tags}


def decoded(contract: Contract, row: dict[str, object]) -> Any:
    return RowDecoder(contract).decode(json.dumps({"row": row}).encode())


def test_a_window_is_read_with_its_spans_in_seconds_or_in_counts() -> None:
    window = engine(("length = 3", 'length = 3\nevery = "1.5 min"\nlateness = "2 h"\nstep = 2')).window
    assert window is not None
    assert (window.every, window.lateness, window.step, window.clock) == (90.0, 7200.0, 2, "time")
    assert window.tags == ("temp", "flow")
    assert window.rate_hz == pytest.approx(1 / 90)
    counts = engine(("length = 3", "length = 3\nevery = 2\ngap = 5")).window
    assert counts is not None
    assert (counts.every, counts.gap, counts.clock, counts.rate_hz) == (2.0, 5.0, "counts", None)


def test_windowed_tags_are_numbers_and_signals_of_the_same_name() -> None:
    contract = engine()
    assert [i.name for i in contract.numbers] == ["temp", "starts", "flow"]
    assert [(s.name, s.length, s.start, s.unit) for s in contract.signals] == [
        ("temp", 3, 0, "degC"),
        ("flow", 3, 3, None),
    ]
    assert contract.by_rows.signals == ()
    assert engine(("length = 3", 'length = 3\ntags = ["flow"]')).signals[0].tag == "flow"


def test_every_fault_of_a_window_is_told_at_once() -> None:
    found = faults(
        (
            "length = 3",
            'length = 1\nevery = "3 fortnights"\nstep = 0\ntags = ["starts", "flow"]\ncycle = "b"',
        ),
        ('time = "cycle"\n', ""),
    )
    assert [re.sub(r"^\d+: ", "", fault) for fault in found] == [
        "a horizon needs a clock",
        "length must be a whole number from 2 to 100000",
        "windows need a clock",
        'every must be a time such as "10 min" or "24 h", or a number of counts',
        "every says nothing about cycles",
        "step must be a whole number from 1 to 100000",
        "step says nothing about cycles",
        'tags = "starts" is not known',
    ]


def test_times_and_counts_are_not_mixed_and_holes_are_not_held_for_ever() -> None:
    mixed = faults(("length = 3", 'length = 3\nevery = "1 min"\ngap = 5'))
    assert "some spans of the window are times and some are counts" in mixed[0]
    held = faults(("length = 3", 'length = 3\nevery = "1 ms"\ngap = "1 h"'))
    assert "a gap of 3600000 periods is not held" in held[0]


def test_without_a_horizon_a_regression_needs_its_target() -> None:
    assert [fault.split(": ", 1)[1] for fault in faults(("horizon = 125\n", ""))] == [
        "[model] says nothing about target"
    ]


def test_a_row_carries_the_last_samples_and_the_latest_is_the_value() -> None:
    rows = decoded(engine(), sent(flow=[None, 2, None]))
    np.testing.assert_array_equal(rows.signals, np.array([[20, 30, 40, np.nan, 2, np.nan]], np.float32))
    np.testing.assert_array_equal(rows.numbers, np.array([[40, 2, np.nan]], np.float32))
    assert list(rows.flags) == [("flow:imputed",)]
    clipped = decoded(engine(), sent(flow=[99, 2, 12]))
    assert list(clipped.flags) == [("flow:clipped",)]


@pytest.mark.parametrize(
    ("tags", "code", "said"),
    [
        ({"temp": [20, 30]}, "contract-type", "temp has 2 samples"),
        ({"temp": 30}, "contract-type", "temp = 30 is not a list of numbers"),
        ({"temp": [20, "hot", 30]}, "contract-type", "is not a list of numbers"),
        ({"temp": [20, 300, 30]}, "contract-range", "temp = 300.0 degC is outside"),
        ({"temp": [20, 30, None]}, "contract-missing", "temp has no value"),
        ({"temp": [None, 30, 40]}, "contract-missing", "temp has no value"),
        ({"starts": [1, 2, 3]}, "contract-type", "starts"),
    ],
)
def test_a_list_that_breaks_the_contract_is_refused_by_every_door(
    tags: dict[str, object], code: str, said: str
) -> None:
    contract = engine()
    with pytest.raises(RowsRejected) as refused:
        decoded(contract, sent(**tags))
    (fault,) = refused.value.faults
    assert fault.code == code
    assert said in str(fault.what)
    verdict = TableValidator(contract).check({tag: [cell] for tag, cell in sent(**tags).items()}, typed=True)
    assert [(found.code, str(found.what)) for found in verdict.faults] == [(code, str(fault.what))]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "temp": st.lists(st.sampled_from([20, 30.5, 101, None, "x", 1e39]), min_size=2, max_size=4),
                "starts": st.sampled_from([1, 2.0, 2.5]),
                "product": st.sampled_from(["A", "C"]),
            },
            optional={"flow": st.none() | st.lists(st.sampled_from([1, 99, None]), min_size=3, max_size=3)},
        ),
        min_size=1,
        max_size=3,
    )
)
def test_lists_decoded_fast_are_those_of_the_table(sent_rows: list[dict[str, object]]) -> None:
    contract = engine()
    tags = [declared.name for declared in contract.inputs]
    columns = {tag: [row.get(tag) for row in sent_rows] for tag in tags}
    verdict = TableValidator(contract).check(columns, typed=True)
    body = json.dumps({"rows": sent_rows} if len(sent_rows) > 1 else {"row": sent_rows[0]}).encode()
    if not verdict.accepted.all():
        with pytest.raises(RowsRejected) as refused:
            RowDecoder(contract).decode(body)
        assert [fault.code for fault in refused.value.faults] == [fault.code for fault in verdict.faults]
        return
    rows = RowDecoder(contract).decode(body)
    np.testing.assert_array_equal(rows.numbers, verdict.rows.numbers)
    np.testing.assert_array_equal(rows.signals, verdict.rows.signals)  # type: ignore[arg-type]
    assert list(rows.flags) == list(verdict.rows.flags)


def test_lists_in_another_unit_are_converted() -> None:
    body = {"rows": [sent(temp=[68.0, 86.0, 104.0])], "units": {"temp": "degF"}}
    rows = RowDecoder(engine()).decode(json.dumps(body).encode())
    assert rows.signals is not None
    np.testing.assert_allclose(rows.signals[0, :3], [20, 30, 40], rtol=1e-5)


def test_the_schema_takes_what_the_decoder_takes() -> None:
    contract = engine()
    schema = json_schema(contract)
    for row, good in (
        (example_row(contract), True),
        (sent(flow=[None, None, None]), True),
        (sent(temp=[20, 30]), False),
        (sent(temp=[None, 30, 40]), False),
        (sent(temp=[20, 300, 30]), False),
        (sent(temp=30), False),
    ):
        assert jsonschema.Draft202012Validator(schema).is_valid({"row": row}) is good
        if good:
            decoded(contract, row)


def test_the_documented_example_holds() -> None:
    document = (Path(__file__).parents[3] / "docs" / "windows.md").read_text(encoding="utf-8")
    written = re.findall(r"```toml\n(.*?)```", document, re.DOTALL)[0]
    contract = parse_contract(written, name="engine", file="docs/windows.md")
    assert [signal.length for signal in contract.signals] == [30, 30]
