"""The functions that an expression may use: their names, what they take and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Shape(Enum):
    """What a part of an expression is, row by row.

    A SERIES is a signal whose samples follow those it was made of one by one, so that its latest value
    may stand where a number is wanted; a WAVEFORM's latest sample says nothing. COUNT, CONSTANT and WINDOW
    are wanted of what is typed: a whole number from 1 on, a number, the name of a window function.
    """

    NUMBER = "number"
    TRUTH = "truth"
    CATEGORY = "category"
    WAVEFORM = "waveform"
    SERIES = "series"
    COUNT = "count"
    CONSTANT = "constant"
    WINDOW = "window"
    UNKNOWN = "unknown"


WINDOWS = ("hann", "hamming", "blackman", "flattop", "none")


@dataclass(frozen=True, slots=True)
class Setting:
    """An argument given by name; one that is not ``needed`` may have a default."""

    shape: Shape
    default: float | str | None = None
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives.

    Attributes:
        arguments: What stands in its place.
        gives: What it gives.
        more: The last argument may be repeated.
        optional: How many of the last arguments may be left out.
        options: The arguments that are given by name.
        spectral: It needs the rate of the samples, and a length that can be transformed.
        band: It needs a band: a frequency in the middle with ``width=``, or ``low=`` and ``high=``.
    """

    arguments: tuple[Shape, ...]
    gives: Shape = Shape.NUMBER
    more: bool = False
    optional: int = 0
    options: Mapping[str, Setting] = field(default_factory=dict)
    spectral: bool = False
    band: bool = False

    @property
    def reads_signal(self) -> bool:
        """Tell whether the first argument is a signal."""
        return self.arguments[0] is Shape.WAVEFORM


_NUMBER, _TRUTH, _WAVE, _SERIES = Shape.NUMBER, Shape.TRUTH, Shape.WAVEFORM, Shape.SERIES
_COUNT = Shape.COUNT

_OF_SIGNAL = Signature((_WAVE,))
_HANN = {"window": Setting(Shape.WINDOW, default="hann")}
_EDGES = {"low": Setting(_NUMBER), "high": Setting(_NUMBER)}
_SPECTRAL = Signature((_WAVE,), options=_HANN, spectral=True)
_BAND = Signature(
    (_WAVE, _NUMBER),
    optional=1,
    options={"width": Setting(_NUMBER)} | _EDGES | _HANN,
    spectral=True,
    band=True,
)
_PEAKS = Signature((_WAVE,), options={"nth": Setting(_COUNT, default=1.0)} | _EDGES | _HANN, spectral=True)
_BEARING = Signature(
    (_NUMBER,),
    options={
        "balls": Setting(_COUNT, needed=True),
        "ratio": Setting(Shape.CONSTANT, needed=True),
        "angle": Setting(Shape.CONSTANT, default=0.0),
    },
)
_CAGE = Signature((_NUMBER,), options={k: v for k, v in _BEARING.options.items() if k != "balls"})

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
        # One number from all samples.
        "mean": _OF_SIGNAL,
        "std": _OF_SIGNAL,
        "rms": _OF_SIGNAL,
        "peak": _OF_SIGNAL,
        "peak_to_peak": _OF_SIGNAL,
        "lowest": _OF_SIGNAL,
        "highest": _OF_SIGNAL,
        "median": _OF_SIGNAL,
        "skewness": _OF_SIGNAL,
        "kurtosis": _OF_SIGNAL,
        "crest_factor": _OF_SIGNAL,
        "shape_factor": _OF_SIGNAL,
        "impulse_factor": _OF_SIGNAL,
        "margin_factor": _OF_SIGNAL,
        "slope": _OF_SIGNAL,
        "zero_crossings": _OF_SIGNAL,
        "energy": _OF_SIGNAL,
        "entropy": Signature((_WAVE,), options={"bins": Setting(_COUNT, default=10.0)}),
        "autocorrelation": Signature((_WAVE,), options={"lag": Setting(_COUNT, needed=True)}),
        # Another signal, sample by sample.
        "last": Signature((_WAVE, _COUNT), gives=_SERIES),
        "lag": Signature((_WAVE, _COUNT), gives=_SERIES),
        "difference": Signature((_WAVE, _COUNT), gives=_SERIES, optional=1),
        "rolling_mean": Signature((_WAVE, _COUNT), gives=_SERIES),
        "rolling_std": Signature((_WAVE, _COUNT), gives=_SERIES),
        "ewma": Signature((_WAVE, _COUNT), gives=_SERIES),
        # The spectrum.
        "band_energy": _BAND,
        "amplitude": _BAND,
        "spectral_centroid": _SPECTRAL,
        "spectral_spread": _SPECTRAL,
        "spectral_kurtosis": _SPECTRAL,
        "peak_frequency": _PEAKS,
        "peak_amplitude": _PEAKS,
        "velocity_rms": Signature(
            (_WAVE,),
            options={"low": Setting(_NUMBER, default=10.0), "high": Setting(_NUMBER, default=1000.0)} | _HANN,
            spectral=True,
        ),
        "envelope": Signature((_WAVE,), gives=_WAVE, options=_EDGES, spectral=True),
        "cepstrum": Signature((_WAVE,), gives=_WAVE, options=_HANN, spectral=True),
        "rahmonic": Signature((_WAVE, _NUMBER), options=_HANN, spectral=True),
        # What a bearing's fault repeats at.
        "bpfo": _BEARING,
        "bpfi": _BEARING,
        "bsf": _CAGE,
        "ftf": _CAGE,
    }
)

CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": 3.141592653589793, "e": 2.718281828459045})
