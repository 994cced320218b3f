"""Waveforms whose rate nobody has told: frequencies over them would be wrong without a word."""

from __future__ import annotations

from collections.abc import Sequence

from andamio.contracts.contract import Contract, TagType
from andamio.features.expressions import Call, parts, tags_of
from andamio.features.functions import FUNCTIONS
from andamio.features.grammar import read
from andamio.features.mistakes import Unreadable
from andamio.features.suggested import suggested_features

UNTOLD_RATE_HZ = 1.0
"""What a drafted contract says where the file does not tell; few waveforms have one sample a second."""


def untold_rates(contract: Contract) -> tuple[str, ...]:
    """Name the waveforms with this rate whose frequencies a feature reads, a suggested one too."""
    untold = {
        tag.name for tag in contract.inputs if tag.type is TagType.WAVEFORM and tag.rate_hz == UNTOLD_RATE_HZ
    }
    if not untold:
        return ()
    features = (*contract.features, *suggested_features(contract))
    spectral = {name for feature in features for name in _spectral_tags(feature.expression)}
    return tuple(tag.name for tag in contract.inputs if tag.name in untold & spectral)


def _spectral_tags(expression: str) -> Sequence[str]:
    try:
        calls = [part for part in parts(read(expression)) if isinstance(part, Call)]
    except Unreadable:
        return ()
    return [name for call in calls if _is_spectral(call) for name in tags_of(call.arguments[0])]


def _is_spectral(call: Call) -> bool:
    return call.function in FUNCTIONS and FUNCTIONS[call.function].spectral and bool(call.arguments)
