"""How sure a share is, given how many were counted."""

from __future__ import annotations

import math


def wilson_interval(successes: float, trials: float, z: float = 1.96) -> tuple[float, float]:
    """Give the interval of a share, honest for few trials and for shares near 0 or 1.

    Args:
        successes: How many of them.
        trials: Of how many.
        z: Standard normal quantile: 1.96 for 95 %.

    Returns:
        Lower and upper end, within 0 and 1; (0, 1) when nothing was counted.

    Source: Wilson, J. American Statistical Association 22 (1927).

    >>> tuple(round(end, 3) for end in wilson_interval(0, 10))
    (0.0, 0.278)
    """
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
