"""Units as plants write them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.errors import UnitUnknown
from andamio.kernel.units import convert, dimensions, parse_unit, same_dimension


@pytest.mark.parametrize(
    ("spelling", "same_as"),
    [
        ("°C", "degC"),
        ("ºC", "degC"),
        ("C", "degC"),
        ("deg C", "degC"),
        ("°F", "degF"),
        ("m³/h", "m3/h"),
        ("m^3/h", "m3/h"),
        ("m**3/h", "m3/h"),
        ("N·m", "Nm"),
        ("L/min", "lpm"),
        ("rev/min", "rpm"),
        ("bar(g)", "barg"),
        ("gal/min", "gpm"),
        ("kVAr", "kvar"),
        ("µm", "um"),
    ],
)
def test_a_plants_spelling_is_the_same_unit_as_the_plain_one(spelling: str, same_as: str) -> None:
    assert parse_unit(spelling).name == parse_unit(same_as).name


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (214.0, "degF", "degC", 101.11111111),
        (0.0, "degC", "K", 273.15),
        (0.0, "barg", "bar", 1.01325),
        (14.5037738, "psi", "bar", 1.0),
        (3000.0, "rpm", "Hz", 50.0),
        (2 * np.pi, "rad/s", "rpm", 60.0),
        (1.0, "cfm", "m3/h", 1.69901082),
        (36.0, "m3/h", "l/s", 10.0),
        (5.0, "%", "1", 0.05),
    ],
)
def test_values_convert_as_a_plant_expects(value: float, source: str, target: str, expected: float) -> None:
    assert convert(value, source, target) == pytest.approx(expected, rel=1e-7)


def test_a_missing_value_stays_missing_through_a_conversion() -> None:
    converted = convert([32.0, np.nan], "degF", "degC")
    assert converted[0] == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(converted[1])


def test_units_of_another_kind_are_not_converted() -> None:
    with pytest.raises(UnitUnknown) as refused:
        convert([1.0], "degC", "bar")
    assert "do not measure the same thing" in str(refused.value.why)


def test_a_normal_cubic_metre_is_not_a_cubic_metre() -> None:
    assert not same_dimension("Nm3/h", "m3/h")
    assert same_dimension("Nm3/h", "scfm")


def test_ph_is_not_a_picohenry_and_c_is_not_a_coulomb() -> None:
    assert not same_dimension("pH", "H")
    assert same_dimension("C", "K")


def test_the_dimensions_of_a_unit_are_powers_of_base_dimensions() -> None:
    assert dimensions("m3/h") == {"[length]": 3.0, "[time]": -1.0}


@pytest.mark.parametrize(
    "text", ["foo", "/", "(", "5", "m**99999", "9**9**9", "__import__('os')", "m" * 100, "1/0", "m//s", "m(s"]
)
def test_what_is_no_unit_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UnitUnknown) as refused:
        parse_unit(text)
    assert "degC" in str(refused.value.fix)


@given(st.text(alphabet="abmsCKN°%³·/*()^-123 ", max_size=12))
def test_any_text_is_a_unit_or_is_refused_by_name(text: str) -> None:
    try:
        unit = parse_unit(text)
    except UnitUnknown:
        return
    assert convert(1.0, unit, unit) == 1.0


def test_pint_is_not_loaded_before_the_first_unit() -> None:
    program = "import sys, andamio.kernel.units; sys.exit('pint.registry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
