"""Streams whose truth is known: autocorrelated, seasonal, moved by a context."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Table = NDArray[np.float64]

MINUTE = 60.0


def autoregressive(rows: int, columns: int, phi: float, seed: int) -> Table:
    """Make columns of spread one, each the same share of its row before."""
    random = np.random.default_rng(seed)
    shocks = random.standard_normal((rows, columns)) * np.sqrt(1 - phi**2)
    shocks[0] /= np.sqrt(1 - phi**2)
    return np.asarray(lfilter([1.0], [1.0, -phi], shocks, axis=0))


def minutes(rows: int, first: int = 0) -> Table:
    """Return one time a minute."""
    return 1.7e9 + MINUTE * (first + np.arange(rows, dtype=np.float64))


def days(rows: int, columns: int, seed: int, first: int = 0) -> tuple[Table, Table]:
    """Make columns with a strong daily season, and their times."""
    times = minutes(rows, first)
    wave = 3 * np.sin(2 * np.pi * (times % 86_400) / 86_400)
    return autoregressive(rows, columns, 0.5, seed) + wave[:, None], times
