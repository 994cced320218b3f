"""Which rows are alike, so that they count as one where evidence is counted."""

from __future__ import annotations

import numpy as np

from andamio.training.table import Index, Problem

TIME_BLOCKS = 30
FEWEST_ASSETS = 5


def counts_assets(problem: Problem) -> bool:
    """Tell whether rows of one asset count as one."""
    return problem.assets is not None and len(set(problem.assets.tolist())) >= FEWEST_ASSETS


def alike(problem: Problem) -> Index | None:
    """Group rows that are alike: of one asset, of one stretch of time, or copies; None if none are."""
    if problem.assets is not None and counts_assets(problem):
        return np.unique(problem.assets.astype(str), return_inverse=True)[1].astype(np.int64)
    if problem.times is not None:
        order = np.argsort(problem.times, kind="stable")
        blocks = np.empty(len(problem), dtype=np.int64)
        blocks[order] = np.arange(len(problem)) * min(TIME_BLOCKS, len(problem)) // len(problem)
        return blocks
    return problem.copies if len(np.unique(problem.copies)) < len(problem) else None
