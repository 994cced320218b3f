"""What is tried: each candidate knows how to be trained and how to predict rows that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol, TypeVar

import numpy as np

from andamio.errors import Text, text
from andamio.training.models import ConstantModel, Link, Matrix, Model
from andamio.training.table import Index
from andamio.training.task import Floats, Target, Task

Folds = Sequence[tuple[Index, Index]]
_WORKERS = 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """What all candidates are given alike.

    Attributes:
        x: Features, shape ``(rows, features)``.
        y: Target, shape ``(rows,)``.
        task: A number or classes.
        seed: Of every draw.
        signals: What a network reads, shape ``(rows, channels, samples)``; None where none is tried.
        copies: The features of copies of the rows, shape ``(copies, rows, features)``; None without any.
        weight: Of every row.
    """

    x: Matrix
    y: Target
    task: Task
    seed: int
    signals: Matrix | None = None
    copies: Matrix | None = None
    weight: float = 1.0

    def take(self, index: Index) -> Setting:
        """Return some rows."""
        signals = None if self.signals is None else self.signals[index]
        copies = None if self.copies is None else self.copies[:, index]
        return replace(self, x=self.x[index], y=self.y[index], signals=signals, copies=copies)


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsal:
    """What cross-validation found.

    Attributes:
        candidate: The candidate with what cross-validation chose (rounds, penalty) filled in.
        link: How its margins become answers.
        margins: Prediction of each row by a model that had not seen it, shape ``(rows, width)``; NaN where
            no fold held the row out.
        gains: How much each feature column helped, shape ``(features,)``; empty where it is not known.
    """

    candidate: Candidate
    link: Link
    margins: Floats
    gains: Floats = field(default_factory=lambda: np.empty(0))


class Candidate(Protocol):
    """A kind of model with its settings."""

    @property
    def family(self) -> str:
        """Its kind, for programs."""

    @property
    def title(self) -> Text:
        """Its kind, for people."""

    def settings(self) -> Mapping[str, object]:
        """Its settings as plain values."""

    def train(self, given: Setting) -> Model:
        """Train on all rows given."""

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate."""


@dataclass(frozen=True, slots=True)
class Dummy:
    """Always the same answer."""

    family: ClassVar[str] = "dummy"
    title: ClassVar[Text] = text("always the same answer")

    def settings(self) -> Mapping[str, object]:
        """It has none."""
        return {}

    def train(self, given: Setting) -> Model:
        """Take the mean, or the share of each class."""
        if given.task.classes <= 2:
            return ConstantModel((float(given.y.mean()),))
        counts = np.bincount(given.y.astype(np.int64), minlength=given.task.classes)
        return ConstantModel(tuple((counts / len(given.y)).tolist()))

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate."""
        return Rehearsal(self, Link.IDENTITY, predict_held_out(self.train, given, folds))


def predict_held_out(train: Callable[[Setting], Model], given: Setting, folds: Folds) -> Floats:
    """Predict every held-out row by a model trained on its fold's other rows.

    One fold after another in this thread: scikit-learn swaps the warning filters of the whole process while
    it works, and two threads doing so leave them broken.

    Returns:
        Margins, shape ``(rows, width)``; NaN where no fold held the row out.
    """
    parts = [train(given.take(inside)).margin(given.x[outside]) for inside, outside in folds]
    return gather(parts, given, folds)


def each_fold(work: Callable[[tuple[Index, Index]], T], folds: Folds) -> list[T]:
    """Do some work for each fold, two at a time and without scikit-learn; results keep the folds' order."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(work, folds))


def gather(parts: Sequence[Floats], given: Setting, folds: Folds) -> Floats:
    """Put the predictions of the folds back in the order of the rows."""
    margins = np.full((len(given.y), given.task.width), np.nan)
    for part, (_, test) in zip(parts, folds, strict=True):
        margins[test] = part
    return margins
