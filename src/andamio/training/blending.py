"""Average the answers of two kinds of model, when that pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from andamio.errors import Text, text
from andamio.training.candidates import Candidate, Folds, Rehearsal, Setting
from andamio.training.convolution import Convolution
from andamio.training.models import BlendedModel, Link, linked
from andamio.training.task import Floats, gain
from andamio.training.trials import Trial, trial_of

_SHARES = (0.2, 0.35, 0.5, 0.65, 0.8)


@dataclass(frozen=True, slots=True)
class Blend:
    """Candidates whose answers are averaged by weight."""

    parts: tuple[Candidate, ...]
    weights: tuple[float, ...]
    family: ClassVar[str] = "blend"

    @property
    def title(self) -> Text:
        """Name both kinds."""
        first, second = self.parts
        return text("average of {first} and {second}", first=first.title, second=second.title)

    def settings(self) -> Mapping[str, object]:
        """Tell the settings of every part with its weight."""
        return {
            part.family: {"weight": weight, **part.settings()}
            for part, weight in zip(self.parts, self.weights, strict=True)
        }

    def train(self, given: Setting) -> BlendedModel:
        """Train every part."""
        return BlendedModel([part.train(given) for part in self.parts], self.weights)

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate every part."""
        tried = [part.rehearse(given, folds) for part in self.parts]
        blend = Blend(tuple(t.candidate for t in tried), self.weights)
        return Rehearsal(
            blend, Link.IDENTITY, _averaged([linked(t.margins, t.link) for t in tried], self.weights)
        )


def best_blend(best: Trial, others: list[Trial], given: Setting) -> Trial | None:
    """Blend the best trial with the best one of another kind that shares its features.

    Args:
        best: The trial of the lowest loss.
        others: All trials.
        given: Target and task.

    Returns:
        The blend, if it lowers the loss by more than one standard error; its predictions are the averages of
        out-of-fold predictions that are already known.
    """
    kinds: dict[str, Trial] = {}
    if _is_network(best):
        return None
    for trial in sorted(others, key=lambda t: t.score):
        if _is_network(trial):
            continue  # its columns stand in a matrix of their own
        if trial.found == best.found and trial.candidate.family != best.candidate.family:
            kinds.setdefault(trial.candidate.family, trial)
    winner: Trial | None = None
    for other in kinds.values():
        answers = [linked(t.margins, t.link) for t in (best, other)]
        for share in _SHARES:
            weights = (1 - share, share)
            blend = Blend((best.candidate, other.candidate), weights)
            trial = trial_of(Rehearsal(blend, Link.IDENTITY, _averaged(answers, weights)), best.found, given)
            if winner is None or trial.score < winner.score:
                winner = trial
    if winner is None:
        return None
    less, noise = gain(best.losses, winner.losses)
    return winner if less > noise else None


def _is_network(trial: Trial) -> bool:
    return isinstance(trial.candidate, Convolution)


def _averaged(answers: list[Floats], weights: tuple[float, ...]) -> Floats:
    return np.asarray(sum(a * w for a, w in zip(answers, weights, strict=True)))
