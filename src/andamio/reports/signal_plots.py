"""Draw a signal, its spectrum and its envelope's, with the bands that features read marked."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from andamio.language import say
from andamio.reports.plots import INK, STYLE, svg

_COLOURS = ("#b3261e", "#1f7a4d", "#8a5a00", "#6a3d9a", "#0b7285", "#c2185b")
_FAINT = "#7a8594"
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
    carrier: tuple[float, float] | None = field(default=None)


def signal_svg(drawn: DrawnSignal) -> str:
    """Draw a signal as an ``<svg>`` element."""
    return svg(f"signal-{drawn.name}", lambda figure: paint(figure, drawn), size=_size(drawn))


def signal_png(drawn: DrawnSignal) -> bytes:
    """Draw a signal as a PNG picture."""
    with rc_context(STYLE):
        figure = Figure(figsize=_size(drawn), layout="constrained")
        paint(figure, drawn)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def paint(figure: Figure, drawn: DrawnSignal) -> None:
    """Draw on a figure: the samples, and where the rate is known the two spectra."""
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


def _size(drawn: DrawnSignal) -> tuple[float, float]:
    return (8.0, 8.2) if drawn.rate_hz is not None else (8.0, 2.8)


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
    axes.legend(loc="upper right", fontsize=8, frameon=False)


def _spectrum(axes: Axes, samples: Samples, rate_hz: float, bands: Sequence[Band]) -> None:
    length = len(samples)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    sizes = 2 * np.abs(np.fft.rfft((samples - samples.mean()) * taper)) / taper.sum()
    axes.plot(np.fft.rfftfreq(length, 1 / rate_hz), sizes, color=_FAINT, linewidth=0.8)
    for number, band in enumerate(bands):
        colour = _COLOURS[number % len(_COLOURS)]
        high = min(band.high, rate_hz / 2)
        middle = say("{name}, {hz} Hz", name=band.name, hz=f"{(band.low + high) / 2:.1f}")
        axes.axvspan(band.low, high, color=colour, alpha=0.22, linewidth=0)
        axes.axvline((band.low + high) / 2, color=colour, linewidth=0.9, linestyle="--", label=middle)
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
