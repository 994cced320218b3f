"""Tell what labels have decided, and how many more would decide what is open, were all to stay as it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from andamio.contracts.contract import Gate
from andamio.statistics.intervals import Interval
from andamio.training.repeated_measures import Measured
from andamio.training.table import Problem

# More than so many times the labels of today is called out of reach.
MOST_TIMES = 50.0
# Noise looks better than always the same answer in half of all cases, and by a standard error in a sixth.
PROMISING = 1.0
_OF_EVENTS = frozenset(("recall", "f1", "average_precision", "roc_auc"))


@dataclass(frozen=True, slots=True)
class Needed:
    """How many more labels would decide something, were the value to stay as it is.

    Attributes:
        labels: How many more; None when even very many would not.
        of: The class they must be of; None for any rows.
    """

    labels: int | None
    of: str | None


@dataclass(frozen=True, slots=True)
class GateClaim:
    """What can be said of a gate.

    Attributes:
        gate: As ``recall >= 0.9``.
        state: "met" or "missed" when the whole interval says so, else "open".
        interval: Of its metric.
        needed: To decide it; None when it is decided.
    """

    gate: str
    state: str
    interval: Interval
    needed: Needed | None


def labels_to_decide(
    decided: Callable[[float], bool], labels: float, *, most: float = MOST_TIMES
) -> int | None:
    """Find how many more labels decide something, to two digits; None beyond ``most`` times of today's.

    Args:
        decided: Tells whether so many times the labels decide it.
        labels: Of today.
        most: Where to give up.
    """
    if not decided(most):
        return None
    low, high = 1.0, most
    while high / low > 1.01:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if decided(middle) else (middle, high)
    more = max(1.0, (high - 1.0) * labels)
    step = 10.0 ** max(0, math.floor(math.log10(more)) - 1)
    return int(math.ceil(more / step) * step)


def judge_gate(problem: Problem, gate: Gate, found: Measured, interval: Interval) -> GateClaim:
    """Tell whether the whole interval of a metric agrees on its gate."""

    def state(ends: Interval) -> str:
        low, high = gate.holds(ends.low), gate.holds(ends.high)
        if math.isfinite(ends.low) and math.isfinite(ends.high) and low == high:
            return "met" if low else "missed"
        return "open"

    now = state(interval)
    needed = None
    if now == "open":
        of, labels = _labels_of(problem, gate.metric)
        needed = Needed(labels_to_decide(lambda f: state(found.interval(f)) != "open", labels), of)
    return GateClaim(f"{gate.metric} {gate.comparison} {gate.bound:g}", now, interval, needed)


def judge_support(
    problem: Problem, main: str, better: bool, against: Measured | None
) -> tuple[bool | None, Needed | None]:
    """Tell whether the model beats always the same answer, and what would tell it where it is open."""
    if against is None or not math.isfinite(against.variance):
        return None, None
    sign = 1.0 if better else -1.0

    def told(times: float) -> bool:
        ends = against.interval(times)
        return min(sign * ends.low, sign * ends.high) > 0

    if told(1.0):
        return True, None
    of, labels = _labels_of(problem, main)
    hopeful = sign * against.certainty > PROMISING
    needed = labels_to_decide(told, labels) if hopeful else None
    return False, Needed(needed, of)


def _labels_of(problem: Problem, metric: str) -> tuple[str | None, float]:
    """Name the class whose labels narrow a metric, and how many there are; None for rows of any class."""
    if problem.positive is None:
        return None, float(len(problem))
    events = problem.target == problem.positive
    if metric in _OF_EVENTS:
        return problem.classes[problem.positive], float(events.sum())
    if metric == "false_alarm_rate":
        return problem.classes[1 - problem.positive], float((~events).sum())
    return None, float(len(problem))
