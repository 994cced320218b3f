"""From a file's text to a contract, or to everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.contracts import Contract, Kind, Missing, OutOfRange, TagType, parse_contract, read_contract
from andamio.errors import ContractInvalid, ContractNotFound, Fault
from andamio.language import render_error, speak

EXAMPLE = (Path(__file__).parent / "pump-health.toml").read_text(encoding="utf-8")


def parse(text: str, name: str = "pump-health") -> Contract:
    return parse_contract(text, name=name, file=f"models/{name}.toml")


def faults_of(text: str, name: str = "pump-health") -> list[Fault]:
    with pytest.raises(ContractInvalid) as refused:
        parse(text, name)
    return list(refused.value.faults)


def only_fault(text: str) -> Fault:
    faults = faults_of(text)
    assert len(faults) == 1, [str(fault.what) for fault in faults]
    return faults[0]


def changed(old: str, new: str) -> str:
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new, 1)


def line_of(text: str, piece: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if piece in line)


def test_the_example_of_the_design_is_read_whole() -> None:
    contract = parse(EXAMPLE)
    assert contract.kind is Kind.CLASSIFICATION
    assert contract.target == "Failure within 24 h"
    assert contract.operation.truth_from == "work orders"
    assert [i.name for i in contract.inputs] == [
        "bearing_temp", "product", "vibration", "ambient_temp", "shaft_hz",
    ]  # fmt: skip
    bearing = contract.by_name["bearing_temp"]
    assert (bearing.column, bearing.unit, bearing.range) == (
        "Bearing temperature [degC]",
        "degC",
        (0.0, 180.0),
    )
    assert contract.by_name["ambient_temp"].missing is Missing.IMPUTE
    assert contract.by_name["shaft_hz"].column == "shaft_hz"
    vibration = contract.by_name["vibration"]
    assert (vibration.type, vibration.rate_hz, vibration.length) == (TagType.WAVEFORM, 12000.0, 2048)
    assert [f.name for f in contract.features] == ["heat", "vib_rms", "outer_race"]
    assert contract.features[0].line == line_of(EXAMPLE, "heat =")
    assert contract.output.threshold == "cost"
    assert contract.p99_ms == 20.0
    assert [(g.metric, g.comparison, g.bound) for g in contract.accept.gates] == [
        ("recall", ">=", 0.9), ("false_alarm_rate", "<=", 0.05),
    ]  # fmt: skip
    assert contract.accept.slices is not None
    assert contract.accept.slices.by == ("product",)
    assert contract.accept.noise is not None
    assert contract.accept.noise.level == 0.01
    assert contract.costs is not None
    assert contract.costs.missed_failure == 4000.0
    assert contract.monitor.context == ("ambient_temp",)
    assert contract.retrain.schedule == "monthly"
    assert [i.name for i in contract.numbers] == ["bearing_temp", "ambient_temp", "shaft_hz"]


@pytest.mark.parametrize(
    ("old", "new", "code", "what", "fix"),
    [
        ('kind = "classification"', 'kind = "clasification"', "contract-value", "known", '"classification"'),
        ('data = "pumps"', "", "contract-lacking", "nothing about data", "data"),
        ('target = "Failure within 24 h"', "", "contract-lacking", "nothing about target", "target"),
        ("[latency]", "[latncy]", "contract-name", "no section [latncy]", '"latency"'),
        ("p99_ms = 20", "p99 = 20", "contract-name", "no setting latency.p99", '"p99_ms"'),
        ("p99_ms = 20", "p99_ms = -1", "contract-value", "p99_ms = -1", None),
        ('unit = "degC"', 'unit = "degCC"', "contract-unit", "degCC", "degC"),
        ("range = [0, 180]", "range = [180, 0]", "contract-value", "holds no value", "lower number first"),
        ("range = [0, 180]", 'range = "0-180"', "contract-value", "two numbers", None),
        ("range = [0, 180]", "range = [0, nan]", "contract-value", "two numbers", None),
        ("range = [0, 180]", "", "contract-value", "needs a range", "range = [low, high]"),
        ('out_of_range = "reject"', 'out_of_range = "cut"', "contract-value", '"cut"', "clip"),
        ('missing = "impute"', 'missing = { hold = "1 min" }', "contract-later", "not possible", "impute"),
        ('missing = "impute"', "missing = { keep = 1 }", "contract-value", "not understood", "reject"),
        ('values = ["H", "L", "M"]', "values = []", "contract-value", "list of texts", None),
        ('values = ["H", "L", "M"]', 'values = ["H", "L", "H"]', "contract-value", "H twice", None),
        ('values = ["H", "L", "M"]', 'values = ["H", 2.5]', "contract-value", "list of texts", None),
        ('unknown = "reject"', "range = [1, 2]", "contract-value", "says nothing about a category", "remove"),
        ("length = 2048", "", "contract-lacking", "nothing about length", "length"),
        ('heat = "bearing', 'Heat = "bearing', "contract-value", "Heat cannot be", "heat"),
        ('heat = "bearing', 'shaft_hz = "bearing', "contract-value", "an input already", "another name"),
        ('threshold = "cost"', "threshold = 1.5", "contract-value", "between 0 and 1", None),
        ('threshold = "cost"', "coverage = 0.9", "contract-value", "says nothing", "remove"),
        ('recall = ">= 0.90"', 'recal = ">= 0.90"', "contract-name", "no gate measures recal", '"recall"'),
        ('recall = ">= 0.90"', 'rmse = "<= 0.90"', "contract-name", "for this kind of model", None),
        ('recall = ">= 0.90"', "recall = 0.90", "contract-value", "comparison", 'recall = ">= 0.9"'),
        ('recall = ">= 0.90"', 'recall = "<= 0.90"', "contract-value", "asks for a bad model", '">= 0.90"'),
        ('recall = ">= 0.90"', 'recall = ">= 90"', "contract-value", "never decide", None),
        ('by = ["product"]', 'by = ["prodct"]', "contract-value", '"prodct"', '"product"'),
        ('by = ["product"], ', "", "contract-lacking", "nothing about by", "by"),
        ('flips = "<= 0.02"', 'shift = "<= 0.02"', "contract-name", "shift", "flips"),
        ("level = 0.01, ", "", "contract-lacking", "nothing about level", "level"),
        ("missed_failure = 4000", "missed_failure = true", "contract-value", "must be a number", None),
        ("missed_failure = 4000", "", "contract-lacking", "missed_failure", None),
        ('context = ["ambient_temp"]', 'context = ["ambient"]', "contract-value", "ambient", "ambient_temp"),
        ('on = ["harm", "drift"]', 'on = ["harm", "drfit"]', "contract-value", "drfit", '"drift"'),
        ('schedule = "monthly"', 'schedule = "montly"', "contract-value", "montly", '"monthly"'),
        ('approve = "person"', 'approve = "persona"', "contract-value", "persona", '"person"'),
        ('owner = "maintenance"', "owner = 5", "contract-value", "text in quotes", None),
    ],
)
def test_each_fault_is_found_with_its_line_and_a_suggestion(
    old: str, new: str, code: str, what: str, fix: str | None
) -> None:
    text = changed(old, new)
    fault = only_fault(text)
    assert fault.code == code
    assert what in str(fault.what)
    assert fault.data["line"] in range(1, len(text.splitlines()) + 1)
    if new:
        assert fault.data["line"] in (
            line_of(text, new),
            line_of(text, new) - 1,
            line_of(text, "[input.bearing_temp]"),
        )
    if fix is not None:
        assert fix in str(fault.fix)


def test_all_faults_of_a_file_come_at_once_in_the_order_of_its_lines() -> None:
    text = (
        changed('kind = "classification"', 'kind = "clas"')
        .replace("range = [0, 180]", "range = [180, 0]")
        .replace("[latency]", "[latncy]")
        .replace('recall = ">= 0.90"', 'recall = "0.90"')
    )
    lines = [int(str(fault.data["line"])) for fault in faults_of(text)]
    pieces = ('"clas"', "[180, 0]", "[latncy]", 'recall = "0.90"')
    assert lines == [line_of(text, piece) for piece in pieces]


@pytest.mark.parametrize(
    ("text", "line", "column", "why"),
    [
        ("[model]\nkind classification\n", 2, 6, "="),
        ("[model]\nkind = classification\n", 2, 8, "quotes"),
        ('[model]\nkind = "a"\nkind = "b"\n', 3, 11, "twice"),
        ("[model]\n[model]\n", 2, 7, "twice"),
        ('[model]\nkind = "a\n', 2, 10, ""),
        ("[model\n", 1, 7, "]"),
        ("[model]\nvalues = [1, 2\n", 2, 1, ""),
    ],
)
def test_a_fault_of_syntax_is_told_with_line_and_column(text: str, line: int, column: int, why: str) -> None:
    fault = only_fault(text)
    assert fault.code == "contract-syntax"
    assert (fault.data["line"], fault.data["column"]) == (line, column)
    assert why in str(fault.why)


@pytest.mark.parametrize("name", ["asset", "time", "row", "rows", "units", "Temp", "2nd", "bearing-temp"])
def test_an_input_with_an_unusable_name_is_told_how_to_keep_its_column(name: str) -> None:
    fault = only_fault(changed("[input.shaft_hz]", f'[input."{name}"]').replace("3.585 * shaft_hz", "3.585"))
    assert f'column = "{name}"' in str(fault.fix)


def test_two_inputs_of_the_same_column_are_refused() -> None:
    fault = only_fault(changed("[input.ambient_temp]", '[input.ambient_temp]\ncolumn = "shaft_hz"'))
    assert "shaft_hz" in str(fault.what)


def test_an_input_that_reads_the_target_is_refused() -> None:
    text = changed("[input.ambient_temp]", '[input.ambient_temp]\ncolumn = "Failure within 24 h"')
    assert "told the answer" in str(only_fault(text).why)


def test_a_threshold_by_cost_needs_costs() -> None:
    text = EXAMPLE[: EXAMPLE.index("\n[costs]")] + EXAMPLE[EXAMPLE.index("\n[monitor]") :]
    assert "needs a section [costs]" in str(only_fault(text).what)


def test_an_empty_file_says_what_a_contract_needs() -> None:
    assert {str(fault.what) for fault in faults_of("")} == {
        "a contract needs a section [model]", "a contract needs a section [input]",
    }  # fmt: skip


def test_a_section_that_is_a_number_is_refused_and_not_a_crash() -> None:
    assert "must be a section" in str(
        only_fault("model = 5\n" + EXAMPLE[EXAMPLE.index("[operation]") :]).what
    )


def test_a_regression_has_its_own_gates_and_coverage() -> None:
    contract = parse(
        '[model]\nkind = "regression"\ndata = "d"\ntarget = "y"\n[input.t]\ntype = "number"\n'
        '[output.wear]\ncoverage = 0.8\nunit = "mm"\n[accept]\nrmse = "<= 2"\ncoverage = ">= 0.75"\n'
        'noise = { level = 0.05, shift = "<= 0.5" }\n'
    )
    assert (contract.output.coverage, contract.output.unit) == (0.8, "mm")
    assert [gate.metric for gate in contract.accept.gates] == ["rmse", "coverage"]


REGRESSION = '[model]\nkind = "regression"\ndata = "d"\ntarget = "y"\n[input.t]\ntype = "number"\n'


def test_a_regression_prices_answers_that_are_too_high_and_too_low() -> None:
    contract = parse(REGRESSION + '[costs]\nlate = 900\nearly = 100\n[accept]\ncost_per_row = "<= 50"\n')
    assert contract.costs is not None
    assert contract.costs.lateness == (900.0, 100.0)


@pytest.mark.parametrize(
    ("costs", "what"),
    [
        ("late = 9\nmissed_failure = 4\nearly = 1", "missed_failure says nothing about a regression"),
        ("late = 9\nearly = 0", "early = 0 is not possible"),
        ("late = 9", "nothing about early"),
    ],
)
def test_prices_that_a_regression_cannot_use_are_told(costs: str, what: str) -> None:
    assert what in str(only_fault(f"{REGRESSION}[costs]\n{costs}\n").what)


def test_a_gate_of_remaining_life_needs_a_horizon() -> None:
    gated = REGRESSION + '[accept]\nphm_score = "<= 5"\n'
    assert "phm_score measures a remaining life" in str(only_fault(gated).what)
    clocked = gated.replace('target = "y"', 'target = "y"\ntime = "clock"\nhorizon = 100')
    assert parse(clocked).horizon is not None


def test_a_class_is_not_priced_by_lateness() -> None:
    assert "late says nothing about a classification" in str(
        only_fault(changed("missed_failure = 4000", "missed_failure = 4000\nlate = 1")).what
    )


def test_categories_written_as_numbers_are_texts() -> None:
    contract = parse(changed('values = ["H", "L", "M"]', "values = [1, 2, true]"))
    assert contract.by_name["product"].values == ("1", "2", "true")


def test_defaults_are_the_strict_ones() -> None:
    contract = parse(
        '[model]\nkind = "classification"\ndata = "d"\ntarget = "y"\n[input.t]\ntype = "number"\n'
    )
    tag = contract.by_name["t"]
    assert (tag.missing, tag.out_of_range, tag.range, tag.column) == (
        Missing.REJECT,
        OutOfRange.REJECT,
        None,
        "t",
    )
    assert contract.output.name == "prediction"
    assert contract.output.threshold == "f1"


def test_a_model_name_that_cannot_be_typed_in_a_command_is_refused() -> None:
    assert "name of a model" in str(faults_of(EXAMPLE, "Pump Health@3")[0].what)


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(tmp_path: Path) -> None:
    file = tmp_path / "pump-health.toml"
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode())
    assert read_contract(file).digest == parse(EXAMPLE).digest


def test_a_file_that_is_not_utf8_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "pump-health.toml"
    file.write_bytes("# presión\n".encode("latin-1"))
    with pytest.raises(ContractInvalid) as refused:
        read_contract(file)
    assert "UTF-8" in str(refused.value.fix)


def test_a_contract_that_is_not_there_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "pump-health.toml").write_text(EXAMPLE, encoding="utf-8")
    with pytest.raises(ContractNotFound) as refused:
        read_contract(tmp_path / "pump-helth.toml")
    assert "pump-health" in str(refused.value.fix)


def test_faults_are_written_in_both_languages() -> None:
    with pytest.raises(ContractInvalid) as refused:
        parse(changed("[latency]", "[latncy]"))
    with speak("es"):
        assert "en un contrato no hay una sección [latncy]" in render_error(refused.value)
    with speak("en"):
        assert 'did you mean "latency"?' in render_error(refused.value)


LINES = EXAMPLE.splitlines()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, len(LINES) - 1), max_size=3),
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["5", "[1]", '"x"', "{}", "{ a = 1 }", "true", "nan", "[[]]", "1979-05-27", '["", 1]']),
)
def test_any_mutilated_file_is_read_or_refused_with_lines(dropped: list[int], place: int, value: str) -> None:
    lines = [line for number, line in enumerate(LINES) if number not in dropped]
    place %= len(lines)
    key, equals, _ = lines[place].partition("=")
    if equals:
        lines[place] = f"{key}= {value}"
    assert all(isinstance(fault.data["line"], int) for fault in outcome("\n".join(lines)))


def outcome(text: str) -> list[Fault]:
    try:
        parse(text)
    except ContractInvalid as error:
        return list(error.faults) or [Fault("no-fault", error.what)]
    return []


WINDOWED = """[model]
kind = "regression"
data = "d"
target = "y"
time = "t"

[window]
length = 8
least = 3

[input.x]
type = "number"
missing = "impute"
"""


def test_a_window_may_begin_before_it_is_full() -> None:
    window = parse(WINDOWED).window
    assert window is not None
    assert (window.length, window.shortest) == (8, 3)
    without = parse(WINDOWED.replace("least = 3\n", "")).window
    assert without is not None
    assert without.shortest == 8


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("least = 3", "least = 9", "more than the length"),
        ("least = 3", "least = 0", "whole number"),
        ('missing = "impute"\n', "", "may not have missing samples"),
    ],
)
def test_a_window_that_cannot_begin_so_is_told(old: str, new: str, what: str) -> None:
    assert what in str(only_fault(WINDOWED.replace(old, new)).what)


CONDITIONED = WINDOWED.replace("least = 3", 'conditions = ["load"]\ntags = ["x"]').replace(
    'missing = "impute"\n', '\n[input.load]\ntype = "number"\n\n[input.age]\ntype = "number"\n'
)


def test_the_tags_that_tell_the_condition_have_windows_too() -> None:
    contract = parse(CONDITIONED)
    assert contract.window is not None
    assert contract.window.tags == ("x", "load")
    assert contract.window.conditions == ("load",)
    assert contract.window.levelled == ("x",)
    assert [signal.name for signal in contract.signals] == ["x", "load"]
    without = parse(WINDOWED).window
    assert without is not None
    assert without.levelled == ()


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('["load"]', '["laod"]', "laod"),
        ('["load"]', '["x", "load"]', "no tag with a window is left"),
        ("tags =", 'cycle = "batch"\ntags =', "says nothing about cycles"),
        (
            '[input.load]\ntype = "number"\n',
            '[input.load]\ntype = "number"\nmissing = "impute"\n',
            "not known",
        ),
    ],
)
def test_conditions_that_cannot_be_told_are_faults(old: str, new: str, what: str) -> None:
    assert what in str(only_fault(CONDITIONED.replace(old, new)).what)


def test_conditions_may_be_missing_where_the_tags_may_too() -> None:
    loose = CONDITIONED.replace('type = "number"\n', 'type = "number"\nmissing = "impute"\n')
    assert parse(loose).window is not None
