"""Learn from copies of few rows as well, where that pays.

A row and its copies stand on the same side of every split, and a copy is never asked about: what is measured
is measured on rows that were. What a copy may be is told by ``copying``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from andamio.errors import Text, text
from andamio.training.blending import Blend
from andamio.training.boosting import Boosting
from andamio.training.candidates import Candidate, Folds, Rehearsal, Setting, predict_held_out
from andamio.training.linear import link_of
from andamio.training.models import Matrix, Model
from andamio.training.paying import Worth
from andamio.training.task import Target

# A feature that copies move by less than this share of its spread says the same of all of them.
_MOVES = 1e-4


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What copies of the rows were worth.

    Attributes:
        copies: Of each row.
        share: The share of the out-of-fold loss that they take away; negative when they add some.
        error: Its standard error.
        used: Whether the model learnt from them.
    """

    copies: int
    share: float
    error: float
    used: bool

    @classmethod
    def of(cls, copies: int, found: Worth) -> Augmentation:
        """Tell what was found."""
        return cls(copies, found.share, found.error, found.pays)

    @property
    def sentence(self) -> Text:
        """Say so."""
        share, error = (float(f"{100 * value:.2g}") for value in (self.share, self.error))
        if self.used:
            return text(
                "It learnt from {copies} copies of each row too, each within the accuracy of the sensors:"
                " they take {share} ± {error} % of the loss away.",
                copies=self.copies,
                share=share,
                error=error,
            )
        if self.share >= 0:
            return text(
                "Copies of the rows within the accuracy of the sensors were tried and left out: they take"
                " {share} ± {error} % of the loss away, no more than chance would.",
                share=share,
                error=error,
            )
        return text(
            "Copies of the rows within the accuracy of the sensors were tried and left out: they add"
            " {share} ± {error} % to the loss.",
            share=-share,
            error=error,
        )


@dataclass(frozen=True, slots=True)
class Augmented:
    """A kind of model that learns from the copies too."""

    inner: Candidate

    @property
    def family(self) -> str:
        """Its kind, for programs: that of the model, since the graph is the same."""
        return self.inner.family

    @property
    def title(self) -> Text:
        """Its kind, for people."""
        return text("{model} with copies of the rows", model=self.inner.title)

    def settings(self) -> Mapping[str, object]:
        """Tell the settings of the model."""
        return {**self.inner.settings(), "augmented": True}

    def train(self, given: Setting) -> Model:
        """Train on the rows and their copies."""
        return self.inner.train(grown(given))

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate with the settings as they are: nothing is chosen anew that could flatter copies."""
        link = link_of(given.task)
        return Rehearsal(self, link, predict_held_out(self.train, given, folds))


def augmented(candidate: Candidate, copies: int) -> Augmented:
    """Let a model, its settings chosen without them, learn from so many copies of each row too.

    A leaf that holds a row holds its copies: so many times as many stand for as many rows.
    """
    if isinstance(candidate, Boosting):
        settings = candidate.chosen
        candidate = Boosting(replace(settings, least_rows=settings.least_rows * (1 + copies)))
    return Augmented(candidate)


def is_augmented(candidate: Candidate) -> bool:
    """Tell whether a model, or a part of it, learns from copies."""
    parts = candidate.parts if isinstance(candidate, Blend) else (candidate,)
    return any(isinstance(part, Augmented) for part in parts)


def grown(given: Setting) -> Setting:
    """Return the rows followed by their copies; a row and its copies weigh as much as the row alone.

    Else a model would be as sure as if so many more rows had been seen.
    """
    if given.copies is None:
        return given
    times = 1 + _copies(given)
    return Setting(
        np.concatenate([given.x, *given.copies]),
        cast("Target", np.tile(given.y, times)),
        given.task,
        given.seed,
        weight=given.weight / times,
    )


def moves(x: Matrix, copies: Matrix) -> bool:
    """Tell whether copies differ from their rows in any feature."""
    return bool(np.any(np.abs(copies - x).max(axis=(0, 1)) > _MOVES * x.std(axis=0)))


def _copies(given: Setting) -> int:
    return 0 if given.copies is None else len(given.copies)
