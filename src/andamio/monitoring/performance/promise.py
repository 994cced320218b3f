"""What a version promised on its held-out part: the limit that live losses are held to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo
from andamio.monitoring.performance.measuring import Promise
from andamio.monitoring.performance.stream import LossStream
from andamio.statistics.betting import upper_limit
from andamio.statistics.dependence import Dependence
from andamio.statistics.proportions import wilson_interval

FEWEST = 30  # held-out rows of a measure; fewer promise nothing
# What matters: a rate less than this much above the promised one is no harm, however certain.
_MATTERS = 1.05
_MATTERS_PLACE = 0.52  # the same for the place among the held-out errors, which is 0.5 as promised
_PLACES = frozenset({"mae", "bias_high", "bias_low"})
_COUNTS_ERRORS = frozenset({"false_alarm_rate"})
_Z = 1.645


def streams(
    reference: Mapping[str, NDArray[np.generic]],
    promised: Mapping[str, Promise],
    info: GraphInfo,
    held_out_rows: int | None,
) -> dict[str, LossStream]:
    """Return a stream for every measure that the version promised something of.

    Args:
        reference: The bundle's, with ``loss.*``; an older bundle has none.
        promised: The metrics of the evaluation, for an older bundle.
        info: Classes of the graph.
        held_out_rows: How many rows the evaluation had, for an older bundle.
    """
    found = {}
    prefix = "loss.sums."
    for key in (key for key in reference if key.startswith(prefix)):
        sums = Dependence(*np.asarray(reference[key], np.float64).tolist())
        name = key.removeprefix(prefix)
        if sums.rows >= FEWEST:
            found[name] = LossStream(limit_of(name, sums, info.coverage), sums)
    if found or not info.classes:
        return found
    names = ("accuracy",) if info.positive is None else ("accuracy", "recall", "false_alarm_rate")
    known = [name for name in names if name in promised]
    return {name: LossStream(_told_limit(name, promised[name], held_out_rows)) for name in known}


def limit_of(name: str, sums: Dependence, coverage: float | None) -> float:
    """Return the greatest mean loss that is no harm: what held-out rows may have meant, or what matters."""
    error = max(sums.error_of_mean(), 1e-9)
    if name in _PLACES:
        return min(max(sums.mean + _Z * error, _MATTERS_PLACE), 0.95)
    least = _MATTERS * sums.mean
    if name == "coverage" and coverage is not None:
        least = max(least, _MATTERS * (1 - coverage))
    return _inside(max(upper_limit(sums.mean, error, sums.rows), least))


def _told_limit(name: str, promise: Promise, rows: int | None) -> float:
    """Return the limit from an evaluation's interval, at least as wide as its rows allow."""
    counts = name in _COUNTS_ERRORS
    mean = promise.value if counts else 1 - promise.value
    worst = promise.high if counts else 1 - promise.low
    limit = mean + (worst - mean) * _Z / 1.96
    if rows:
        limit = max(limit, wilson_interval(round(mean * rows), rows, _Z)[1])
    return _inside(max(limit, _MATTERS * mean))


def _inside(limit: float) -> float:
    return min(max(limit, 1e-4), 0.95)
