"""Every function over a signal is what numpy and scipy make of it in double precision."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Missing
from andamio.features import check_features, describe_features
from andamio.features.functions import FUNCTIONS

from .references import REFERENCES

Make = Callable[..., Contract]
Values = Callable[..., NDArray[np.float32]]
Waves = Callable[..., NDArray[np.float64]]

# A third or fourth power, a difference of neighbours and a small line lose digits of the whole.
LOOSE = {"slope": 2e-4, "rahmonic": 5e-7, "autocorrelation": 1e-5, "skewness": 1e-5, "mean": 2e-6}
# 12,000 samples are too many for a matrix a row.
LENGTHS = (2048, 600, 997, 12_000)
EXPRESSIONS = tuple(REFERENCES)


def test_every_function_over_a_signal_has_a_reference() -> None:
    wanted = {name for name, signature in FUNCTIONS.items() if signature.reads_signal}
    written = " ".join(EXPRESSIONS)
    assert [name for name in sorted(wanted) if f"{name}(" not in written] == []


@pytest.mark.parametrize("length", LENGTHS)
def test_the_graph_computes_what_scipy_computes(
    length: int, wave_contract: Make, values: Values, waves: Waves
) -> None:
    contract = wave_contract(EXPRESSIONS, length=length)
    assert check_features(contract) == []
    samples = waves(6, length)
    result = values(contract, samples)
    for place, expression in enumerate(EXPRESSIONS):
        expected = np.array([REFERENCES[expression](row) for row in samples])
        tolerance = LOOSE.get(expression.split("(")[0], 0.0)
        np.testing.assert_allclose(
            result[:, place], expected, rtol=3e-5, atol=tolerance, err_msg=f"{expression}, {length} samples"
        )


@pytest.mark.parametrize("length", [2048, 101, 12_000])
def test_a_row_alone_has_the_bits_that_it_has_among_many(
    length: int, wave_contract: Make, values: Values, waves: Waves
) -> None:
    contract = wave_contract(EXPRESSIONS, length=length)
    samples = waves(130, length)
    together = values(contract, samples)
    alone = np.concatenate([values(contract, samples[row : row + 1]) for row in (0, 1, 77, 129)])
    np.testing.assert_array_equal(together[[0, 1, 77, 129]], alone)


def test_a_large_offset_costs_no_digits_of_what_moves(wave_contract: Make, values: Values) -> None:
    expressions = ("std(x)", "kurtosis(x)", "spectral_centroid(x)", "std(rolling_mean(x, 5))")
    samples = np.random.default_rng(3).normal(0, 1, (4, 512)) + 20_000
    samples = samples.astype(np.float32).astype(np.float64)
    result = values(wave_contract(expressions, length=512), samples)
    expected = np.array([[REFERENCES[e](row) for e in expressions[:3]] for row in samples])
    np.testing.assert_allclose(result[:, :3], expected, rtol=2e-5)


def test_a_missing_sample_leaves_every_feature_undefined(
    wave_contract: Make, values: Values, waves: Waves, undefined: float
) -> None:
    expressions = tuple(e for e in EXPRESSIONS if not e.startswith(("last", "lag", "rms(last", "diff")))
    samples = waves(3, 600)
    samples[1, 590] = np.nan
    result = values(wave_contract(expressions, length=600), samples)
    assert [e for e, v in zip(expressions, result[1], strict=True) if v != undefined] == []
    assert (result[[0, 2]] != undefined).all()


def test_a_part_of_a_window_asks_only_for_its_own_samples(
    wave_contract: Make, values: Values, waves: Waves, undefined: float
) -> None:
    samples = waves(1, 600)
    samples[0, 3] = np.nan
    result = values(wave_contract(("mean(last(x, 100))", "lag(x, 2)", "mean(x)"), length=600), samples)
    assert (result[0] == undefined).tolist() == [False, False, True]


def test_imputed_samples_lie_on_a_straight_line(
    wave_contract: Make, values: Values, undefined: float
) -> None:
    samples = np.random.default_rng(5).normal(size=(6, 40)).astype(np.float32).astype(np.float64)
    holes = [[5], [0, 1], [38, 39], [3, 4, 5, 20], list(range(1, 40)), list(range(40))]
    whole = samples.copy()
    for row, places in enumerate(holes):
        samples[row, places] = np.nan
        known = np.flatnonzero(~np.isnan(samples[row]))
        if len(known):
            whole[row] = np.interp(np.arange(40), known, samples[row, known])
    expressions = ("mean(x)", "std(x)", "highest(difference(x))", "zero_crossings(x)")
    filled = values(wave_contract(expressions, length=40, missing=Missing.IMPUTE), samples)
    expected = values(wave_contract(expressions, length=40), whole)
    np.testing.assert_allclose(filled[:5], expected[:5], rtol=1e-5, atol=1e-6)
    assert (filled[5] == undefined).all()


def test_a_signal_that_never_moves_has_no_shape(
    wave_contract: Make, values: Values, undefined: float
) -> None:
    still = ("kurtosis(x)", "skewness(x)", "autocorrelation(x, lag=1)", "entropy(x)", "spectral_centroid(x)")
    nothing = ("std(x)", "peak_to_peak(x)", "slope(x)", "band_energy(x, low=10)", "rms(envelope(x))")
    contract = wave_contract((*still, *nothing, "peak_frequency(x)", "crest_factor(x)"), length=250)
    result = values(contract, np.array([[0.1] * 250, [0.0] * 250, [-3.7e5] * 250]))
    assert (result[:, :5] == undefined).all()
    assert (result[:, 5:10] == 0).all()
    assert (result[:, 10] == undefined).all()
    assert (result[:, 11] == undefined).tolist() == [False, True, False]


def test_signals_asked_alike_are_computed_together_and_apart_alike(
    wave_contract: Make, values: Values, waves: Waves
) -> None:
    asked = ("kurtosis(NAME)", "band_energy(NAME, low=50, high=500)", "band_energy(NAME, shaft_hz, width=9)")
    names = ("x", "y", "z")
    samples = waves(5, 3 * 400).reshape(5, 1200)
    together = values(
        wave_contract([e.replace("NAME", n) for n in names for e in asked], length=400, names=names), samples
    )
    for place, name in enumerate(names):
        alone = values(
            wave_contract([e.replace("NAME", name) for e in asked], length=400, names=names), samples
        )
        np.testing.assert_array_equal(together[:, 3 * place : 3 * place + 3], alone)


def test_a_band_follows_the_shaft_from_row_to_row(wave_contract: Make, values: Values, waves: Waves) -> None:
    samples = np.repeat(waves(1, 2048), 3, axis=0)
    following = values(
        wave_contract(("band_energy(x, 3 * shaft_hz, width=8)",)), samples, (20.0, 35.5, 300.0)
    )
    fixed = [f"band_energy(x, {3 * hz}, width=8)" for hz in (20.0, 35.5, 300.0)]
    expected = values(wave_contract(fixed), samples[:1])
    np.testing.assert_allclose(following[:, 0], expected[0], rtol=2e-5)


def test_bands_that_meet_share_out_the_energy(wave_contract: Make, values: Values, waves: Waves) -> None:
    edges = np.geomspace(3, 6000, 12)
    bands = [f"band_energy(x, low={a:.6g}, high={b:.6g}, window='none')" for a, b in pairwise(edges)]
    samples = waves(3, 1200)
    result = values(wave_contract([*bands, "band_energy(x, high=3, window='none')"], length=1200), samples)
    centred = samples - samples.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(result.sum(axis=1), np.sum(centred**2, axis=1), rtol=1e-5)


def test_a_sine_has_its_amplitude_its_frequency_and_its_velocity(wave_contract: Make, values: Values) -> None:
    time = np.arange(2400) / 12_000
    samples = (0.7 * np.sin(2 * np.pi * 100 * time) + 0.05 * np.sin(2 * np.pi * 2000 * time))[None, :]
    expressions = ("peak_amplitude(x)", "peak_frequency(x)", "amplitude(x, 2000, width=4)", "velocity_rms(x)")
    result = values(wave_contract(expressions, length=2400), samples)[0]
    velocity = 0.7 * 9806.65 / (2 * np.pi * 100) / np.sqrt(2)
    np.testing.assert_allclose(result, [0.7, 100.0, 0.05, velocity], rtol=2e-3)


def test_bearing_frequencies_are_those_of_the_geometry(wave_contract: Make, values: Values) -> None:
    """Nine balls of 0.204 times the pitch, as at the drive end of a much used test rig."""
    geometry = "ratio=0.20402, angle=0"
    expressions = (
        f"bpfi(shaft_hz, balls=9, {geometry})",
        f"bpfo(shaft_hz, balls=9, {geometry})",
        f"ftf(shaft_hz, {geometry})",
        f"bsf(shaft_hz, {geometry})",
        "bpfo(shaft_hz, balls=9, ratio=0.20402, angle=60)",
    )
    contract = wave_contract(expressions)
    assert {described.unit for described in describe_features(contract)} == {"Hz"}
    result = values(contract, np.zeros((1, 2048)), 1.0)[0]
    np.testing.assert_allclose(result[:4], [5.4181, 3.5819, 0.3980, 2.3487], atol=2e-4)
    assert result[4] == pytest.approx(4.5 * (1 - 0.10201), rel=1e-6)


def test_no_rows_give_no_values(wave_contract: Make, values: Values) -> None:
    contract = wave_contract(EXPRESSIONS, length=600)
    assert values(contract, np.empty((0, 600))).shape == (0, len(EXPRESSIONS))
