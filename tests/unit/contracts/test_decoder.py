"""A JSON body becomes tensors, or every fault of every row."""

from __future__ import annotations

import jsonschema
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.contracts import RowDecoder, example_row, json_schema, parse_contract
from andamio.errors import BodyRefused, Fault, RowsRejected
from andamio.language import render_error, say

from .examples import GOOD_ROW, every_policy, number_contract

CONTRACT = every_policy()
DECODER = RowDecoder(CONTRACT, label="pump-health@3")


def body(**frame: object) -> bytes:
    return msgspec.json.encode(frame)


def faults_of(content: bytes, decoder: RowDecoder = DECODER) -> list[Fault]:
    with pytest.raises(RowsRejected) as refused:
        decoder.decode(content)
    return list(refused.value.faults)


def test_a_good_row_lies_in_the_tensors_in_the_contracts_order() -> None:
    rows = DECODER.decode(body(row={**GOOD_ROW, "asset": "pump-07", "time": "2026-11-01T08:00:00-05:00"}))
    assert rows.numbers.dtype == np.float32
    assert rows.numbers.tolist() == [[71.5, 12.25, 4.0, 55.0, 12.0, 3.0, 1.0, 0.0]]
    assert rows.categories.tolist() == [["L", "2", "day", "A"]]
    assert (rows.assets, rows.times) == (["pump-07"], ["2026-11-01T08:00:00-05:00"])
    assert rows.flags == [()]


def test_flags_tell_what_the_policies_will_do_and_the_values_stay_as_sent() -> None:
    row = {**GOOD_ROW, "flow": 99.0, "pressure": 20.0, "humidity": None, "grade": "9", "crew": None}
    rows = DECODER.decode(body(rows=[GOOD_ROW, row]))
    assert rows.flags[0] == ()
    assert rows.flags[1] == (
        "flow:clipped", "pressure:out-of-range", "humidity:imputed", "grade:other", "crew:imputed",
    )  # fmt: skip
    assert rows.numbers[1, 1:3].tolist() == [99.0, 20.0]
    assert np.isnan(rows.numbers[1, 3])
    assert rows.categories[1].tolist() == ["L", "9", "day", ""]


def test_every_fault_of_every_row_comes_at_once() -> None:
    bad = {**GOOD_ROW, "bearing_temp": 214, "starts": 1.5, "product": "X", "bearng": 1}
    del bad["door_open"]
    faults = faults_of(body(rows=[GOOD_ROW, bad, {**GOOD_ROW, "bearing_temp": "hot"}]))
    assert [(fault.data["row"], fault.data["tag"], fault.code) for fault in faults] == [
        (1, "bearng", "contract-extra"),
        (1, "bearing_temp", "contract-range"),
        (1, "starts", "contract-type"),
        (1, "door_open", "contract-missing"),
        (1, "product", "contract-unknown"),
        (2, "bearing_temp", "contract-type"),
    ]


def test_a_range_fault_reads_like_the_house_style() -> None:
    with pytest.raises(RowsRejected) as refused:
        DECODER.decode(body(rows=[GOOD_ROW] * 11 + [{**GOOD_ROW, "bearing_temp": 214}]))
    written = render_error(refused.value)
    assert "error[contract-range]: bearing_temp = 214 degC is outside 0–180 degC" in written
    assert "pump-health@3, row 12" in written
    assert 'the contract says out_of_range = "reject"' in written
    assert "check the sensor's unit (214 degF would be 101.1 degC), or widen the range in" in written


@pytest.mark.parametrize(
    ("settings_", "value", "hint"),
    [
        ('type = "number"\nunit = "degC"\nrange = [0, 90]', 300.0, "300 K would be 26.85 degC"),
        ('type = "number"\nunit = "bar"\nrange = [0, 16]', 100.0, "100 psi would be 6.895 bar"),
        ('type = "number"\nunit = "kg/h"\nrange = [500, 9000]', 4.2, "4.2 t/h would be 4,200 kg/h"),
        ('type = "number"\nrange = [6, 8]', 7100.0, "is it 1,000 times too large?"),
        ('type = "number"\nunit = "V"\nrange = [200, 250]', 2.3, "is it 100 times too small?"),
    ],
)
def test_a_value_far_outside_names_the_likely_confusion(settings_: str, value: float, hint: str) -> None:
    (fault,) = faults_of(body(row={"tag": value}), RowDecoder(number_contract(settings_)))
    assert fault.fix is not None
    assert hint in say(fault.fix)


def test_a_misspelt_tag_and_category_are_told_the_right_ones() -> None:
    row = {**GOOD_ROW, "Bearing_Temp": 1, "product": "l"}
    fixes = {fault.code: str(fault.fix) for fault in faults_of(body(row=row))}
    assert fixes["contract-extra"] == 'did you mean "bearing_temp"?'
    assert fixes["contract-unknown"] == 'did you mean "L"?'


@pytest.mark.parametrize("sent", ["71,5", "71.5"])
def test_a_number_in_quotes_is_refused_and_told_how_to_write_it(sent: str) -> None:
    (fault,) = faults_of(body(row={**GOOD_ROW, "bearing_temp": sent}))
    assert fault.code == "contract-type"
    assert str(fault.fix).endswith("71.5")


def test_units_are_converted_before_the_range_is_checked() -> None:
    rows = DECODER.decode(body(rows=[{**GOOD_ROW, "bearing_temp": 212.0}], units={"bearing_temp": "degF"}))
    assert rows.numbers[0, 0] == pytest.approx(100.0)


def test_a_value_on_the_edge_of_the_range_stays_there_through_a_conversion() -> None:
    rows = DECODER.decode(body(row={**GOOD_ROW, "bearing_temp": 356}, units={"bearing_temp": "°F"}))
    assert rows.numbers[0, 0] == 180.0


def test_a_whole_number_stays_whole_through_a_conversion() -> None:
    decoder = RowDecoder(number_contract('type = "integer"\nunit = "rpm"\nrange = [0, 4000]'))
    assert decoder.decode(body(row={"tag": 49.5}, units={"tag": "Hz"})).numbers[0, 0] == 2970.0
    (fault,) = faults_of(body(row={"tag": 1.01}, units={"tag": "Hz"}), decoder)
    assert fault.code == "contract-type"


def test_a_fault_of_a_converted_value_shows_both() -> None:
    (fault,) = faults_of(body(row={**GOOD_ROW, "bearing_temp": 392}, units={"bearing_temp": "degF"}))
    assert "392 degF (200 degC)" in render_error(RowsRejected(fault.what))


@pytest.mark.parametrize(
    ("units", "what"),
    [
        ({"bearing_temp": "bar"}, "bar cannot be converted to degC"),
        ({"bearing_temp": "furlong/fortnight!"}, "nobody knows the unit"),
        ({"bearng_temp": "degF"}, "no input"),
        ({"humidity": "%"}, "gives humidity no unit"),
    ],
)
def test_units_that_cannot_be_used_are_refused(units: dict[str, str], what: str) -> None:
    (fault,) = faults_of(body(row=GOOD_ROW, units=units))
    assert fault.code == "contract-unit"
    assert what in str(fault.what)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"5",
        b"{}",
        b'{"row": 5}',
        b'{"rows": {}}',
        b'{"rows": []}',
        b'{"rows": [5]}',
        b'{"row": {}, "rows": []}',
        b'{"rwo": {}}',
        b'{"row": {}, "units": 5}',
        b'{"row": {}, "units": {"a": 5}}',
        b'{"row": null}',
        b'{"row": {"bearing_temp": NaN}}',
        b"[" * 100_000,
        b'{"row":' * 5_000,
        b'{"row": {"bearing_temp": 1' + b"0" * 5000 + b"}}",
    ],
)
def test_a_body_that_is_no_request_is_refused_with_an_example(content: bytes) -> None:
    with pytest.raises(BodyRefused) as refused:
        DECODER.decode(content)
    assert '{"row": {"TAG": value' in str(refused.value.fix)


def test_a_number_beyond_what_a_computer_holds_is_a_fault_of_its_row() -> None:
    content = body(rows=[GOOD_ROW, GOOD_ROW]).replace(b"71.5", b"1e999", 1)
    (fault,) = faults_of(content)
    assert (fault.code, fault.data["row"]) == ("contract-type", 0)


def test_a_number_that_the_graph_cannot_hold_is_refused_whatever_the_policy() -> None:
    for tag in ("flow", "pressure", "humidity"):
        (fault,) = faults_of(body(row={**GOOD_ROW, tag: 1e39}))
        assert fault.code == "contract-range"


def test_an_asset_that_is_a_number_is_its_spelling_and_a_list_is_refused() -> None:
    assert DECODER.decode(body(row={**GOOD_ROW, "asset": 7})).assets == ["7"]
    (fault,) = faults_of(body(row={**GOOD_ROW, "asset": ["a"]}))
    assert fault.data["tag"] == "asset"


def test_tags_that_are_words_of_python_are_tags() -> None:
    contract = parse_contract(
        '[model]\nkind = "regression"\ndata = "d"\ntarget = "y"\n[input.class]\ntype = "number"\n'
        '[input.lambda]\ntype = "category"\nvalues = ["a"]\n',
        name="m",
        file="models/m.toml",
    )
    assert RowDecoder(contract).decode(body(row={"class": 1, "lambda": "a"})).numbers.tolist() == [[1.0]]


def test_a_contract_of_categories_only_has_an_empty_first_tensor() -> None:
    decoder = RowDecoder(number_contract('type = "category"\nvalues = ["a", "b"]'))
    for frame in ({"row": {"tag": "b"}}, {"rows": [{"tag": "b"}]}):
        rows = decoder.decode(body(**frame))
        assert rows.numbers.shape == (1, 0)
        assert rows.categories.tolist() == [["b"]]
    assert len(rows) == 1


SCHEMA = json_schema(CONTRACT)
CHECK = jsonschema.Draft202012Validator(SCHEMA)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 600),
    st.floats(-50, 300).map(lambda value: round(value, 2)),
    st.text(max_size=3),
    st.sampled_from(["H", "L", "day", "A", "2", "true", "", [], {}]),
)


def test_the_schema_is_a_schema_and_its_examples_are_accepted() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert len(DECODER.decode(msgspec.json.encode(SCHEMA["examples"][0]))) == 1  # type: ignore[index]  # a JSON value
    assert len(DECODER.decode(body(row=example_row(CONTRACT)))) == 1


def test_the_schema_carries_units_and_ranges() -> None:
    tag = SCHEMA["$defs"]["row"]["properties"]["bearing_temp"]  # type: ignore[index]  # a JSON value
    assert (tag["x-unit"], tag["minimum"], tag["maximum"]) == ("degC", 0.0, 180.0)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*GOOD_ROW, "asset", "time", "other"]), values, max_size=4),
    st.sets(st.sampled_from(list(GOOD_ROW)), max_size=1),
    st.sampled_from(["row", "rows"]),
)
def test_the_schema_accepts_what_the_decoder_accepts(
    cells: dict[str, object], dropped: set[str], form: str
) -> None:
    row = {key: value for key, value in (GOOD_ROW | cells).items() if key not in dropped}
    frame = {"row": row} if form == "row" else {"rows": [row]}
    assert CHECK.is_valid(frame) == accepts(msgspec.json.encode(frame))


def accepts(content: bytes) -> bool:
    try:
        DECODER.decode(content)
    except RowsRejected:
        return False
    return True
