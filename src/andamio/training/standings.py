"""What was tried and what it came to, for the report: each kind of model, each found feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from andamio.contracts.contract import Feature
from andamio.errors import Text
from andamio.training.choosing import best_of
from andamio.training.task import gain
from andamio.training.trials import Trial


@dataclass(frozen=True, slots=True)
class Standing:
    """One kind of model in the table of what was tried.

    Attributes:
        family: Its kind, for programs.
        title: Its kind, for people.
        metric: "rmse" or "log_loss": less is better.
        score: Of rows that it had not seen.
        error: Standard error of the score.
        trials: How many settings of it were tried.
        features: Found features that it used.
        chosen: Whether it is the model.
    """

    family: str
    title: Text
    metric: str
    score: float
    error: float
    trials: int
    features: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class FoundFeature:
    """A feature that the search added, and the loss that it and its companions took away."""

    feature: Feature
    share: float


def leaderboard(trials: Sequence[Trial], chosen: Trial, is_regression: bool) -> tuple[Standing, ...]:
    """List the best trial of every kind, the best kind first."""
    families = {t.candidate.family for t in trials}
    best = [best_of(trials, family) for family in sorted(families)]
    shown = [chosen, *(t for t in best if t.candidate.family != chosen.candidate.family)]
    return tuple(
        Standing(
            family=t.candidate.family,
            title=t.candidate.title,
            metric="rmse" if is_regression else "log_loss",
            score=t.score,
            error=t.error,
            trials=sum(other.candidate.family == t.candidate.family for other in trials) or 1,
            features=tuple(f.name for f in t.found),
            chosen=t is chosen,
        )
        for t in sorted(shown, key=lambda t: t.score)
    )


def found_features(trials: Sequence[Trial], chosen: Trial) -> tuple[FoundFeature, ...]:
    """Tell each found feature with the share of the loss that the set took away, dealt by their gains."""
    if not chosen.found:
        return ()
    plain = next(t for t in trials if not t.found and t.candidate.family == "boosting")
    with_them = next(t for t in trials if t.found == chosen.found and t.candidate.family == "boosting")
    share = gain(plain.losses, with_them.losses)[0] / max(float(np.nanmean(plain.losses)), 1e-30)
    gains = with_them.gains[-len(chosen.found) :]
    parts = gains / gains.sum() if gains.sum() > 0 else np.full(len(gains), 1 / len(gains))
    return tuple(FoundFeature(f, share * float(p)) for f, p in zip(chosen.found, parts, strict=True))
