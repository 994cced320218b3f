"""How late things come, counted in bins that widen with the delay, so that any number of them stays small."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_BINS, _STEP = 420, 0.05  # from one second to forty years, each bin 5 % wider than the one before


@dataclass(slots=True)
class Delays:
    """Counts of delays in seconds; two of them add up. What came early counts as no delay."""

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_BINS, np.int64))

    def add(self, seconds: NDArray[np.float64]) -> None:
        """Count delays."""
        places = np.clip(np.log(np.maximum(seconds, 1.0)) / _STEP, 0, _BINS - 1).astype(np.int64)
        self.counts += np.bincount(places, minlength=_BINS)

    def quantile(self, share: float) -> float | None:
        """Return a quantile in seconds, to within 5 %; None when nothing was counted.

        >>> delays = Delays()
        >>> delays.add(np.array([3600.0] * 9 + [86400.0]))
        >>> 3500 < (delays.quantile(0.5) or 0) < 3700
        True
        """
        total = int(self.counts.sum())
        if not total:
            return None
        place = int(np.searchsorted(np.cumsum(self.counts), share * total))
        return 0.0 if place == 0 else float(np.exp((place + 0.5) * _STEP))
