"""Score every row of the history by a model that has not seen its stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.training.anomaly.candidates import Candidate, Floats, Usual
from andamio.training.models import Matrix
from andamio.training.purging import purged
from andamio.training.splits import refuse_short
from andamio.training.table import Index, Problem

BLOCKS = 5
FEWEST_APART = 10


def pieces(problem: Problem, count: int) -> Index:
    """Cut the history of every asset into so many pieces of time, about alike in rows.

    Returns:
        The piece of each row, 0 to ``count - 1``, shape ``(rows,)``.
    """
    found = np.zeros(len(problem), np.int64)
    for order in in_time(problem):
        found[order] = np.arange(len(order)) * count // len(order)
    return found


def in_time(problem: Problem) -> list[Index]:
    """Return the rows of each asset in the order of time; as they lie in the dataset where none is told."""
    times = np.arange(len(problem), dtype=np.float64) if problem.times is None else problem.times
    if problem.assets is None:
        return [np.argsort(times, kind="stable").astype(np.int64)]
    names = problem.assets.astype(str)
    places = [np.flatnonzero(names == name) for name in sorted(set(names.tolist()))]
    return [place[np.argsort(times[place], kind="stable")].astype(np.int64) for place in places]


@dataclass(frozen=True, slots=True, eq=False)
class Unseen:
    """The history as models saw it that did not know it.

    Attributes:
        block: Of each row, shape ``(rows,)``.
        models: For each block one that was learnt from all other blocks.
        raw: Of each row by the model of its block, shape ``(rows,)``.
    """

    block: Index
    models: Sequence[Usual]
    raw: Floats

    def score(self, x: Matrix, block: Index) -> Floats:
        """Score other rows by the models of some blocks, shape ``(rows,)``."""
        found = np.zeros(len(x))
        for place, model in enumerate(self.models):
            inside = block == place
            if inside.any():
                found[inside] = model.raw(x[inside])
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The history in blocks of time.

    Attributes:
        block: Of each row, shape ``(rows,)``.
        others: For each block the rows outside of it whose windows do not reach into it.
    """

    block: Index
    others: Sequence[Index]

    @classmethod
    def of(cls, problem: Problem) -> Blocks:
        """Cut a history into five blocks, or fewer where it is short.

        Raises:
            TrainingDataRefused: Windows are so long that next to nothing lies apart from a block.
        """
        block = pieces(problem, min(BLOCKS, max(2, len(problem) // 10)))
        parts = [np.flatnonzero(block == place) for place in range(int(block.max()) + 1)]
        every = np.arange(len(problem), dtype=np.int64)
        others = [purged(problem, np.setdiff1d(every, part), part) for part in parts]
        if problem.spans is not None and min(other.size for other in others) < FEWEST_APART:
            refuse_short(problem)
        return cls(block, others)

    def look(self, candidate: Candidate, x: Matrix, kept: NDArray[np.bool_], seed: int) -> Unseen:
        """Learn once for each block from the kept rows of all others, and score it.

        Args:
            candidate: What learns.
            x: Features, shape ``(rows, features)``.
            kept: Rows that may be learnt from.
            seed: Of every draw.
        """
        raw = np.zeros(len(x))
        models = []
        for place, others in enumerate(self.others):
            models.append(candidate.learn(x[others[kept[others]]], seed))
            inside = self.block == place
            raw[inside] = models[-1].raw(x[inside])
        return Unseen(self.block, models, raw)
