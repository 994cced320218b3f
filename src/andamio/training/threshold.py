"""Where a chance becomes a decision: at a number, at the best F1, or at the lowest cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Costs, Threshold
from andamio.training.task import Floats

_POINTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdCurve:
    """What every threshold would give on rows that the model had not seen; all of shape ``(points,)``.

    Attributes:
        threshold: Rising.
        precision: Share of alarms that are events; 1 without alarms.
        recall: Share of events that are found.
        f1: Harmonic mean of both.
        false_alarm_rate: Share of quiet rows that raise an alarm.
        cost_per_row: In the currency of the costs; None without costs.
    """

    threshold: Floats
    precision: Floats
    recall: Floats
    f1: Floats
    false_alarm_rate: Floats
    cost_per_row: Floats | None


def choose_threshold(
    rule: Threshold, chance: Floats, event: NDArray[np.bool_], costs: Costs | None
) -> tuple[float, ThresholdCurve]:
    """Choose the threshold, representable in float32.

    Args:
        rule: A number, "f1", or "cost"; "cost" without costs means "f1".
        chance: Out-of-fold chance of the event, shape ``(rows,)``.
        event: Whether it was one.
        costs: Of the two mistakes.

    Returns:
        The threshold, and the curve it was chosen on, thinned for a report.
    """
    curve = _measured(chance, event, costs)
    if not isinstance(rule, str):
        return float(np.float32(rule)), _thinned(curve)
    merit = curve.f1
    if rule == "cost" and curve.cost_per_row is not None:
        merit = -curve.cost_per_row
    best = np.flatnonzero(merit >= merit.max() - 1e-12)
    # In the middle of the longest flat top, so that a small change of the chances changes nothing.
    run = max(np.split(best, np.flatnonzero(np.diff(best) > 1) + 1), key=len)
    return float(np.float32(curve.threshold[run[len(run) // 2]])), _thinned(curve)


def _measured(chance: Floats, event: NDArray[np.bool_], costs: Costs | None) -> ThresholdCurve:
    """Measure a threshold in the middle of every gap between neighbouring chances."""
    values, place = np.unique(chance, return_inverse=True)
    events = np.bincount(place, weights=event, minlength=len(values))
    quiet = np.bincount(place, weights=~event, minlength=len(values))
    # Alarms of the threshold below value i: all rows from i upward.
    hits = np.cumsum(events[::-1])[::-1]
    false = np.cumsum(quiet[::-1])[::-1]
    below = np.concatenate([[max(values[0] - 1e-6, 0.0)], values[:-1]])
    all_events, all_quiet = max(float(event.sum()), 1.0), max(float((~event).sum()), 1.0)
    cost = None
    if costs is not None:
        missed = float(event.sum()) - hits
        cost = (costs.missed_failure * missed + costs.false_alarm * false) / len(event)
    return ThresholdCurve(
        threshold=0.5 * (below + values),
        precision=hits / (hits + false),
        recall=hits / all_events,
        f1=2 * hits / (all_events + hits + false),
        false_alarm_rate=false / all_quiet,
        cost_per_row=cost,
    )


def _thinned(curve: ThresholdCurve) -> ThresholdCurve:
    keep = np.unique(np.linspace(0, len(curve.threshold) - 1, _POINTS).round().astype(np.int64))
    return ThresholdCurve(
        curve.threshold[keep],
        curve.precision[keep],
        curve.recall[keep],
        curve.f1[keep],
        curve.false_alarm_rate[keep],
        None if curve.cost_per_row is None else curve.cost_per_row[keep],
    )
