"""The condition of every machine that a model of anomalies watches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo
from andamio.monitoring.observation import Observation, streams
from andamio.statistics.condition import Condition, State, follow

_WORST_FIRST = (State.FAILING, State.WORN, State.WELL)


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine; ``asset`` is None where rows name none."""

    asset: str | None
    condition: Condition


def machines_of(seen: Observation, rows: NDArray[np.int64], info: GraphInfo) -> tuple[Machine, ...]:
    """Follow the latest rows of every machine, the worst one first; none for a model of another kind.

    Args:
        seen: What the journal holds of the model.
        rows: The rows that the version answered.
        info: What its graph's outputs mean.
    """
    if info.kind != "anomaly":
        return ()
    found = [Machine(stream.asset or None, follow(stream.scores)) for stream in streams(seen, rows)]
    known = [machine for machine in found if machine.condition.rows]
    return tuple(
        sorted(known, key=lambda one: (_WORST_FIRST.index(one.condition.state), one.condition.health))
    )
