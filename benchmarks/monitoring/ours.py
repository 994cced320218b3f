"""Andamio's own drift detectors, as the benchmark asks them; a change of interface costs this file only."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from opponents import Verdict, Verdicts, runs
from streams import Floats, Stream, Stretch

try:
    from andamio.statistics.drift import DriftWatch, compare
    from andamio.statistics.drift.distances import FineCounts
    from andamio.statistics.drift.learning import learn_drift
except ImportError:  # a checkout from before the detectors
    DriftWatch = compare = FineCounts = learn_drift = None

STREAMING = "Andamio, streaming"
BATCH = "Andamio, batch"


def present() -> bool:
    """Tell whether this checkout has the detectors."""
    return DriftWatch is not None


def learn(stretch: Stretch, step_s: float, budget: float = 1.0) -> Any:
    """Learn a reference with a budget of false alarms a month."""
    return learn_drift(
        stretch.table,
        times=stretch.times,
        context=stretch.context,
        false_alarms_per_month=budget,
        step_s=step_s,
    )


def new_watch(reference: Any) -> Any:
    """Start a watch."""
    return DriftWatch(reference)


def feed(watching: Any, stretch: Stretch) -> Any:
    """Give a watch its next rows."""
    return watching.update(stretch.table, times=stretch.times, context=stretch.context)


def report(reference: Any, stretch: Stretch) -> Any:
    """Compare a window with the reference, all of it."""
    return compare(reference, stretch.table, times=stretch.times, context=stretch.context)


def columns(reference: Floats, current: Floats) -> Any:
    """Measure every column of one table against another: psi, ks, wasserstein, jensenshannon."""
    return FineCounts.learn(reference).compare(current)


def watch(reference: Any, stretch: Stretch, chunk: int = 1_440) -> Verdict:
    """Feed one run to a fresh watch, a day at a time, and return what stands after every row."""
    watching = new_watch(reference)
    alarm, score = [], []
    for at in range(0, len(stretch.table), chunk):
        part = stretch.cut(at, at + chunk)
        said = feed(watching, part)
        alarm.append(np.asarray(said.alarm, bool))
        score.append(strength(said, len(part.table)))
    return Verdict(np.concatenate(score), np.concatenate(alarm), 1)


def strength(said: Any, rows: int) -> Floats:
    """Return how near its limit the ensemble is after every row, 1 at it; NaN where it does not say."""
    shares = np.asarray(said.statistics, float)
    return shares.max(axis=1) if shares.ndim == 2 and shares.size else np.full(rows, np.nan)


def windows(reference: Any, stretch: Stretch, size: int) -> Verdict:
    """Compare every whole window with the reference."""
    alarm, score = [], []
    for at in range(0, len(stretch.table) - size + 1, size):
        part = stretch.cut(at, at + size)
        said = report(reference, part)
        alarm.append(bool(said.alarm))
        score.append(-np.log10(max(float(said.p_value), 1e-12)))
    return Verdict(np.array(score), np.array(alarm, bool), size)


class Ours:
    """Andamio in this process, with ``false_alarms_per_month = 1`` and nothing else set."""

    name = "andamio"

    def __init__(self, *, batch: bool = True) -> None:
        """Say whether windows are compared as well."""
        self._batch = batch
        self._seconds = {"learn": 0.0, "streaming": 0.0, "batch": 0.0}

    def judge(self, streams: list[Stream], folder: Path) -> list[Verdicts]:
        """Judge all streams; what each learns, it learns once."""
        return [self._one(stream) for stream in streams]

    def _one(self, stream: Stream) -> Verdicts:
        began = time.perf_counter()
        reference = learn(stream.reference, stream.step_s)
        self._add("learn", began)
        began = time.perf_counter()
        found = {STREAMING: [watch(reference, run) for run in runs(stream)]}
        self._add("streaming", began)
        if self._batch:
            began = time.perf_counter()
            found[BATCH] = [windows(reference, run, stream.window) for run in runs(stream)]
            self._add("batch", began)
        return found

    def _add(self, what: str, began: float) -> None:
        self._seconds[what] += time.perf_counter() - began

    def facts(self) -> dict[str, object]:
        """Return the seconds it took."""
        return {**self._seconds, "wall_s": sum(self._seconds.values())}
