"""Candidates: each is trained as its library trains it, small and repeatable."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from andamio.training.blending import Blend, best_blend
from andamio.training.boosting import (
    MOST_LEAVES,
    MOST_TREES,
    Boosting,
    BoostingSettings,
    default_settings,
    most_rounds,
)
from andamio.training.candidates import Candidate, Dummy, Rehearsal, Setting
from andamio.training.choosing import choose
from andamio.training.forest import MOST_LEAVES as FOREST_LEAVES
from andamio.training.forest import Forest
from andamio.training.gaussian_process import GaussianProcess
from andamio.training.linear import LinearFit, train_linear
from andamio.training.models import Link, linked
from andamio.training.task import Task, gain
from andamio.training.trials import Proposal, Trial, run_trial, trial_of

NUMBER, TWO, THREE = Task(0), Task(2), Task(3)
SMALL = BoostingSettings(learning_rate=0.2, leaves=4, bins=63)


def setting(task: Task, rows: int = 200, columns: int = 4, seed: int = 0, wiggle: float = 0.0) -> Setting:
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(rows, columns)) * 10.0 ** np.arange(columns) + 5).astype(np.float32)
    z = (x - 5) / 10.0 ** np.arange(columns)
    signal = z[:, 0] - 0.5 * z[:, 1] + wiggle * np.sin(3 * z[:, 0]) + 0.3 * rng.normal(size=rows)
    if task.is_regression:
        return Setting(x, signal.astype(np.float64), task, seed)
    edges = np.quantile(signal, np.linspace(0, 1, task.classes + 1)[1:-1])
    return Setting(x, np.searchsorted(edges, signal), task, seed)


def parts(rows: int, k: int = 4) -> list[tuple[np.ndarray, np.ndarray]]:
    fold = np.random.default_rng(1).permutation(rows) % k
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k)]


def trial(candidate: object, given: Setting) -> Trial:
    return run_trial(Proposal(candidate, (), Dummy.title), given, parts(len(given.y)))


def test_ridge_is_the_ridge_of_scikit_learn_on_standardised_features() -> None:
    given = setting(NUMBER)
    model = train_linear(given, 0.1)
    z = StandardScaler().fit_transform(given.x.astype(np.float64))
    theirs = Ridge(alpha=0.1 * len(z)).fit(z, given.y)
    assert model.margin(given.x)[:, 0] == pytest.approx(theirs.predict(z), abs=1e-8)


@pytest.mark.parametrize("task", [TWO, THREE])
def test_more_features_than_rows_give_the_same_linear_model_as_without_turning(task: Task) -> None:
    given = setting(task, rows=40, columns=5)
    wide = Setting(np.tile(given.x, (1, 20)), given.y, task, 0)
    z = StandardScaler().fit_transform(wide.x.astype(np.float64))
    theirs = LogisticRegression(C=1 / (0.1 * 40), max_iter=3000, tol=1e-8).fit(z, given.y)
    ours = train_linear(wide, 0.1)
    chances = linked(ours.margin(wide.x), ours.link)
    expected = theirs.predict_proba(z)[:, 1:] if task is TWO else theirs.predict_proba(z)
    assert chances == pytest.approx(expected, abs=2e-3)


def test_a_constant_column_gets_no_weight() -> None:
    given = setting(NUMBER)
    x = given.x.copy()
    x[:, 3] = 7.1
    assert train_linear(Setting(x, given.y, NUMBER, 0), 0.01).coefficients[0, 3] == 0


def test_cross_validation_chooses_the_penalty_of_the_lowest_loss() -> None:
    given = setting(NUMBER, rows=60)
    chosen = LinearFit().rehearse(given, parts(60)).candidate
    losses = {p: trial(LinearFit(p), given).score for p in (1e-4, 1e-2, 1.0)}
    assert trial(chosen, given).score <= min(losses.values()) + 1e-12


def test_boosting_chooses_its_rounds_and_trains_exactly_as_many() -> None:
    given = setting(NUMBER)
    candidate = Boosting(SMALL).rehearse(given, parts(200)).candidate
    assert isinstance(candidate, Boosting)
    assert candidate.train(given).booster.num_trees() == candidate.chosen.rounds


@pytest.mark.parametrize("task", [TWO, THREE])
def test_class_weights_do_not_move_the_mean_chance_of_a_rare_class(task: Task) -> None:
    given = setting(task, rows=600)
    y = np.where((given.y == 1) & (np.arange(600) % 5 > 0), 0, given.y)
    rare = Setting(given.x, y, task, 0)
    model = Boosting(BoostingSettings(learning_rate=0.1, leaves=4, balance=1.0, rounds=30)).train(rare)
    chance = linked(model.margin(rare.x), model.link)
    told = chance[:, 0] if task is TWO else chance[:, 1]
    assert float(told.mean()) == pytest.approx(float((y == 1).mean()), abs=0.05)


def test_training_twice_gives_the_same_trees() -> None:
    given = setting(TWO)
    texts = {Boosting(BoostingSettings(rounds=20)).train(given).booster.model_to_string() for _ in range(2)}
    assert len(texts) == 1


@pytest.mark.parametrize("task", [NUMBER, TWO, Task(10)])
def test_the_number_of_leaves_is_bounded_whatever_the_settings(task: Task) -> None:
    for rows in (100, 2_000, 50_000):
        settings = default_settings(rows, 10, task)
        trees = most_rounds(settings, task) * task.width
        assert trees <= MOST_TREES
        assert trees * settings.leaves <= MOST_LEAVES
    forest = Forest(trees=20).train(setting(task if task is not TWO else TWO, rows=300))
    leaves = sum(tree.get_n_leaves() for tree in forest.forest.estimators_)
    assert leaves * task.width <= FOREST_LEAVES


@pytest.mark.parametrize("task", [NUMBER, TWO, THREE])
def test_the_dummy_tells_what_is_usual(task: Task) -> None:
    given = setting(task)
    told = Dummy().train(given).margin(given.x)
    assert told.shape == (200, task.width)
    expected = [given.y.mean()] if task is not THREE else np.bincount(given.y) / 200
    assert told[0] == pytest.approx(expected)


def test_a_linear_truth_is_given_to_the_linear_model() -> None:
    given = setting(NUMBER)
    tried = [trial(Boosting(SMALL), given), trial(LinearFit(), given), trial(Forest(trees=10), given)]
    assert choose(tried, given).candidate.family == "linear"


def test_a_wavy_truth_is_not() -> None:
    given = setting(NUMBER, rows=400, wiggle=2.0)
    tried = [trial(Boosting(SMALL), given), trial(LinearFit(), given)]
    assert choose(tried, given).candidate.family != "linear"


def known(candidate: Candidate, margins: np.ndarray, given: Setting) -> Trial:
    return trial_of(Rehearsal(candidate, Link.IDENTITY, margins[:, None]), (), given)


def test_kinds_that_err_apart_are_blended_and_kinds_that_err_alike_are_not() -> None:
    given = setting(NUMBER, rows=400)
    rng = np.random.default_rng(0)
    kinds: tuple[Candidate, ...] = (Boosting(SMALL), Forest(trees=10), GaussianProcess(), LinearFit())
    apart = [known(kind, given.y + rng.normal(size=400), given) for kind in kinds]
    best = min(apart, key=lambda t: t.score)
    blend = best_blend(best, apart, given)
    assert blend is not None
    assert len(blend.candidate.settings()) == 3
    assert sum(blend.candidate.weights) == pytest.approx(1)  # type: ignore[attr-defined]
    assert max(blend.candidate.weights) < 0.5  # type: ignore[attr-defined]
    assert blend.score < 0.7 * best.score
    less, noise = gain(best.losses, blend.losses)
    assert less > 0.5 * noise
    error = rng.normal(size=400)
    alike = [known(kind, given.y + error * (1 + 0.01 * place), given) for place, kind in enumerate(kinds)]
    assert best_blend(alike[0], alike, given) is None
    assert best_blend(alike[0], alike[:1], given) is None


def test_a_blend_answers_the_weighted_average_of_its_parts() -> None:
    given = setting(TWO)
    blend = Blend((LinearFit(0.1), Forest(trees=5)), (0.25, 0.75))
    first, second = (part.train(given) for part in blend.parts)
    told = blend.train(given).margin(given.x)
    assert told == pytest.approx(
        0.25 * linked(first.margin(given.x), Link.LOGISTIC) + 0.75 * second.margin(given.x)
    )
    assert blend.rehearse(given, parts(200)).margins.shape == (200, 1)


@pytest.mark.parametrize("candidate", [LinearFit(), Forest(trees=4)])
def test_scikit_learn_works_in_the_calling_thread_and_leaves_the_warning_filters(
    candidate: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = setting(TWO, rows=60)
    taken_in = []
    take = Setting.take

    def watched(self: Setting, index: np.ndarray) -> Setting:
        taken_in.append(threading.get_ident())
        return take(self, index)

    monkeypatch.setattr(Setting, "take", watched)
    before = list(warnings.filters)
    candidate.rehearse(given, parts(60))
    assert set(taken_in) == {threading.get_ident()}
    assert list(warnings.filters) == before


@pytest.mark.parametrize("task", [NUMBER, TWO, THREE])
def test_with_few_rows_every_fold_is_measured_with_as_many_trees_as_all_rows_then_get(task: Task) -> None:
    given = setting(task, rows=60, wiggle=1.0)
    folds = parts(60, k=10)
    rehearsal = Boosting(default_settings(60, 4, task)).rehearse(given, folds)
    for inside, outside in folds:
        alone = rehearsal.candidate.train(given.take(inside)).margin(given.x[outside])
        np.testing.assert_allclose(rehearsal.margins[outside], alone)


def test_boosted_trees_of_sixty_rows_promise_no_more_than_fresh_rows_show() -> None:
    promised, shown = [], []
    for seed in range(8):
        fresh, given = (setting(TWO, rows=rows, seed=seed) for rows in (4000, 60))
        flipped = np.random.default_rng(seed).random(4060) < 0.2
        target, truth = (given.y ^ flipped[:60], fresh.y ^ flipped[60:])
        given = Setting(given.x, target, TWO, seed)
        tried = run_trial(
            Proposal(Boosting(default_settings(60, 4, TWO)), (), Dummy.title), given, parts(60, 10)
        )
        chance = linked(tried.candidate.train(given).margin(fresh.x), tried.link)
        promised.append(tried.score)
        shown.append(float(TWO.losses(chance, truth).mean()))
    assert np.mean(shown) < np.log(2)
    assert np.mean(shown) < 1.25 * np.mean(promised)
