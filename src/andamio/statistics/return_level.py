"""The level that a series of scores passes once in a given time, from the greatest score of each stretch.

Rows of a plant come in runs: one disturbance gives hundreds of high scores. Counting rows would promise far
too few or too many alarms; the greatest score of a stretch counts a disturbance once, whatever its length.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_EULER = 0.5772156649015329
_FEWEST, _MOST = 5, 200
_ROWS = 50
_APART = 6.0
MOST_ASIDE = 0.1
# So much further than the history reaches is a level extrapolated, and no further.
FURTHEST = 10.0


def stretches(rows: int, memory: float = 1.0) -> int:
    """Choose into how many stretches to cut a series: about 50 rows each, more where scores remember longer.

    Args:
        rows: How many there are.
        memory: Rows after which one score tells little of the next (``memory_of``).
    """
    wanted = rows / max(float(_ROWS), 3.0 * memory)
    return int(min(max(wanted, _FEWEST), _MOST, max(rows, 1)))


def memory_of(scores: Floats) -> float:
    """Measure after how many rows scores are new: the sum of the autocorrelations until the first below 0.05.

    Source: Geyer, Practical Markov chain Monte Carlo, Statistical Science 7 (1992), initial sequences.
    """
    found = np.asarray(scores, np.float64)
    found = found[np.isfinite(found)]
    if len(found) < 4 or np.ptp(found) == 0:
        return 1.0
    centred = found - found.mean()
    size = 1 << int(2 * len(found) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    correlation = np.fft.irfft(power, size)[: len(found)]
    correlation = correlation / correlation[0]
    end = int(np.argmax(correlation < 0.05)) or len(correlation)
    return float(1.0 + 2.0 * correlation[1:end].sum())


def return_level(peaks: Floats, stretches_between: float) -> float:
    """Return the level passed once in so many stretches, at least the one that the peaks themselves show.

    A Gumbel distribution is fitted to the peaks by moments. Beyond ten times the history nothing is promised:
    there the level stays that of ten times.

    Args:
        peaks: Greatest score of each stretch, shape ``(stretches,)``.
        stretches_between: Mean number of stretches between two alarms, as the budget allows.

    Source: Coles, An Introduction to Statistical Modeling of Extreme Values (2001), section 3.3.

    >>> peaks = np.array([1.0, 1.2, 1.1, 1.3, 1.0, 1.2, 1.1, 1.2])
    >>> bool(return_level(peaks, 80) > return_level(peaks, 8) >= 1.3)
    True
    """
    count = len(peaks)
    period = float(np.clip(stretches_between, 1.0, FURTHEST * count))
    spread = float(np.std(peaks, ddof=1)) * np.sqrt(6.0) / np.pi if count > 1 else 0.0
    place = float(np.mean(peaks)) - _EULER * spread
    chance = 1.0 / (1.0 + period) if period < 2 else 1.0 / period
    fitted = place - spread * float(np.log(-np.log1p(-chance)))
    allowed = min(int(count / period), count - 1)
    shown = float(np.sort(peaks)[::-1][allowed])
    return max(fitted, shown)


def apart(peaks: Floats) -> NDArray[np.bool_]:
    """Tell which peaks are so far above all others that the history was not usual there; at most one in ten.

    A peak is apart when it lies more than six interquartile ranges above the median.
    """
    low, middle, high = np.quantile(peaks, [0.25, 0.5, 0.75])
    limit = middle + _APART * max(float(high - low), 0.02 * abs(float(middle)))
    most = int(MOST_ASIDE * len(peaks))
    found = np.zeros(len(peaks), np.bool_)
    if most:
        highest = np.argsort(-peaks, kind="stable")[:most]
        found[highest] = peaks[highest] > limit
    return found
