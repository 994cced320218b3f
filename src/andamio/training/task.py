"""What kind of answer is learnt, and how wrong one answer is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.training.table import Problem

Floats = NDArray[np.float64]
Target = NDArray[np.float64] | NDArray[np.int64]
_LEAST_CHANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Task:
    """A number, one of two classes, or one of several.

    Attributes:
        classes: How many; 0 when a number is learnt.
        horizon: The most that the number can be, where it is a remaining life; it is never below zero then.
    """

    classes: int
    horizon: float | None = None

    @property
    def is_regression(self) -> bool:
        """Tell whether a number is learnt."""
        return self.classes == 0

    @property
    def is_binary(self) -> bool:
        """Tell whether there are two classes: then 1 stands for the event, whatever its index."""
        return self.classes == 2

    @property
    def width(self) -> int:
        """Columns of an answer: one, or one for each of several classes."""
        return self.classes if self.classes > 2 else 1

    def losses(self, answer: Floats, target: Target) -> Floats:
        """Measure how wrong each answer is: squared error, or the logarithmic loss in nats.

        Args:
            answer: Shape ``(rows, width)``: numbers, chances of the event, or chances of each class.
            target: Shape ``(rows,)``.

        Returns:
            Shape ``(rows,)``.
        """
        if self.is_regression:
            return np.asarray(np.square(answer[:, 0] - target))
        if self.is_binary:
            chance = np.where(target == 1, answer[:, 0], 1.0 - answer[:, 0])
        else:
            chance = answer[np.arange(len(target)), target.astype(np.int64)]
        return np.asarray(-np.log(np.clip(chance, _LEAST_CHANCE, 1.0)))

    def score(self, losses: Floats) -> tuple[float, float]:
        """Sum losses up with their standard error: the root mean square error, or the mean loss."""
        known = losses[np.isfinite(losses)]
        mean = float(known.mean())
        error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else float("inf")
        if not self.is_regression:
            return mean, error
        root = float(np.sqrt(mean))
        return root, error / (2 * root) if root > 0 else 0.0


def task_of(problem: Problem) -> Task:
    """Tell the task of a problem."""
    if not problem.is_regression:
        return Task(len(problem.classes))
    horizon = problem.contract.horizon
    return Task(0, None if horizon is None else horizon.most_told(problem.contract.output.unit))


def target_of(problem: Problem) -> Target:
    """Return the target as it is learnt: with two classes 1 stands for the positive one."""
    if problem.positive == 0 and len(problem.classes) == 2:
        return (1 - problem.target).astype(np.int64)
    return problem.target


def gain(simple: Floats, better: Floats) -> tuple[float, float]:
    """Compare two trials row by row: how much lower the second one's mean loss is, and the standard error.

    Args:
        simple: Losses of one trial, shape ``(rows,)``; NaN where a row was not predicted.
        better: Losses of the other, for the same rows.
    """
    both = np.isfinite(simple) & np.isfinite(better)
    difference = simple[both] - better[both]
    if len(difference) < 2:
        return 0.0, float("inf")
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))
