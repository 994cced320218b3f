"""Choose among trials: the lowest loss, unless a simpler model cannot be told from it."""

from __future__ import annotations

from collections.abc import Sequence

from andamio.training.blending import best_blend
from andamio.training.candidates import Setting
from andamio.training.task import gain
from andamio.training.trials import Trial

SIMPLE = "linear"


def best_of(trials: Sequence[Trial], family: str | None = None) -> Trial:
    """Return the trial of the lowest loss, of one kind or of all; of equal ones the first."""
    return min((t for t in trials if family in (None, t.candidate.family)), key=lambda t: t.score)


def choose(trials: Sequence[Trial], given: Setting) -> Trial:
    """Choose the trial to train on all rows.

    The lowest loss wins, or the average with other kinds of model where that lowers it enough (see
    ``best_blend``). But the linear model is taken when the winner's advantage, row by row, is within one
    standard error: what cannot be told apart should be simple.

    Source of the rule: Breiman et al., Classification and Regression Trees (1984), the 1-SE rule, on paired
    differences.
    """
    best = best_of(trials)
    best = best_blend(best, list(trials), given) or best
    return _simple_enough(trials, best)


def choose_one(trials: Sequence[Trial]) -> Trial:
    """Choose in the same way without averages."""
    return _simple_enough(trials, best_of(trials))


def _simple_enough(trials: Sequence[Trial], best: Trial) -> Trial:
    if not any(trial.candidate.family == SIMPLE for trial in trials):
        return best
    simple = best_of(trials, SIMPLE)
    lost, noise = gain(simple.losses, best.losses)
    return simple if lost < noise else best
