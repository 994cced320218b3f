"""Every fault of every feature is told at once: names, arguments, shapes, units, constants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.contracts.contract import Contract, Feature, Input, Kind, Output, TagType
from andamio.features import FeaturePlan, check_features, describe_features, feature_graph
from andamio.language import say, speak

_UNITS = {
    "bearing_temp": "degC",
    "ambient_temp": "degC",
    "kelvin_temp": "K",
    "inlet": "bar",
    "outlet": "kPa",
    "torque": "Nm",
    "speed": "rpm",
    "shaft_hz": "Hz",
    "anything": None,
}
_INPUTS = (
    *(Input(name=n, type=TagType.NUMBER, column=n, unit=u) for n, u in _UNITS.items()),
    Input(name="running", type=TagType.BOOLEAN, column="running"),
    Input(name="product", type=TagType.CATEGORY, column="product", values=("H", "L", "M")),
    Input(name="vibration", type=TagType.WAVEFORM, column="vibration", unit="g", rate_hz=12000, length=2048),
)


def contract(*expressions: str) -> Contract:
    features = tuple(Feature(f"f{n}", expression, 40 + n) for n, expression in enumerate(expressions))
    return Contract(
        name="pump-health",
        kind=Kind.CLASSIFICATION,
        data="pumps",
        target="failure",
        inputs=_INPUTS,
        features=features,
        output=Output(name="failure"),
    )


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("bearing_temp - ambient_temp", "degC"),
        ("(bearing_temp + ambient_temp) / 2", "~degC"),
        ("bearing_temp - 20", "~degC"),
        ("bearing_temp + 273.15 - kelvin_temp", "~degC"),
        ("bearing_temp > 80", "1"),
        ("torque * speed", "Nm·rpm"),
        ("2 * pi / 60 * torque * speed", "~Nm·rpm"),
        ("inlet / inlet", "1"),
        ("inlet ** 2 / torque", "bar^2/Nm"),
        ("sqrt(inlet)", "bar^0.5"),
        ("100 * inlet - outlet", "~bar"),
        ("log(inlet)", "1"),
        ("exp(bearing_temp / 10)", "1"),
        ("1 / inlet", "1/bar"),
        ("clip(inlet, 0, 10)", "bar"),
        ("max(inlet, 1)", "bar"),
        ("where(bearing_temp > 80, inlet, 0)", "bar"),
        ("where(running, inlet, 0)", "bar"),
        ("where(min(running, inlet > 2), 1, 0)", "1"),
        ("running * inlet", "bar"),
        ("-abs(inlet)", "bar"),
        ('product == "H"', "1"),
        ('(product != "H") * inlet', "bar"),
        ("anything + inlet", None),
        ("anything * inlet", None),
        ("speed > shaft_hz * 60", "1"),
        ("rms(vibration)", "g"),
        ("band_energy(envelope(vibration), 3.585 * shaft_hz, width=5)", "g^2"),
        ("kurtosis(vibration)", "1"),
        ("slope(vibration)", "g/s"),
        ("energy(vibration)", "g^2"),
        ("std(ewma(vibration, 20))", "g"),
        ("lag(vibration, 3) - difference(vibration)", "g"),
        ("velocity_rms(vibration, low=2 * shaft_hz)", "mm/s"),
        ("peak_frequency(vibration, nth=2, window='none') - shaft_hz", "Hz"),
        ("band_energy(vibration, bpfo(shaft_hz, balls=9, ratio=0.2), width=5)", "g^2"),
        ("bpfi(speed / 60, balls=9, ratio=0.2)", "~rpm"),
        ("rahmonic(vibration, shaft_hz)", "1"),
        ("peak(cepstrum(vibration))", "1"),
    ],
)
def test_a_good_feature_has_no_fault_and_a_unit(expression: str, unit: str | None) -> None:
    declared = contract(expression)
    assert check_features(declared) == []
    assert describe_features(declared)[0].unit == unit


@pytest.mark.parametrize(
    ("expression", "code", "place", "words", "fix"),
    [
        ("bearing_tmp - 1", "feature-name", "bearing_tmp", "there is no input", '"bearing_temp"'),
        ("zzz + 1", "feature-name", "zzz", "there is no input", "[input.zzz]"),
        ("sqr(inlet)", "feature-name", "sqr", "there is no function", '"sqrt"'),
        ("sqrt + 1", "feature-name", "sqrt", "is a function", "sqrt(…)"),
        ("sqrt(inlet, 2)", "feature-arguments", "sqrt(inlet, 2)", "given 2 arguments and takes 1", ""),
        ("min(inlet)", "feature-arguments", "min(inlet)", "takes at least 2", ""),
        ("rms(vibration, width=3)", "feature-arguments", "width=3", "takes no argument", ""),
        ("band_energy(vibration, shaft_hz)", "feature-arguments", "band_energy", "needs width=", ""),
        ("product * 2", "feature-shape", "product", "is a category", 'product == "…"'),
        ('product == "X"', "feature-name", '"X"', "has no value", "H, L, M"),
        ('product == "h"', "feature-name", '"h"', "has no value", '"H"'),
        ('product < "H"', "feature-shape", "product", "no order", "=="),
        ('inlet == "H"', "feature-shape", '"H"', "only be compared with a category", ""),
        ('"H"', "feature-shape", '"H"', "only be compared with a category", ""),
        ("vibration + 1", "feature-shape", "vibration", "a waveform", "rms(…)"),
        ("rms(inlet)", "feature-shape", "inlet", "a waveform is needed", ""),
        ("envelope(vibration)", "feature-shape", "envelope", "a waveform", ""),
        ("where(inlet, 1, 2)", "feature-shape", "inlet", "asks a question", "inlet > 0"),
        ("inlet - bearing_temp", "feature-unit", "inlet", "do not measure the same", ""),
        ("inlet - outlet", "feature-unit", "inlet", "in bar and outlet in kPa", "100 * inlet"),
        ("bearing_temp > kelvin_temp", "feature-unit", "bearing_temp", "in degC", "declare both"),
        ("max(inlet, torque)", "feature-unit", "inlet", "do not measure the same", ""),
        ("speed - shaft_hz", "feature-unit", "speed", "in rpm and shaft_hz in Hz", "60 * shaft_hz"),
        ("exp(bearing_temp)", "feature-unit", "exp", "depends on the unit", "exp(bearing_temp / 10)"),
        ("band_energy(vibration, inlet, width=5)", "feature-unit", "inlet", "a frequency is needed", "Hz"),
        ("rms(vibration, vibration)", "feature-arguments", "rms", "given 2 arguments and takes 1", ""),
        ("lag(vibration)", "feature-arguments", "lag", "given 1 arguments and takes 2", ""),
        ("lag(vibration, 2.5)", "feature-arguments", "2.5", "a whole number", ""),
        ("lag(vibration, inlet)", "feature-arguments", "inlet", "a whole number", ""),
        ("bpfo(shaft_hz, balls=9)", "feature-arguments", "bpfo", "needs ratio=", ""),
        ("bpfo(shaft_hz, balls=9, ratio=inlet)", "feature-arguments", "inlet", "as typed", ""),
        ("autocorrelation(vibration)", "feature-arguments", "autocorrelation", "needs lag=", ""),
        ("amplitude(vibration)", "feature-arguments", "amplitude", "needs one band", "low= and high="),
        (
            "amplitude(vibration, 5, width=2, low=3)",
            "feature-arguments",
            "amplitude",
            "needs one band",
            "low= and high=",
        ),
        ("spectral_centroid(vibration, window='han')", "feature-arguments", "'han'", "no window", "hann"),
        ("spectral_centroid(vibration, window=2)", "feature-arguments", "2", "no window", "hann"),
        ("slope(lag(inlet, 2))", "feature-shape", "inlet", "a waveform is needed", "[window]"),
        ("cepstrum(vibration) + 1", "feature-shape", "cepstrum(vibration)", "a waveform", "rms(…)"),
        ("amplitude(vibration, speed, width=5)", "feature-unit", "speed", "is in rpm", "speed / 60"),
        ("bpfo(speed, balls=9, ratio=0.2)", "feature-unit", "speed", "is in rpm", "speed / 60"),
        ("rms(envelope(vibration, low=inlet))", "feature-unit", "inlet", "a frequency is needed", "Hz"),
        ("std(vibration) - inlet", "feature-unit", "std", "do not measure the same", ""),
        ("mean(last(vibration, 5000))", "feature-value", "last(vibration, 5000)", "needs 5000 samples", ""),
        ("rms(difference(vibration, 2048))", "feature-value", "difference", "needs 2049 samples", ""),
        ("autocorrelation(last(vibration, 9), lag=9)", "feature-value", "auto", "needs 10 samples", ""),
        ("band_energy(vibration, low=6000)", "feature-value", "band_energy", "ends at 6000", ""),
        ("band_energy(vibration, low=60, high=50)", "feature-value", "band", "before it begins", ""),
        ("peak_frequency(cepstrum(vibration))", "feature-value", "cepstrum", "no frequencies", ""),
        ("peak_frequency(last(vibration, 2027))", "feature-value", "peak", "quickly", "last(…, 2026)"),
        ("inlet / (1 - 1)", "feature-value", "inlet", "divides by zero", ""),
        ("inlet * (1 / 0)", "feature-value", "1 / 0", "divides by zero", ""),
        ("inlet * log(-1)", "feature-value", "log(-1)", "has no value", ""),
        ("inlet * exp(1000)", "feature-value", "exp(1000)", "has no value", ""),
        ("1 + pi", "feature-value", "1 + pi", "uses no input", "bearing_temp"),
    ],
)
def test_a_fault_says_what_where_and_what_to_do(
    expression: str, code: str, place: str, words: str, fix: str
) -> None:
    (found,) = check_features(contract(expression))
    assert found.code == code
    assert words in str(found.what)
    assert fix in str(found.fix or "")
    assert expression[found.data["start"] :].startswith(place)
    *_, line, carets = str(found.where).splitlines()
    assert line[carets.index("^") :].startswith(place)


def test_all_faults_of_all_features_come_at_once_with_their_lines() -> None:
    faults = check_features(contract("bearing_tmp + inlte", "inlet +", "inlet", "inlet - torque", "sqrt()"))
    assert [(f.data["line"], f.code) for f in faults] == [
        (40, "feature-name"),
        (40, "feature-name"),
        (41, "feature-syntax"),
        (43, "feature-unit"),
        (44, "feature-arguments"),
    ]


def test_a_feature_that_uses_another_feature_is_told_that_it_may_not() -> None:
    (found,) = check_features(contract("inlet * 2", "f0 + 1"))
    assert "inputs only" in str(found.what)


def test_two_features_of_one_name_and_a_name_of_an_input_are_taken() -> None:
    declared = contract("inlet * 2")
    twice = (Feature("f0", "inlet"), Feature("inlet", "torque"))
    assert [str(f.what) for f in check_features(declared, twice)] == ["f0 is taken", "inlet is taken"]


def test_a_waveform_feature_is_computed() -> None:
    graph = feature_graph(FeaturePlan(contract("rms(vibration)")))
    assert graph.names[-1] == "f0"


def test_a_waveform_that_is_excluded_takes_its_features_with_it() -> None:
    graph = feature_graph(FeaturePlan(contract("rms(vibration)"), excluded=frozenset({"vibration"})))
    assert "f0" not in graph.names


def test_a_long_expression_is_shown_around_its_fault_within_a_terminal() -> None:
    long = " + ".join(["inlet"] * 30) + " + bearing_tmp + " + " + ".join(["inlet"] * 30)
    (found,) = check_features(contract(long))
    _, line, carets = str(found.where).splitlines()
    assert len(line) <= 80
    assert line[carets.index("^") :].startswith("bearing_tmp")


@given(st.text(max_size=60))
def test_checking_any_text_gives_faults_that_can_be_said_in_both_languages(words: str) -> None:
    for found in check_features(contract(words)):
        for language in ("en", "es"):
            with speak(language):
                assert all(say(t) for t in (found.what, found.where) if t is not None)
