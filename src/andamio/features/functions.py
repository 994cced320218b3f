"""The functions that an expression may use: their names, what they take and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Shape(Enum):
    """What a part of an expression is, row by row."""

    NUMBER = "number"
    TRUTH = "truth"
    CATEGORY = "category"
    WAVEFORM = "waveform"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives; ``more`` lets the last argument be repeated."""

    arguments: tuple[Shape, ...]
    gives: Shape = Shape.NUMBER
    more: bool = False
    options: Mapping[str, Shape] = field(default_factory=dict)


_NUMBER, _TRUTH, _WAVE = Shape.NUMBER, Shape.TRUTH, Shape.WAVEFORM

FUNCTIONS: Mapping[str, Signature] = MappingProxyType(
    {
        "abs": Signature((_NUMBER,)),
        "clip": Signature((_NUMBER, _NUMBER, _NUMBER)),
        "exp": Signature((_NUMBER,)),
        "log": Signature((_NUMBER,)),
        "max": Signature((_NUMBER, _NUMBER), more=True),
        "min": Signature((_NUMBER, _NUMBER), more=True),
        "sqrt": Signature((_NUMBER,)),
        "where": Signature((_TRUTH, _NUMBER, _NUMBER)),
        # Over a waveform: checked today, computed from a later version on.
        "band_energy": Signature((_WAVE, _NUMBER), options={"width": _NUMBER}),
        "crest_factor": Signature((_WAVE,)),
        "envelope": Signature((_WAVE,), gives=_WAVE),
        "kurtosis": Signature((_WAVE,)),
        "peak": Signature((_WAVE,)),
        "rms": Signature((_WAVE,)),
        "skewness": Signature((_WAVE,)),
    }
)

CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": 3.141592653589793, "e": 2.718281828459045})
