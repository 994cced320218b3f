"""Bet against "the mean loss is at most the limit": what the bets win is evidence, at any moment.

Before each loss a small stake enters every wager, and after it each wager is multiplied by ``1 + b (x - p)``,
whose expectation is at most one while the mean of what comes is at most ``p``. The sum of all wagers then
expects no more than the stakes that entered, so it reaches 1 on average no earlier than after ``1 / stake``
losses: the run length is guaranteed by construction, for every distribution on 0 to 1 (a Shiryaev–Roberts
e-detector, a mixture over alternatives).

Losses of one cluster (a machine on one day) are not independent. For each loss the mean that "no harm" allows
is the credibility estimate given the cluster so far, ``max(p, (k p + S) / (k + m))`` with
``k = (1 - r) / r`` for the intraclass correlation ``r``, so one bad day of one machine is soon
expected of that machine on that day and pays no more.

Source: Shin, Ramdas & Rinaldo, E-detectors: a nonparametric framework for sequential change detection (2024);
Waudby-Smith & Ramdas, Estimating means of bounded random variables by betting, JRSS B 86 (2024).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# How many times greater the odds of a loss are, in the alternatives that are wagered on.
RATIOS = np.array([1.3, 1.7, 2.3, 3.5, 7.0])
WAGERS = 2 * len(RATIOS)
_NEAR_ONE = 1 - 1e-9


@dataclass(slots=True)
class Wagers:
    """The wagers against one limit.

    Attributes:
        limit: The greatest mean loss that is no harm, between 0 and 1.
        held: What each wager holds, shape ``(10,)``. The first half bets on a cluster's own share being
            greater, the second on a change within it.
        cusum: Per wager, its logarithm since it was last worth nothing, shape ``(10,)``.
        seen: Per wager and since then, how many losses came and their sum, shape ``(2, 10)``.
        since: Per wager, the time of the first of them, shape ``(10,)``.
    """

    limit: float
    held: NDArray[np.float64] = field(default_factory=lambda: np.zeros(WAGERS))
    cusum: NDArray[np.float64] = field(default_factory=lambda: np.zeros(WAGERS))
    seen: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, WAGERS)))
    since: NDArray[np.float64] = field(default_factory=lambda: np.full(WAGERS, np.nan))
    _bets: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Reckon once what is bet where no cluster matters."""
        self._bets = np.tile((raised(self.limit) - self.limit) / (self.limit * (1 - self.limit)), 2)

    @property
    def evidence(self) -> float:
        """All that is held. At 1 the harm is confirmed."""
        return float(self.held.sum())

    @property
    def leader(self) -> int:
        """The wager that holds most; it tells since when, and how bad."""
        return int(np.argmax(self.held))

    def take(
        self,
        loss: float,
        *,
        stake: float,
        time: float = 0.0,
        alike: float = 0.0,
        cluster: tuple[float, float] = (0.0, 0.0),
    ) -> float:
        """Take the next loss and return the evidence after it.

        Args:
            loss: Between 0 and 1.
            stake: What enters all wagers together before it; its inverse is the run length guaranteed.
            time: When it was, for ``since``.
            alike: Intraclass correlation of the losses of one cluster, at most this.
            cluster: How many losses of its cluster came before, and their sum.

        >>> wagers = Wagers(0.1)
        >>> [wagers.take(1.0, stake=0.001) >= 1 for _ in range(6)]
        [False, False, False, False, False, True]
        """
        usual, bets = (self.limit, self._bets) if alike <= 0 else _bets(self.limit, alike, *cluster)
        factor = np.maximum(1 + bets * (loss - usual), 1e-12)
        self.held = (self.held + stake / WAGERS) * factor
        fresh = self.cusum <= 0
        if fresh.any():
            self.seen[:, fresh], self.since[fresh], self.cusum[fresh] = 0.0, time, 0.0
        self.cusum += np.log(factor)
        self.seen[0] += 1.0
        self.seen[1] += loss
        return self.evidence


def _bets(limit: float, alike: float, count: float, total: float) -> tuple[float, NDArray[np.float64]]:
    """Return the mean that no harm allows here, and the bets of every wager against it."""
    weight = (1 - alike) / alike
    usual = min(max(limit, (weight * limit + total) / (weight + count)), _NEAR_ONE)
    own = (weight * raised(limit) + total) / (weight + count)
    worse = np.concatenate([own, raised(usual)])
    return usual, np.maximum(worse - usual, 0.0) / (usual * (1 - usual))


def raised(mean: float) -> NDArray[np.float64]:
    """Return the means of the alternatives to one, the nearest first."""
    odds = RATIOS * mean
    return np.asarray(odds / (1 - mean + odds))


def upper_limit(mean: float, error: float, rows: float, z: float = 1.645) -> float:
    """Return how great a mean of losses may be, given what was measured: the 95 % upper end.

    For few rows and means near 0 the normal end promises too much, so the end of a score interval (Wilson)
    with the same standard error is taken.

    Args:
        mean: As measured, between 0 and 1.
        error: Its standard error.
        rows: Of how many rows.
        z: Standard normal quantile.

    >>> round(upper_limit(0.1, (0.09 / 1000) ** 0.5, 1000), 4)
    0.1167
    """
    spread = mean * (1 - mean)
    count = rows if error <= 0 or spread <= 0 else min(rows, spread / error**2)
    centre = mean + z * z / (2 * count)
    half = z * math.sqrt(spread / count + z * z / (4 * count * count))
    return min((centre + half) / (1 + z * z / count), _NEAR_ONE)
