"""Tuning: the same results in give the same proposals out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from andamio.training import tuning
from andamio.training.boosting import Boosting, BoostingSettings
from andamio.training.models import Link
from andamio.training.task import Task
from andamio.training.trials import Proposal, Trial
from andamio.training.tuning import tune_boosting

START = BoostingSettings(leaves=8)
NUMBER = Task(0)


def told(proposal: Proposal, score: float) -> Trial:
    nothing = np.empty((0, 1))
    return Trial(
        proposal.candidate, (), Link.IDENTITY, nothing, nothing, np.empty(0), score, 0.1, np.empty(0)
    )


def proposals(seed: int, count: int, task: Task = NUMBER) -> list[BoostingSettings]:
    """Answer each proposal with a loss that is lowest at a learning rate of 0.03."""
    first = told(Proposal(Boosting(START), (), Boosting.title), 1.0)
    strategy = tune_boosting((), first, START, (1_000, 5), task, seed)
    made = []
    proposal = next(strategy)
    for _ in range(count):
        assert isinstance(proposal.candidate, Boosting)
        made.append(proposal.candidate.chosen)
        proposal = strategy.send(told(proposal, abs(np.log(made[-1].learning_rate / 0.03))))
    return made


def test_the_same_seed_proposes_the_same_and_another_one_something_else() -> None:
    assert proposals(1, 15) == proposals(1, 15)
    assert proposals(1, 15) != proposals(2, 15)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    assert proposals(5, 20)[:12] == proposals(5, 12)


def test_proposals_move_to_where_the_loss_is_low() -> None:
    rates = [s.learning_rate for s in proposals(0, 40)]
    assert np.mean(np.abs(np.log(np.array(rates[25:]) / 0.03))) < np.mean(
        np.abs(np.log(np.array(rates[:10]) / 0.03))
    )


def test_class_weights_are_tried_for_classes_and_not_for_numbers() -> None:
    assert {s.balance for s in proposals(0, 20, Task(2))} == {0.0, 0.5}
    assert {s.balance for s in proposals(0, 20)} == {0.0}


def test_tuning_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "MOST_TRIALS", 9)
    first = told(Proposal(Boosting(START), (), Boosting.title), 1.0)
    strategy = tune_boosting((), first, START, (1_000, 5), Task(0), 0)
    assert sum(1 for _ in _all(strategy)) == 9


def _all(strategy: object) -> object:
    proposal = next(strategy)
    while True:
        yield proposal
        try:
            proposal = strategy.send(told(proposal, dataclasses.asdict(proposal.candidate.chosen)["l2"]))
        except StopIteration:
            return
