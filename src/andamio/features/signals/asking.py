"""Check that a signal can give what is asked of it: it is long enough, and its rate known and high enough."""

from __future__ import annotations

from collections.abc import Iterator

from andamio.contracts.contract import Contract
from andamio.errors import text
from andamio.features.expressions import Call, Node, parts, tags_of
from andamio.features.functions import FUNCTIONS
from andamio.features.mistakes import Mistake
from andamio.features.operations import Lowering
from andamio.features.signals.split import nearest_length, split_of
from andamio.features.signals.taking import band_of, count
from andamio.features.terms import Columns, Constant, Series

# The fewest samples that have a least-squares line, a crossing, or a spectrum with a peak.
_FEWEST = {"slope": 2, "zero_crossings": 2}
_FEWEST_OF_SPECTRUM = 8


def signal_mistakes(node: Node, contract: Contract) -> list[Mistake]:
    """Tell the first thing that a signal cannot give; names, shapes and units are in order already."""
    values = {(tag.name, value): 0 for tag in contract.categories for value in tag.values}
    numbers = {tag.name: place for place, tag in enumerate(contract.numbers)}
    lowering = Lowering(Columns(numbers, values, {signal.name: signal for signal in contract.signals}))
    calls = [part for part in parts(node) if isinstance(part, Call)]
    for call in reversed(calls):
        if FUNCTIONS[call.function].reads_signal:
            found = next(_of_call(call, lowering.series(call.arguments[0]), lowering), None)
            if found is not None:
                return [found]
    return []


def _of_call(call: Call, series: Series, lowering: Lowering) -> Iterator[Mistake]:
    signature = FUNCTIONS[call.function]
    needed = _needed(call)
    if series.length < needed:
        yield Mistake(
            "feature-value",
            text("{name} needs {needed} samples, and there are {length}", **_counts(call, needed, series)),
            call.span,
            None,
            text("ask for fewer, or declare a longer signal"),
        )
    if not signature.spectral:
        return
    if series.rate_hz is None:
        yield _no_rate(call, series)
    elif split_of(series.length) is None:
        yield Mistake(
            "feature-value",
            text("a spectrum of {length} samples cannot be computed quickly", length=series.length),
            call.span,
            text("the length has a prime factor that is too large"),
            text("take last(…, {length})", length=nearest_length(series.length)),
        )
    else:
        yield from _of_band(call, series.rate_hz, lowering)


def _needed(call: Call) -> int:
    match call.function:
        case "autocorrelation":
            return count(call, "lag") + 1
        case "last" | "rolling_mean" | "rolling_std":
            return count(call, 1)
        case "lag" | "difference":
            return count(call, 1) + 1
        case "peak_frequency" | "peak_amplitude":
            return max(_FEWEST_OF_SPECTRUM, 2 * count(call, "nth") + 4)
    spectral = FUNCTIONS[call.function].spectral
    return _FEWEST.get(call.function, _FEWEST_OF_SPECTRUM if spectral else 1)


def _of_band(call: Call, rate_hz: float, lowering: Lowering) -> Iterator[Mistake]:
    if not FUNCTIONS[call.function].options.keys() & {"low", "high"}:
        return
    low, high = band_of(call, lowering)
    if isinstance(low, Constant) and low.value >= rate_hz / 2:
        yield Mistake(
            "feature-value",
            text(
                "the band begins at {low} Hz, and the signal ends at {highest} Hz",
                low=low.value,
                highest=rate_hz / 2,
            ),
            call.span,
            text("a signal holds frequencies up to half the rate of its samples"),
        )
    elif isinstance(low, Constant) and isinstance(high, Constant) and not low.value < high.value:
        yield Mistake(
            "feature-value",
            text("the band ends before it begins"),
            call.span,
            None,
            text("make high= greater than low=, and width= greater than 0"),
        )


def _no_rate(call: Call, series: Series) -> Mistake:
    name = next(iter(tags_of(call.arguments[0])), series.signal)
    if any(step.name == "cepstrum" for step in series.steps):
        return Mistake("feature-value", text("a cepstrum has no frequencies"), call.arguments[0].span)
    return Mistake(
        "feature-value",
        text("how fast {name} is sampled is not known", name=name),
        call.arguments[0].span,
        text("without it, a spectrum has no frequencies"),
        text("declare rate_hz of a waveform, or every of a window"),
    )


def _counts(call: Call, needed: int, series: Series) -> dict[str, str | int]:
    return {"name": call.function, "needed": needed, "length": series.length}
