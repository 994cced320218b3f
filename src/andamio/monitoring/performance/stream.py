"""The bets on one measure of loss: confirmed harm stands until as clear evidence says that it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.betting import Wagers, raised
from andamio.statistics.dependence import Dependence

_KEPT = 256  # clusters that may still receive losses; an older one begins anew
# Once harm is confirmed, its end needs less evidence than its beginning did.
_BACK_STAKE = 1 / 1000
_WAGER_PARTS = ("held", "cusum", "since")


@dataclass(slots=True)
class LossStream:
    """One measure of loss, bet on label by label.

    Attributes:
        limit: The greatest mean loss that the promise allows.
        usual: What the losses of the held-out part told of clusters.
        pooled: The same of these and the live losses.
        rise: Bets that the mean is above the limit.
        back: Bets that it is back near the limit or below; None while no harm stands.
        clusters: Of each cluster its count, sum and sum of squares, the latest last.
        labels: How many losses were taken.
        staked: The stakes so far.
        harm: What was seen when harm was confirmed: losses, their sum, since, evidence; empty for none.
    """

    limit: float
    usual: Dependence = field(default_factory=Dependence)
    pooled: Dependence = field(init=False)
    rise: Wagers = field(init=False)
    back: Wagers | None = None
    clusters: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    labels: int = 0
    staked: float = 0.0
    harm: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        """Begin without evidence."""
        self.rise = Wagers(self.limit)
        self.pooled = self.usual + Dependence()

    def take(self, loss: float, cluster: int | None, *, stake: float, time: float) -> None:
        """Take the next loss in the order of arrival.

        Args:
            loss: Between 0 and 1.
            cluster: Machine and day as one number; None for a row that belongs to none.
            stake: What may be lost on it; stakes add up to the false alarms that are expected at most.
            time: Of the event, seconds since 1970.
        """
        count, total, squares = (0.0, 0.0, 0.0) if cluster is None else self._place(cluster)
        alike = self.pooled.cautious if cluster is not None else 0.0
        self.pooled.add(loss, count, total, squares)
        if cluster is not None:
            self.clusters[cluster] = (count + 1, total + loss, squares + loss * loss)
        self.labels += 1
        self.staked += stake
        evidence = self.rise.take(loss, stake=stake, time=time, alike=alike, cluster=(count, total))
        if self.back is not None:
            self._settle(loss, alike, (count, count - total), time)
        elif evidence >= 1:
            self._confirm(evidence)

    @property
    def stands(self) -> bool:
        """Whether harm is confirmed and not over."""
        return bool(self.harm.size)

    @property
    def certainty(self) -> float:
        """How sure it was when it was confirmed: evidence against all chances there were to be wrong."""
        return float(self.harm[3] / (self.harm[3] + self.staked)) if self.stands else 0.0

    def _place(self, cluster: int) -> tuple[float, float, float]:
        found = self.clusters.pop(cluster, (0.0, 0.0, 0.0))
        while len(self.clusters) >= _KEPT:
            self.clusters.pop(next(iter(self.clusters)))
        return found

    def _confirm(self, evidence: float) -> None:
        rows, total = self.rise.seen[:, self.rise.leader]
        since = self.rise.since[self.rise.leader]
        self.harm = np.array([rows, total, since, evidence])
        # Not far above the limit, so that a rate seen too high at first is not over when it is seen rightly.
        middle = min((self.limit + max(total / rows, self.limit)) / 2, raised(self.limit)[0])
        self.back = Wagers(1 - middle)

    def _settle(self, loss: float, alike: float, cluster: tuple[float, float], time: float) -> None:
        """Go on while harm stands; begin anew once the losses are back near the limit."""
        self.harm[:2] += (1.0, loss)
        self.harm[3] = max(self.harm[3], self.rise.evidence)
        over = self.back
        if over is None:
            return
        if over.take(1 - loss, stake=_BACK_STAKE, time=time, alike=alike, cluster=cluster) >= 1:
            self.harm, self.back, self.rise = np.zeros(0), None, Wagers(self.limit)

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return all that must survive a restart."""
        arrays: dict[str, NDArray[np.generic]] = {
            "pooled": self.pooled.array(),
            "clusters": np.array(list(self.clusters.values()), np.float64).reshape(-1, 3),
            "cluster_names": np.array(list(self.clusters), np.int64),
            "counts": np.array([self.labels, self.staked]),
            "harm": self.harm,
            **_wagers_state("rise", self.rise),
        }
        if self.back is not None:
            arrays |= {"middle": np.array(self.back.limit), **_wagers_state("back", self.back)}
        return arrays

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Continue from a state that ``state`` returned."""
        self.pooled = Dependence(*np.asarray(state["pooled"], np.float64).tolist())
        names = np.asarray(state["cluster_names"], np.int64).tolist()
        sums = np.asarray(state["clusters"], np.float64).tolist()
        self.clusters = {name: (one[0], one[1], one[2]) for name, one in zip(names, sums, strict=True)}
        labels, staked = np.asarray(state["counts"], np.float64).tolist()
        self.labels, self.staked = int(labels), staked
        self.harm = np.array(state["harm"], np.float64)
        self.rise = _wagers("rise", self.limit, state)
        middle = state.get("middle")
        self.back = None if middle is None else _wagers("back", float(np.asarray(middle, np.float64)), state)


def _wagers_state(name: str, wagers: Wagers) -> dict[str, NDArray[np.generic]]:
    parts = np.stack([*(getattr(wagers, part) for part in _WAGER_PARTS), *wagers.seen])
    return {name: parts}


def _wagers(name: str, limit: float, state: Mapping[str, NDArray[np.generic]]) -> Wagers:
    parts = np.array(state[name], np.float64)
    plain = {part: parts[i].copy() for i, part in enumerate(_WAGER_PARTS)}
    return Wagers(limit, seen=parts[len(_WAGER_PARTS) :].copy(), **plain)
