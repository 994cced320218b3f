"""Signals that nobody wrote features over get a set that can be computed, and tells faults apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.features import check_features
from andamio.features.suggested import suggested_features

Make = Callable[..., Contract]
Waves = Callable[..., NDArray[np.float64]]


@pytest.mark.parametrize("rate_hz", [12_000.0, 10.0, None])
@pytest.mark.parametrize("length", [1, 2, 9, 64, 100, 2048, 2053])
def test_what_is_suggested_can_be_computed(wave_contract: Make, length: int, rate_hz: float | None) -> None:
    contract = wave_contract((), length=length, rate_hz=rate_hz)
    suggested = suggested_features(contract)
    assert check_features(contract, suggested) == []
    spectral = [feature.name for feature in suggested if "band" in feature.name]
    assert bool(spectral) == (length in (64, 100, 2048) and rate_hz is not None)


def test_the_bands_share_out_the_whole_spectrum(wave_contract: Make, values: Callable, waves: Waves) -> None:
    suggested = suggested_features(wave_contract((), length=600))
    bands = [f.expression for f in suggested if f.name.startswith("x_band")]
    contract = wave_contract([*bands, "band_energy(x, low=0)"], length=600)
    result = values(contract, waves(3, 600))
    np.testing.assert_allclose(np.exp(result[:, :-1]).sum(axis=1), result[:, -1], rtol=1e-4)


def test_a_signal_with_a_feature_of_its_own_is_left_to_it(wave_contract: Make) -> None:
    contract = wave_contract(("rms(envelope(x)) * shaft_hz",), names=("x", "y"), length=256)
    read = {feature.name[0] for feature in suggested_features(contract)}
    assert read == {"y"}
    assert suggested_features(contract, frozenset({"y"})) == ()
