"""Turn a function over a signal into what is taken from the signal, and arithmetic on that.

What is taken (``Step``) is little: means of powers, extremes, sums over the power spectrum. The ratios that
condition monitoring is full of are ordinary operations on these, made once and laid side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from andamio.features.expressions import Call, Node, Quoted
from andamio.features.functions import FUNCTIONS
from andamio.features.signals.bearings import typed
from andamio.features.signals.gravity import millimetres
from andamio.features.terms import Constant, Series, Step, Term

# Frequencies beyond every spectrum.
_EVERYTHING = (Constant(0.0), Constant(1e30))


class Maker(Protocol):
    """Makes terms, each different one once; see ``operations.Lowering``."""

    def lower(self, node: Node) -> Term:
        """Turn an expression into terms."""

    def apply(self, name: str, *operands: Term) -> Term:
        """Make an operation."""

    def taken(self, series: Series, step: Step) -> Term:
        """Take a number from a signal."""


def follow(call: Call, series: Series, make: Maker) -> Series:
    """Add to a signal the step that a function makes another signal by."""
    length, rate = series.length, series.rate_hz
    match call.function:
        case "envelope":
            step = Step("envelope", _edges(call, make) if call.options else ())
        case "cepstrum":
            step, length, rate = Step("cepstrum", (), (window(call),)), length // 2 + 1, None
        case "ewma":
            step = Step("ewma", (), (count(call, 1),))
        case "last":
            length = count(call, 1)
            step = Step("last", (), (length,))
        case "lag" | "difference":
            samples = count(call, 1)
            step, length = Step(call.function, (), (samples,)), length - samples
        case _:
            samples = count(call, 1)
            step, length = Step(call.function, (), (samples,)), length - samples + 1
    return replace(series, length=length, rate_hz=rate, steps=(*series.steps, step))


def take(call: Call, series: Series, make: Maker) -> Term:
    """Make the number that a function takes from a signal."""
    if call.function in _TAKEN:
        return make.taken(series, Step(_TAKEN[call.function]))
    if FUNCTIONS[call.function].spectral:
        return _spectral(call, series, make)
    match call.function:
        case "autocorrelation":
            lag = count(call, "lag")
            return _ratio(make, make.taken(series, Step("lagged", (), (lag,))), _moment(make, series, 2))
        case "entropy":
            return make.taken(series, Step("entropy", (), (count(call, "bins"),)))
        case "energy":
            return make.apply("mul", make.taken(series, Step("mean_square")), Constant(float(series.length)))
        case "slope":
            rate = Constant(series.rate_hz or 1.0)
            return make.apply("mul", make.taken(series, Step("slope")), rate)
    return _shape(call.function, series, make)


def _shape(function: str, series: Series, make: Maker) -> Term:
    """Make the ratios that tell how a signal is spread about."""
    match function:
        case "std":
            return make.apply("sqrt", _moment(make, series, 2))
        case "rms":
            return make.apply("sqrt", make.taken(series, Step("mean_square")))
        case "peak_to_peak":
            return make.apply("sub", make.taken(series, Step("highest")), make.taken(series, Step("lowest")))
        case "skewness":
            second = _moment(make, series, 2)
            cubed = make.apply("mul", second, make.apply("sqrt", second))
            return _ratio(make, _moment(make, series, 3), cubed)
        case "kurtosis":
            second = _moment(make, series, 2)
            return _ratio(make, _moment(make, series, 4), make.apply("mul", second, second))
        case "crest_factor":
            above, below = Step("peak"), make.apply("sqrt", make.taken(series, Step("mean_square")))
            return _ratio(make, make.taken(series, above), below)
        case "shape_factor":
            rms = make.apply("sqrt", make.taken(series, Step("mean_square")))
            return _ratio(make, rms, make.taken(series, Step("mean_size")))
        case "impulse_factor":
            return _ratio(make, make.taken(series, Step("peak")), make.taken(series, Step("mean_size")))
        case "margin_factor":
            root = make.taken(series, Step("mean_root"))
            return _ratio(make, make.taken(series, Step("peak")), make.apply("mul", root, root))
    raise KeyError(function)


def _spectral(call: Call, series: Series, make: Maker) -> Term:
    shape = window(call)
    match call.function:
        case "band_energy":
            step = Step("band", band_of(call, make), (shape, 0.0))
            return make.apply("mul", make.taken(series, step), Constant(float(series.length)))
        case "velocity_rms":
            step = Step("band", _edges(call, make), (shape, -2.0))
            size = make.apply("sqrt", make.taken(series, step))
            return make.apply("mul", size, Constant(millimetres(series.unit)))
        case "amplitude":
            return make.taken(series, Step("amplitude", band_of(call, make), (shape,)))
        case "spectral_centroid":
            first, total = (Step("band", _EVERYTHING, (shape, power)) for power in (1.0, 0.0))
            return _ratio(make, make.taken(series, first), make.taken(series, total))
        case "rahmonic":
            return make.taken(series, Step("rahmonic", (make.lower(call.arguments[1]),), (shape,)))
        case "peak_frequency" | "peak_amplitude":
            nth = count(call, "nth")
            return make.taken(series, Step(call.function, _edges(call, make), (shape, nth)))
    return make.taken(series, Step(call.function, (), (shape,)))


def band_of(call: Call, make: Maker) -> tuple[Term, Term]:
    """Return the two ends in Hz of the band that a call names; without one, the band of everything."""
    if len(call.arguments) < 2:
        return _edges(call, make)
    options = {option.name: option.value for option in call.options}
    middle = make.lower(call.arguments[1])
    half = make.apply("div", make.lower(options["width"]), Constant(2.0))
    return make.apply("sub", middle, half), make.apply("add", middle, half)


def _edges(call: Call, make: Maker) -> tuple[Term, Term]:
    options = {option.name: make.lower(option.value) for option in call.options if option.name != "window"}
    known = FUNCTIONS[call.function].options
    low, high = (
        Constant(default) if isinstance(default, float) else everything
        for default, everything in zip(
            (known["low"].default, known["high"].default), _EVERYTHING, strict=True
        )
    )
    return options.get("low", low), options.get("high", high)


def count(call: Call, which: int | str) -> int:
    """Return a whole number as typed, by its place or name; its default where it is left out."""
    if isinstance(which, int):
        return int(typed(call.arguments[which])) if which < len(call.arguments) else 1
    given = next((option.value for option in call.options if option.name == which), None)
    default = FUNCTIONS[call.function].options[which].default
    return int(typed(given)) if given is not None else int(default or 0)


def window(call: Call) -> str:
    """Return the name of the window function that a call asks for."""
    given = next((option.value for option in call.options if option.name == "window"), None)
    return given.value if isinstance(given, Quoted) else "hann"


def _moment(make: Maker, series: Series, power: int) -> Term:
    return make.taken(series, Step(f"moment_{power}"))


def _ratio(make: Maker, above: Term, below: Term) -> Term:
    return make.apply("div", above, below)


_TAKEN: Mapping[str, str] = {
    name: name for name in ("mean", "peak", "lowest", "highest", "median", "zero_crossings")
}
