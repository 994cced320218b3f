"""Streams that every fault detector is shown: noise, season, rest, rounding, a tag that others explain."""

from __future__ import annotations

import numpy as np

ROWS = 1200
TAGS = ("noise", "season", "follower", "rounded", "pump", "odd", "echo", "shade")


def healthy(rows: int = ROWS, seed: int = 0) -> np.ndarray:
    """Eight tags as a plant has them, shape ``(rows, 8)``."""
    random = np.random.default_rng(seed)
    t = np.arange(rows)
    season = 20 + 5 * np.sin(2 * np.pi * t / 288) + random.normal(0, 0.2, rows)
    pump = np.repeat(random.choice([0.0, 100.0], rows // 20 + 1), 20)[:rows]
    columns = [
        50 + random.normal(0, 1, rows),
        season,
        2 * season + random.normal(0, 0.3, rows),
        np.round(7 + random.normal(0, 0.3, rows), 1),
        pump,
        300 + random.laplace(0, 1, rows),
        season / 2 + random.normal(0, 0.1, rows),
        100 - 3 * season + random.normal(0, 0.5, rows),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def clock(rows: int) -> np.ndarray:
    """A row a minute."""
    return 1_780_000_000.0 + 60.0 * np.arange(rows)
