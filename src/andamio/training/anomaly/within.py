"""Keep a detector within its size: where the best one weighs too much, the best that does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from andamio.training.anomaly.choosing import Trial, best
from andamio.training.anomaly.fitting import FittedDetector
from andamio.training.pruning import MEGABYTE, Pruned, nothing_fits


def within(
    fitted: FittedDetector, limit_mb: float | None, refit: Callable[[Trial], FittedDetector]
) -> tuple[FittedDetector, Pruned | None]:
    """Return the detector where it is small enough, else the next best one that is.

    Args:
        fitted: The detector that notices most.
        limit_mb: What its graph may weigh, in millions of bytes; None limits nothing.
        refit: Learns the candidate of another trial from the same rows.

    Raises:
        LimitsRefused: None that was tried is small enough.
    """
    whole = len(fitted.native.graph())
    if limit_mb is None or whole <= limit_mb * MEGABYTE:
        return fitted, None
    smallest, pool = whole, [trial for trial in fitted.trials if trial is not fitted.chosen]
    while pool:
        trial = best(pool)
        other = refit(trial)
        size = len(other.native.graph())
        if size <= limit_mb * MEGABYTE:
            told = Pruned(
                limit_mb=limit_mb,
                title=fitted.chosen.candidate.title,
                whole_mb=whole / MEGABYTE,
                whole_loss=fitted.chosen.power,
                kept=trial.candidate.title,
                mb=size / MEGABYTE,
                loss=trial.power,
                metric="detection",
            )
            return replace(other, trials=fitted.trials), told
        smallest = min(smallest, size)
        pool.remove(trial)
    raise nothing_fits(limit_mb, smallest)
