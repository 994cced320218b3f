"""Features over signals that nobody has declared: a set for each signal, in the language of contracts.

A waveform is told by how its samples are spread, where its energy lies, and how its envelope, which shows
what repeats, does: logarithms of energies, so that a linear model sees ratios and a tree sees the same. The
window of a number is told by where it stands, how far it spreads and where it is going.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from andamio.contracts.contract import Contract, Feature, TagType
from andamio.contracts.signal import Signal
from andamio.features.checking import check_features
from andamio.features.expressions import Call, Tag, parts
from andamio.features.functions import FUNCTIONS
from andamio.features.grammar import read
from andamio.features.mistakes import Unreadable

_SHAPE = (
    "mean",
    "rms",
    "peak_to_peak",
    "skewness",
    "kurtosis",
    "crest_factor",
    "shape_factor",
    "margin_factor",
    "zero_crossings",
    "entropy",
)
_PROCESS = ("mean", "std", "slope", "lowest", "highest")
# Bands of the spectrum and of the envelope's: as many as a small training set bears.
_BANDS, _ENVELOPE_BANDS = 16, 10
# A band holds at least so many lines.
_LINES = 3


def suggested_features(contract: Contract, excluded: frozenset[str] = frozenset()) -> tuple[Feature, ...]:
    """Suggest features over the signals that no declared feature reads.

    Args:
        contract: Its signals, and the features that are declared already.
        excluded: Tags that must not be read.
    """
    # How a machine is run over a window says little about the machine.
    excluded |= frozenset(contract.window.conditions if contract.window else ())
    read_already = {name for feature in contract.features for name in _signals_of(feature)}
    taken = {tag.name for tag in contract.inputs} | {feature.name for feature in contract.features}
    waves = {tag.name for tag in contract.inputs if tag.type is TagType.WAVEFORM}
    suggested = [
        feature
        for signal in contract.signals
        if signal.tag not in excluded and signal.name not in read_already
        for feature in (_of_wave(signal) if signal.tag in waves else _of_window(signal))
        if feature.name not in taken
    ]
    refused = {fault.data["feature"] for fault in check_features(contract, suggested)}
    return tuple(feature for feature in suggested if feature.name not in refused)


def _of_window(signal: Signal) -> Iterator[Feature]:
    if signal.length < 3:
        return
    name = signal.name
    for function in _PROCESS:
        yield Feature(f"{name}_{function}", f"{function}({name})")
    yield Feature(f"{name}_change", f"difference({name}, {signal.length - 1})")


def _of_wave(signal: Signal) -> Iterator[Feature]:
    name = signal.name
    for function in _SHAPE:
        yield Feature(f"{name}_{function}", f"{function}({name})")
    if signal.rate_hz is None or signal.length < 64:
        return
    resolution, highest = signal.rate_hz / signal.length, signal.rate_hz / 2
    for function in ("spectral_centroid", "spectral_spread"):
        yield Feature(f"{name}_{function}", f"{function}({name})")
    bands = min(_BANDS, int(highest / (_LINES * resolution)))
    yield from _logarithms(f"{name}_band", name, np.linspace(0, highest, bands + 1))
    for function in ("rms", "kurtosis"):
        yield Feature(f"{name}_envelope_{function}", f"{function}(envelope({name}))")
    edges = np.geomspace(_LINES / 2 * resolution, highest / 2, _ENVELOPE_BANDS + 1)
    yield from _logarithms(f"{name}_envelope_band", f"envelope({name})", edges)
    if signal.length / signal.rate_hz >= 0.2:
        yield Feature(f"{name}_velocity", f"velocity_rms({name})")


def _logarithms(
    name: str, signal: str, edges: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Iterator[Feature]:
    for number, (low, high) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True), start=1):
        yield Feature(f"{name}_{number}", f"log(band_energy({signal}, low={low:.6g}, high={high:.6g}))")


def _signals_of(feature: Feature) -> set[str]:
    """Name the signals that a feature reads as such; a bare tag is its latest value."""
    try:
        calls = [part for part in parts(read(feature.expression)) if isinstance(part, Call)]
    except Unreadable:
        return set()
    wanted = [call.arguments[0] for call in calls if call.arguments and _reads_signal(call.function)]
    return {node.name for node in wanted if isinstance(node, Tag)}


def _reads_signal(function: str) -> bool:
    return function in FUNCTIONS and FUNCTIONS[function].reads_signal
