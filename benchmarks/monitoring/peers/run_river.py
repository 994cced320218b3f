"""river, a detector a tag: ADWIN and Page–Hinkley, every row; the tags share the error by Bonferroni.

Rows are standardised by the reference, of which the last 500 warm the detectors. ADWIN has no score, so
two strictnesses run side by side and the score is how many of them alarm; Page–Hinkley's score is its
own sum, without the reset after an alarm.
"""

from __future__ import annotations

import numpy as np
from exchange import Answer, Job, filled, main
from river.drift import ADWIN, PageHinkley
from scipy.signal import lfilter

WARM = 500
DELTAS = (0.002, 1e-9)


def judge(job: Job) -> dict[str, Answer]:
    """Judge one stream both ways."""
    reference = filled(job.reference)
    mean, spread = reference.mean(axis=0), reference.std(axis=0)
    spread[spread == 0.0] = 1.0
    tags = reference.shape[1]
    warm = (reference[-WARM:] - mean) / spread
    adwin, page, shipped = [], [], []
    for run in job.runs:
        rows = np.concatenate([warm, (filled(run) - mean) / spread])
        levels = sum(_adwin(rows, delta / tags) for delta in DELTAS)
        adwin.append(levels[WARM:])
        sums, alarm = _page_hinkley(rows)
        page.append(sums[WARM:])
        shipped.append(alarm[WARM:])
    steps = np.concatenate(adwin)
    return {
        "river, ADWIN": Answer(steps.astype(float), steps > 0, 1),
        "river, Page–Hinkley": Answer(np.concatenate(page), np.concatenate(shipped), 1),
    }


def _adwin(rows: np.ndarray, delta: float) -> np.ndarray:
    found = np.zeros(len(rows), int)
    for tag in range(rows.shape[1]):
        detector = ADWIN(delta=delta)
        for at, value in enumerate(rows[:, tag].tolist()):
            detector.update(value)
            if detector.drift_detected:
                found[at] = 1
    return found


def _page_hinkley(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sums, alarm = np.zeros(len(rows)), np.zeros(len(rows), bool)
    for tag in range(rows.shape[1]):
        detector = PageHinkley()
        for at, value in enumerate(rows[:, tag].tolist()):
            detector.update(value)
            if detector.drift_detected:
                alarm[at] = True
        sums = np.maximum(sums, _endless(rows[:, tag]))
    return sums, alarm


def _endless(values: np.ndarray) -> np.ndarray:
    """Return what Page–Hinkley compares with its threshold, had it never been reset (river's defaults)."""
    known = PageHinkley()
    deviation = values - np.cumsum(values) / np.arange(1, len(values) + 1)
    up = lfilter([1.0], [1.0, -known.alpha], deviation - known.delta)
    down = lfilter([1.0], [1.0, -known.alpha], deviation + known.delta)
    lowest, highest = np.minimum.accumulate(up), np.maximum.accumulate(np.maximum(down, -1.0))
    return np.maximum(up - lowest, highest - down)


if __name__ == "__main__":
    main(judge, "river", "numpy")
