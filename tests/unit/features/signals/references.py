"""What each function over a signal is, written with numpy and scipy in double precision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import signal, stats

Samples = NDArray[np.float64]
RATE = 12_000.0


def lines(x: Samples, window: str = "hann") -> tuple[Samples, Samples, Samples]:
    """Return frequencies, mean squares and amplitudes of the one-sided spectrum."""
    taper = signal.get_window("boxcar" if window == "none" else window, len(x))
    size = np.abs(np.fft.rfft((x - x.mean()) * taper))
    twice = np.full(len(size), 2.0)
    twice[0] = 1.0
    if len(x) % 2 == 0:
        twice[-1] = 1.0
    frequencies = np.fft.rfftfreq(len(x), 1 / RATE)
    return frequencies, twice * size**2 / (len(x) ** 2 * np.mean(taper**2)), twice * size / taper.sum()


def band(x: Samples, low: float, high: float, window: str = "hann", exponent: float = 0.0) -> float:
    """Sum the mean square of a band, each line over its cell of frequencies."""
    frequencies, power, _ = lines(x, window)
    half = RATE / len(x) / 2
    start, end = np.maximum(frequencies - half, 0), np.minimum(frequencies + half, RATE / 2)
    share = np.clip(np.minimum(end, high) - np.maximum(start, low), 0, None) / (end - start)
    if exponent:
        power = np.where(frequencies > 0, power * (2 * np.pi * np.maximum(frequencies, 1e-9)) ** exponent, 0)
    return float(np.sum(power * share))


def largest(x: Samples, low: float, high: float) -> float:
    frequencies, _, amplitudes = lines(x)
    half = RATE / len(x) / 2
    return float(amplitudes[(frequencies - half <= high) & (frequencies + half >= low)].max())


def moment_of_spectrum(x: Samples, order: int) -> float:
    frequencies, power, _ = lines(x)
    share = power / power.sum()
    centre = np.sum(share * frequencies)
    if order == 1:
        return float(centre)
    spread = np.sqrt(np.sum(share * (frequencies - centre) ** 2))
    return float(spread if order == 2 else np.sum(share * (frequencies - centre) ** 4) / spread**4)


def nth_peak(x: Samples, nth: int, low: float = 0.0) -> tuple[float, float]:
    frequencies, _, amplitudes = lines(x)
    places, _ = signal.find_peaks(amplitudes)
    places = places[frequencies[places] + RATE / len(x) / 2 >= low]
    place = places[np.argsort(-amplitudes[places])][nth - 1]
    return float(frequencies[place]), float(amplitudes[place])


def envelope(x: Samples, low: float | None = None, high: float | None = None) -> Samples:
    centred = x - x.mean()
    if low is None or high is None:
        return np.abs(signal.hilbert(centred))
    coefficients = np.fft.fft(centred)
    frequencies = np.abs(np.fft.fftfreq(len(x), 1 / RATE))
    coefficients[(frequencies < low) | (frequencies > high)] = 0
    return np.abs(signal.hilbert(np.fft.ifft(coefficients).real))


def cepstrum(x: Samples) -> Samples:
    taper = signal.get_window("hann", len(x))
    power = np.abs(np.fft.fft((x - x.mean()) * taper)) ** 2
    return np.fft.ifft(0.5 * np.log(power + 1e-10 * power.mean())).real[: len(x) // 2 + 1]


def rahmonic(x: Samples, hertz: float) -> float:
    values = cepstrum(x)
    return float(np.interp(RATE / hertz, np.arange(len(values)), values))


def ewma(x: Samples, span: int) -> Samples:
    smoothed = x.copy()
    weight = 2 / (span + 1)
    for place in range(1, len(x)):
        smoothed[place] = weight * x[place] + (1 - weight) * smoothed[place - 1]
    return smoothed


def rolling(x: Samples, samples: int) -> Samples:
    return np.lib.stride_tricks.sliding_window_view(x, samples)


def entropy(x: Samples, bins: int = 10) -> float:
    share = np.histogram(x, bins)[0] / len(x)
    return float(stats.entropy(share))


def autocorrelation(x: Samples, lag: int) -> float:
    centred = x - x.mean()
    return float(np.sum(centred[lag:] * centred[:-lag]) / np.sum(centred**2))


# Each expression, what it is, and how large its values are, which errors are measured by.
REFERENCES: dict[str, Callable[[Samples], float]] = {
    "mean(x)": np.mean,
    "std(x)": np.std,
    "rms(x)": lambda x: np.sqrt(np.mean(x**2)),
    "peak(x)": lambda x: np.max(np.abs(x)),
    "peak_to_peak(x)": np.ptp,
    "lowest(x)": np.min,
    "highest(x)": np.max,
    "median(x)": np.median,
    "skewness(x)": stats.skew,
    "kurtosis(x)": lambda x: stats.kurtosis(x, fisher=False),
    "crest_factor(x)": lambda x: np.max(np.abs(x)) / np.sqrt(np.mean(x**2)),
    "shape_factor(x)": lambda x: np.sqrt(np.mean(x**2)) / np.mean(np.abs(x)),
    "impulse_factor(x)": lambda x: np.max(np.abs(x)) / np.mean(np.abs(x)),
    "margin_factor(x)": lambda x: np.max(np.abs(x)) / np.mean(np.sqrt(np.abs(x))) ** 2,
    "slope(x)": lambda x: stats.linregress(np.arange(len(x)) / RATE, x).slope,
    "zero_crossings(x)": lambda x: np.count_nonzero(np.diff(x >= 0)),
    "energy(x)": lambda x: np.sum(x**2),
    "entropy(x)": entropy,
    "entropy(x, bins=4)": lambda x: entropy(x, 4),
    "autocorrelation(x, lag=3)": lambda x: autocorrelation(x, 3),
    "rms(last(x, 20))": lambda x: np.sqrt(np.mean(x[-20:] ** 2)),
    "last(x, 20)": lambda x: x[-1],
    "lag(x, 5)": lambda x: x[-6],
    "mean(lag(x, 5))": lambda x: x[:-5].mean(),
    "difference(x)": lambda x: x[-1] - x[-2],
    "std(difference(x, 4))": lambda x: np.std(x[4:] - x[:-4]),
    "rolling_mean(x, 8)": lambda x: x[-8:].mean(),
    "highest(rolling_mean(x, 8))": lambda x: rolling(x, 8).mean(axis=1).max(),
    "mean(rolling_std(x, 9))": lambda x: rolling(x, 9).std(axis=1).mean(),
    "ewma(x, 12)": lambda x: ewma(x, 12)[-1],
    "std(ewma(x, 3))": lambda x: ewma(x, 3).std(),
    "band_energy(x, low=300, high=2500)": lambda x: len(x) * band(x, 300, 2500),
    "band_energy(x, 1000, width=333)": lambda x: len(x) * band(x, 1000 - 166.5, 1000 + 166.5),
    "band_energy(x, high=900, window='none')": lambda x: len(x) * band(x, 0, 900, "none"),
    "band_energy(x, low=3000, window='flattop')": lambda x: len(x) * band(x, 3000, 1e9, "flattop"),
    "band_energy(x, low=10, window='blackman')": lambda x: len(x) * band(x, 10, 1e9, "blackman"),
    "band_energy(x, low=10, window='hamming')": lambda x: len(x) * band(x, 10, 1e9, "hamming"),
    "band_energy(x, 40 * shaft_hz, width=50)": lambda x: len(x) * band(x, 1175, 1225),
    "band_energy(x, low=20 * shaft_hz, high=2000)": lambda x: len(x) * band(x, 600, 2000),
    "amplitude(x, 2000, width=800)": lambda x: largest(x, 1600, 2400),
    "amplitude(x, 30 * shaft_hz, width=10)": lambda x: largest(x, 895, 905),
    "spectral_centroid(x)": lambda x: moment_of_spectrum(x, 1),
    "spectral_spread(x)": lambda x: moment_of_spectrum(x, 2),
    "spectral_kurtosis(x)": lambda x: moment_of_spectrum(x, 4),
    "peak_frequency(x)": lambda x: nth_peak(x, 1)[0],
    "peak_frequency(x, nth=2, low=20 * shaft_hz)": lambda x: nth_peak(x, 2, 600)[0],
    "peak_amplitude(x, nth=2)": lambda x: nth_peak(x, 2)[1],
    "velocity_rms(x)": lambda x: 9806.65 * np.sqrt(band(x, 10, 1000, exponent=-2)),
    "velocity_rms(x, low=100, high=3000)": lambda x: 9806.65 * np.sqrt(band(x, 100, 3000, exponent=-2)),
    "rms(envelope(x))": lambda x: np.sqrt(np.mean(envelope(x) ** 2)),
    "kurtosis(envelope(x))": lambda x: stats.kurtosis(envelope(x), fisher=False),
    "rms(envelope(x, low=900, high=4000))": lambda x: np.sqrt(np.mean(envelope(x, 900, 4000) ** 2)),
    "std(envelope(x, low=30 * shaft_hz, high=133 * shaft_hz))": lambda x: np.std(envelope(x, 900, 3990)),
    "band_energy(envelope(x), 20 * shaft_hz, width=150)": lambda x: len(x) * band(envelope(x), 525, 675),
    "peak(cepstrum(x))": lambda x: np.max(np.abs(cepstrum(x))),
    "rahmonic(x, 30 * shaft_hz)": lambda x: rahmonic(x, 900),
}
