"""Average the answers of two or three kinds of model, when that pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_MOST_PARTS = 3  # what one row costs adds up
# Averaging helps on average, and with few rows it is the comparison that is noisy: half an error is enough.
_FEW_ROWS, _ENOUGH_OF_FEW = 2_000, 0.5


@dataclass(frozen=True, slots=True)
class Blend:
    """Candidates whose answers are averaged by weight."""

    parts: tuple[Candidate, ...]
    weights: tuple[float, ...]
    family: ClassVar[str] = "blend"

    @property
    def title(self) -> Text:
        """Name all kinds."""
        first, second, *more = (part.title for part in self.parts)
        if more:
            return text("average of {first}, {second} and {third}", first=first, second=second, third=more[0])
        return text("average of {first} and {second}", first=first, second=second)

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
    """Blend the best trial with the best ones of other kinds that share its features, one after the other.

    Args:
        best: The trial of the lowest loss.
        others: All trials.
        given: Target and task.

    Returns:
        The blend; each of its parts but the first lowered the loss by more than one standard error, or half
        of one where rows are few. Its predictions are the averages of out-of-fold predictions that are
        already known. None where no other kind does.

    Source: Caruana et al., Ensemble selection from libraries of models (2004), with each kind at most once.
    """
    kinds: dict[str, Trial] = {}
    if _is_network(best):
        return None
    for trial in sorted(others, key=lambda t: t.score):
        if _is_network(trial):
            continue  # its columns stand in a matrix of their own
        if trial.found == best.found and trial.candidate.family != best.candidate.family:
            kinds.setdefault(trial.candidate.family, trial)
    parts, blend = [best], best
    weights: tuple[float, ...] = (1.0,)
    enough = _ENOUGH_OF_FEW if len(given.y) <= _FEW_ROWS else 1.0
    while kinds and len(parts) < _MOST_PARTS:
        tried = [
            (_blended([*parts, other], (*(w * (1 - share) for w in weights), share), given), other, share)
            for other in kinds.values()
            for share in _SHARES
        ]
        winner, other, share = min(tried, key=lambda one: one[0].score)
        less, noise = gain(blend.losses, winner.losses)
        if less <= enough * noise:
            break
        parts, weights, blend = [*parts, other], (*(w * (1 - share) for w in weights), share), winner
        del kinds[other.candidate.family]
    return None if blend is best else blend


def _blended(parts: Sequence[Trial], weights: tuple[float, ...], given: Setting) -> Trial:
    blend = Blend(tuple(part.candidate for part in parts), weights)
    answers = [linked(part.margins, part.link) for part in parts]
    return trial_of(Rehearsal(blend, Link.IDENTITY, _averaged(answers, weights)), parts[0].found, given)


def _is_network(trial: Trial) -> bool:
    return isinstance(trial.candidate, Convolution)


def _averaged(answers: list[Floats], weights: tuple[float, ...]) -> Floats:
    return np.asarray(sum(a * w for a, w in zip(answers, weights, strict=True)))
