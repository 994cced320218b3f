"""Contracts with waveforms, and the values of features over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Feature, Input, Kind, Missing, Output, TagType
from andamio.contracts.rows import Rows
from andamio.features import FeatureGraph, FeaturePlan, feature_graph, run_features

UNDEFINED = -777.0


def _contract(
    expressions: Sequence[str],
    *,
    length: int = 2048,
    names: Sequence[str] = ("x",),
    rate_hz: float | None = 12_000.0,
    unit: str | None = "g",
    missing: Missing = Missing.REJECT,
) -> Contract:
    waves = [
        Input(
            name=name,
            type=TagType.WAVEFORM,
            column=name,
            unit=unit,
            rate_hz=rate_hz,
            length=length,
            missing=missing,
        )
        for name in names
    ]
    shaft = Input(name="shaft_hz", type=TagType.NUMBER, column="shaft_hz", unit="Hz")
    return Contract(
        name="pump-health",
        kind=Kind.CLASSIFICATION,
        data="pumps",
        target="failure",
        inputs=(*waves, shaft),
        features=tuple(Feature(f"f{n}", expression) for n, expression in enumerate(expressions)),
        output=Output(name="failure"),
    )


def _values(
    contract: Contract, signals: NDArray[np.float64], shaft_hz: float | Sequence[float] = 30.0
) -> NDArray[np.float32]:
    many = len(signals)
    numbers = np.broadcast_to(np.asarray(shaft_hz, np.float32).reshape(-1, 1), (many, 1))
    blank = [None] * many
    rows = Rows(
        np.ascontiguousarray(numbers),
        np.empty((many, 0), object),
        blank,
        blank,
        [()] * many,
        np.asarray(signals, np.float32),
    )
    return run_features(_graph(contract), rows)[:, 1:]


@lru_cache(maxsize=4)
def _graph(contract: Contract) -> FeatureGraph:
    undefined = {feature.name: UNDEFINED for feature in contract.features}
    return feature_graph(FeaturePlan(contract, imputed=undefined))


def _waves(rows: int, length: int, seed: int = 0) -> NDArray[np.float64]:
    """Make noise with lines, knocks and an offset: float32 values in double, as the graph will see them."""
    rng = np.random.default_rng(seed)
    time = np.arange(length) / 12_000
    waves = rng.normal(0.3, 1.0, (rows, length))
    waves += rng.uniform(0.5, 2, (rows, 1)) * np.sin(2 * np.pi * rng.uniform(100, 4000, (rows, 1)) * time)
    waves[:, :: max(3, length // 13)] += 4
    return waves.astype(np.float32).astype(np.float64)


@pytest.fixture
def wave_contract() -> Callable[..., Contract]:
    """Make a contract with waveforms ``x`` (or ``names``), a shaft speed, and features."""
    return _contract


@pytest.fixture
def values() -> Callable[..., NDArray[np.float32]]:
    """Compute a contract's features over packed signals; what is undefined is UNDEFINED."""
    return _values


@pytest.fixture
def waves() -> Callable[..., NDArray[np.float64]]:
    """Make waveforms like a machine's."""
    return _waves


@pytest.fixture
def undefined() -> float:
    """Return what stands for an undefined feature."""
    return UNDEFINED
