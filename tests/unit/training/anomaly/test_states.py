"""A compressor that idles, starts, and works under load, and no column says which."""

from __future__ import annotations

import numpy as np

from andamio.training.anomaly.fitting import fit_detector
from andamio.training.table import read_problem

from .conftest import TAGS, contract, table


def compressor(rows, seed):
    """Draw readings a minute apart, and how far the machine is from idle (0) to load (1)."""
    rng = np.random.default_rng(seed)
    on, since, row, running = np.zeros(rows, bool), np.zeros(rows), 0, False
    while row < rows:
        span = int(rng.integers(15, 60))
        on[row : row + span] = running
        since[row : row + span] = np.arange(min(span, rows - row))
        row, running = row + span, not running
    up = np.where(on, 1 - np.exp(-(since + 1) / 3), np.exp(-(since + 1) / 3))
    inrush = on & (since < 2)
    noise = rng.normal(size=(rows, len(TAGS)))
    values = np.column_stack([1 - 0.2 * up, 1 + 6 * up, 5 + 40 * up + 60 * inrush, 0.3 + 2 * up, 30 * up])
    return values + noise * [0.05, 0.05, 0.5, 0.1, 0.3], up


def test_idle_load_and_start_up_are_told_apart_without_a_column_and_raise_no_alarm():
    values, _ = compressor(1600, 1)
    found = fit_detector(
        read_problem(contract(), table(values)),
        excluded=frozenset(),
        budget_s=0.0,
        trials=7,
        seed=0,
        progress=lambda _step: None,
    )
    assert found.chosen.candidate.family == "operating-points"
    fresh, up = compressor(8000, 2)
    alarm = found.native(read_problem(contract(), table(fresh)).rows).decision == 1
    assert np.count_nonzero(np.diff(alarm, prepend=False) & alarm) <= 2
    fresh[:, TAGS.index("discharge")] = np.where(up > 0.9, 1.0, 7.0)
    steady = (up > 0.95) | (up < 0.05)
    wrong = found.native(read_problem(contract(), table(fresh)).rows).decision == 1
    assert wrong[steady].mean() > 0.9
