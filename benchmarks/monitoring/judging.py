"""What counts: an alarm is an episode, a delay ends with the alarm, a rate carries its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from opponents import Verdict
from scipy import stats
from streams import DAY_S

MONTH_S = 30.0 * DAY_S
Alarms = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rate:
    """Alarms over a stretch of time.

    Attributes:
        alarms: Episodes, each a rise from no alarm to alarm.
        months: Months of 30 days that were watched.
        days: Days that were watched.
        days_with: Days on which an alarm stood at least once.
    """

    alarms: int = 0
    months: float = 0.0
    days: int = 0
    days_with: int = 0

    def __add__(self, other: Rate) -> Rate:
        """Watch longer."""
        return Rate(
            self.alarms + other.alarms,
            self.months + other.months,
            self.days + other.days,
            self.days_with + other.days_with,
        )

    @property
    def per_month(self) -> float:
        """Return alarms in 30 days."""
        return self.alarms / self.months if self.months else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Return the exact 95 % Poisson interval of the rate (Garwood, Biometrika, 1936)."""
        if not self.months:
            return float("nan"), float("nan")
        low = stats.chi2.ppf(0.025, 2 * self.alarms) / 2.0 if self.alarms else 0.0
        high = stats.chi2.ppf(0.975, 2 * (self.alarms + 1)) / 2.0
        return float(low) / self.months, float(high) / self.months

    def allows(self, budget: float) -> bool:
        """Tell whether the budget lies in the interval, or above all of it."""
        return self.interval[0] <= budget


def rises(alarm: Alarms) -> int:
    """Count the episodes of one run."""
    return int(np.count_nonzero(alarm[1:] & ~alarm[:-1]) + (bool(alarm[0]) if alarm.size else 0))


def rate(verdicts: list[Verdict], alarms: list[Alarms], step_s: float) -> Rate:
    """Count alarms over runs in which nothing happens."""
    total = Rate()
    for verdict, alarm in zip(verdicts, alarms, strict=True):
        seconds = alarm.size * verdict.rows * step_s
        a_day = max(1, round(DAY_S / (verdict.rows * step_s)))
        days = [alarm[at : at + a_day].any() for at in range(0, alarm.size, a_day)]
        total += Rate(rises(alarm), seconds / MONTH_S, len(days), int(sum(days)))
    return total


def delay_s(verdict: Verdict, alarm: Alarms, onset: int, step_s: float) -> float | None:
    """Return the seconds from the injection to the first alarm that has seen it; None where there is none.

    A stream's alarm that stood before the injection has not seen it: another must rise. Every batch window
    is a verdict of its own.
    """
    if verdict.rows == 1:
        alarm = alarm & ~np.concatenate([[False], alarm[:-1]])
    ends = (np.arange(alarm.size) + 1) * verdict.rows
    hit = np.flatnonzero(alarm & (ends > onset))
    return float((ends[hit[0]] - onset) * step_s) if hit.size else None


def matched(verdicts: list[Verdict], step_s: float, budget: float = 1.0) -> float:
    """Return the lowest threshold with at most the budget of alarms on normal runs.

    Where the runs are shorter than a month, none is allowed.
    """
    scores = [np.nan_to_num(verdict.score, nan=-np.inf) for verdict in verdicts]
    months = sum(v.score.size * v.rows * step_s for v in verdicts) / MONTH_S
    allowed = int(np.floor(budget * months + 1e-9))
    levels = np.unique(np.concatenate(scores))[::-1]
    best = float(levels[0])
    for level in levels[:2_000]:
        if sum(rises(score > level) for score in scores) > allowed:
            break
        best = float(level)
    return best


def duration(seconds: float | None) -> str:
    """Write a delay as a person says it."""
    if seconds is None or np.isnan(seconds):
        return "–"
    if seconds < 5_400.0:
        return f"{seconds / 60.0:.0f} min"
    return f"{seconds / 3_600.0:.1f} h" if seconds < 2.0 * DAY_S else f"{seconds / DAY_S:.1f} d"
