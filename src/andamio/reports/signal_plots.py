"""Draw a signal, its spectrum and its envelope's, with the bands that features read marked."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from numpy.typing import NDArray

from andamio.contracts.signal import Signal
from andamio.features.signals.marks import Mark
from andamio.language import current_language, say
from andamio.reports.plots import INK, STYLE, svg
from andamio.reports.report import page_environment

_COLOURS = ("#b3261e", "#1f7a4d", "#8a5a00", "#6a3d9a", "#0b7285", "#c2185b")
_FAINT = "#7a8594"
# A band narrower than this share of the rate is told by its middle.
_NARROW = 0.02
Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A band to mark: what it is called, and its ends in Hz."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSignal:
    """A signal to draw.

    Attributes:
        name: Its name.
        samples: Its samples, oldest first.
        rate_hz: Samples a second; without it there is no spectrum.
        unit: Of the samples.
        bands: The bands that are read from its spectrum.
        envelope_bands: The bands that are read from the spectrum of its envelope.
        carrier: The band in Hz that the envelope is taken of; None for all of it.
    """

    name: str
    samples: Samples
    rate_hz: float | None
    unit: str | None = None
    bands: Sequence[Band] = ()
    envelope_bands: Sequence[Band] = ()
    carrier: tuple[float, float] | None = None


def drawn_signal(signal: Signal, samples: NDArray[np.float32], marks: Sequence[Mark]) -> DrawnSignal:
    """Put together what is drawn of a signal; a missing sample is drawn as the one before it."""
    own = [mark for mark in marks if mark.signal == signal.name]
    bands = [Band(name=mark.feature, low=mark.low, high=mark.high) for mark in own]
    whole = samples.astype(np.float64)
    known = np.flatnonzero(np.isfinite(whole))
    place = np.arange(len(whole))
    return DrawnSignal(
        name=signal.name,
        samples=np.interp(place, known, whole[known]) if len(known) else np.zeros(len(whole)),
        rate_hz=signal.rate_hz,
        unit=signal.unit,
        bands=[band for band, mark in zip(bands, own, strict=True) if not mark.enveloped],
        envelope_bands=[band for band, mark in zip(bands, own, strict=True) if mark.enveloped],
        carrier=next((mark.carrier for mark in own if mark.carrier is not None), None),
    )


def signals_page(model: str, drawn: Sequence[DrawnSignal]) -> str:
    """Draw signals on a page that loads nothing from outside."""
    plots = [
        Markup(svg(f"signal-{one.name}", partial(_paint_one, drawn=one), size=_size([one])))  # noqa: S704  our own
        for one in drawn
    ]
    return (
        page_environment()
        .get_template("signals.html.jinja")
        .render(language=current_language(), model=model, plots=plots)
    )


def signals_png(drawn: Sequence[DrawnSignal]) -> bytes:
    """Draw signals as one PNG picture, one below the other."""
    with rc_context(STYLE):
        figure = Figure(figsize=_size(drawn), layout="constrained")
        heights = [_size([one])[1] for one in drawn]
        parts = figure.subfigures(len(drawn), 1, squeeze=False, height_ratios=heights)
        for part, one in zip(parts[:, 0], drawn, strict=True):
            _paint_one(part, drawn=one)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _paint_one(figure: FigureBase, *, drawn: DrawnSignal) -> None:
    if drawn.rate_hz is None or len(drawn.samples) < 8:
        _samples(figure.add_subplot(), drawn, None)
        return
    upper, middle, lower = figure.subplots(3, 1)
    envelope = _envelope(drawn.samples, drawn.rate_hz, drawn.carrier)
    _samples(upper, drawn, envelope)
    in_unit = f" [{drawn.unit}]" if drawn.unit else ""
    _spectrum(middle, drawn.samples, drawn.rate_hz, drawn.bands)
    middle.set(ylabel=say("spectrum") + in_unit, xlim=(0, drawn.rate_hz / 2))
    _spectrum(lower, envelope, drawn.rate_hz, drawn.envelope_bands)
    ends = [band.high for band in drawn.envelope_bands if math.isfinite(band.high)]
    reach = min(drawn.rate_hz / 2, 1.6 * max(ends)) if ends else drawn.rate_hz / 20
    lower.set(ylabel=say("envelope spectrum") + in_unit, xlabel=say("frequency [Hz]"), xlim=(0, reach))


def _size(drawn: Sequence[DrawnSignal]) -> tuple[float, float]:
    return 8.0, sum(8.2 if one.rate_hz is not None else 2.8 for one in drawn)


def _samples(axes: Axes, drawn: DrawnSignal, envelope: Samples | None) -> None:
    place = np.arange(len(drawn.samples))
    across = place if drawn.rate_hz is None else place / drawn.rate_hz
    axes.plot(across, drawn.samples, color=INK, linewidth=0.7, label=drawn.name)
    if envelope is not None:
        label = say("envelope")
        if drawn.carrier is not None:
            low, high = drawn.carrier
            label = say("envelope, {low} to {high} Hz", low=f"{low:.0f}", high=f"{high:.0f}")
        axes.plot(across, envelope, color=_COLOURS[0], linewidth=0.9, label=label)
    axes.set(
        title=drawn.name,
        xlabel=say("sample") if drawn.rate_hz is None else say("time [s]"),
        ylabel=drawn.unit or "",
        xlim=(across[0], across[-1]),
    )
    axes.legend(loc="upper right", fontsize=8, framealpha=0.85)


def _spectrum(axes: Axes, samples: Samples, rate_hz: float, bands: Sequence[Band]) -> None:
    length = len(samples)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    sizes = 2 * np.abs(np.fft.rfft((samples - samples.mean()) * taper)) / taper.sum()
    axes.plot(np.fft.rfftfreq(length, 1 / rate_hz), sizes, color=_FAINT, linewidth=0.8)
    for number, band in enumerate(bands):
        colour = _COLOURS[number % len(_COLOURS)]
        high = min(band.high, rate_hz / 2)
        narrow = high - band.low < _NARROW * rate_hz
        hertz = f"{(band.low + high) / 2:.1f}" if narrow else f"{band.low:.0f}–{high:.0f}"
        label = say("{name}, {hz} Hz", name=band.name, hz=hertz)
        axes.axvspan(band.low, high, color=colour, alpha=0.22, linewidth=0, label=None if narrow else label)
        if narrow:
            axes.axvline((band.low + high) / 2, color=colour, linewidth=0.9, linestyle="--", label=label)
    axes.set_ylim(bottom=0)
    if bands:
        axes.legend(loc="upper right", fontsize=8, frameon=False)


def _envelope(samples: Samples, rate_hz: float, carrier: tuple[float, float] | None) -> Samples:
    coefficients = np.fft.fft(samples - samples.mean())
    frequencies = np.fft.fftfreq(len(samples), 1 / rate_hz)
    low, high = carrier or (0.0, math.inf)
    kept = (np.abs(frequencies) >= low) & (np.abs(frequencies) <= high)
    analytic = np.fft.ifft(coefficients * kept * np.where(frequencies > 0, 2.0, frequencies == 0))
    return np.abs(analytic)
