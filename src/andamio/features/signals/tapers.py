"""Window functions, so that a line of the spectrum does not leak over all of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Coefficients of the sums of cosines, as scipy.signal.get_window gives them.
# Source: Harris, Proceedings of the IEEE 66 (1978), 51-83; flattop: D'Antona & Ferrero (2006), p. 72.
_COSINES = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    "none": (1.0,),
}


def window_samples(name: str, length: int) -> NDArray[np.float64]:
    """Return the periodic window function of a name, shape ``(length,)``."""
    angle = 2 * np.pi * np.arange(length) / length
    parts = [(-1) ** k * share * np.cos(k * angle) for k, share in enumerate(_COSINES[name])]
    return np.asarray(np.sum(parts, axis=0), np.float64)
