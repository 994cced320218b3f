"""One trial: a candidate with a set of found features, cross-validated on the same folds as all others."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from andamio.contracts.contract import Feature
from andamio.errors import Text
from andamio.training.calibration import calibrate
from andamio.training.candidates import Candidate, Folds, Rehearsal, Setting
from andamio.training.models import Link
from andamio.training.task import Floats


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to try next, and how to tell a person."""

    candidate: Candidate
    found: tuple[Feature, ...]
    said: Text


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What came of a proposal.

    Attributes:
        candidate: With what cross-validation chose (rounds, penalty) filled in.
        found: Found features that it used.
        link: How its margins become answers.
        margins: Out-of-fold margins, shape ``(rows, width)``; NaN where no fold held the row out.
        answers: Out-of-fold answers after a calibration that had not seen them either.
        losses: Of the answers, shape ``(rows,)``.
        score: Root mean square error or mean logarithmic loss: less is better.
        error: Its standard error.
        gains: How much each feature column helped; empty where it is not known.
    """

    candidate: Candidate
    found: tuple[Feature, ...]
    link: Link
    margins: Floats
    answers: Floats
    losses: Floats
    score: float
    error: float
    gains: Floats


# A strategy proposes, is told the trial, and ends with what it learnt.
Strategy = Generator[Proposal, Trial, tuple[Feature, ...]]


def run_trial(proposal: Proposal, given: Setting, folds: Folds) -> Trial:
    """Cross-validate a proposal."""
    return trial_of(proposal.candidate.rehearse(given, folds), proposal.found, given)


def trial_of(rehearsal: Rehearsal, found: tuple[Feature, ...], given: Setting) -> Trial:
    """Calibrate out-of-fold margins and measure them."""
    answers = calibrate(rehearsal.margins, rehearsal.link, given.y, given.task).answers
    losses = given.task.losses(answers, given.y)
    score, error = given.task.score(losses)
    return Trial(
        rehearsal.candidate,
        found,
        rehearsal.link,
        rehearsal.margins,
        answers,
        losses,
        score,
        error,
        rehearsal.gains,
    )
