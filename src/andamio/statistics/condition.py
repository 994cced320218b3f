"""The condition of a machine from the health of its rows, in their order, without fluttering at a limit.

Health is smoothed (the last ten rows count for two thirds), and a condition is left only by passing a further
limit back: below 50 a machine is worn, and well again above 70; below 20 failing, and worn again above 40.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FULL = 100.0
_WEIGHT = 0.1
_DOWN = {"worn": 50.0, "failing": 20.0}
_UP = {"worn": 70.0, "failing": 40.0}


class State(StrEnum):
    """How a machine is."""

    WELL = "well"
    WORN = "worn"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition after some rows.

    Attributes:
        health: Smoothed, 0 to 100.
        state: With hysteresis.
        rows: How many rows it rests on.
    """

    health: float = FULL
    state: State = State.WELL
    rows: int = 0


def health_of(score: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the health of rows from their scores: ``100 / (1 + score**4)``, as the graph gives it.

    >>> health_of(np.array([0.0, 1.0])).tolist()
    [100.0, 50.0]
    """
    with np.errstate(over="ignore"):
        return np.asarray(FULL / (1.0 + np.asarray(score, np.float64) ** 4))


def follow(scores: NDArray[np.floating], before: Condition | None = None) -> Condition:
    """Follow the rows of one machine in the order of time.

    Args:
        scores: 1 is the limit; a row that is not a number is passed over.
        before: The condition before them; None begins well.

    >>> follow(np.full(200, 0.3)).state.value, follow(np.full(200, 2.0)).state.value
    ('well', 'failing')
    """
    found = Condition() if before is None else before
    health, state, rows = found.health, found.state, found.rows
    for value in health_of(scores[np.isfinite(scores)]).tolist():
        health += _WEIGHT * (value - health)
        state = _next(state, health)
        rows += 1
    return Condition(health, state, rows)


def _next(state: State, health: float) -> State:
    if health < _DOWN["failing"] or (state is State.FAILING and health <= _UP["failing"]):
        return State.FAILING
    if health < _DOWN["worn"] or (state is not State.WELL and health <= _UP["worn"]):
        return State.WORN
    return State.WELL
