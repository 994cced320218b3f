from __future__ import annotations

import numpy as np
import pytest

from andamio.bundles.graph import Graph
from andamio.bundles.parity import certify, certify_thresholds
from andamio.bundles.probes import policy_probes
from andamio.training.anomaly.distances import (
    Mahalanobis,
    PrincipalComponents,
    RobustMahalanobis,
    SteadyMahalanobis,
)
from andamio.training.anomaly.fitting import _regime_columns
from andamio.training.anomaly.forests import Isolation
from andamio.training.anomaly.networks import Autoencoder
from andamio.training.anomaly.regimes import InRegimes, OperatingPoints
from andamio.training.anomaly.trained import TrainedDetector
from andamio.training.matrix import Matrices
from andamio.training.table import read_problem

from .conftest import contract, readings, table

ALL = [
    Mahalanobis(),
    PrincipalComponents(),
    SteadyMahalanobis(),
    RobustMahalanobis(),
    OperatingPoints(Mahalanobis(), 2),
    Isolation(),
    Autoencoder(),
]


def detector(problem, candidate):
    matrices = Matrices(problem.contract, problem.rows, frozenset())
    model = candidate.learn(matrices.matrix(), 0)
    raw = model.raw(matrices.matrix())
    base = float(np.median(raw)) if candidate.family == "isolation" else 0.0
    return TrainedDetector(
        plan=matrices.plan(),
        features=matrices.graph(),
        model=model,
        base=base,
        limit=float(np.quantile(raw, 0.98)),
        classes=problem.classes,
        positive=problem.positive,
    )


@pytest.mark.parametrize("candidate", ALL, ids=lambda one: one.family)
def test_the_graph_of_every_candidate_answers_as_the_model_does(usual, candidate):
    found = detector(usual, candidate)
    graph = Graph(found.graph(), found.info(usual.contract))
    usual.rows.numbers[3:9] *= 30
    usual.rows.numbers[12, 2] = np.nan
    thresholds = certify_thresholds(found.answer, graph, found.graph(), usual.rows, most=400)
    written = certify(
        found, graph, usual.rows, policy_probes(usual.contract, usual.rows), thresholds=thresholds
    )
    assert written["passed"], written
    outputs = graph.run(usual.rows)
    assert outputs.decision is not None
    assert 6 <= outputs.decision.sum() < 60
    assert bool((thresholds["probed"] > 0) == (candidate.family == "isolation"))


@pytest.mark.parametrize("candidate", ALL, ids=lambda one: one.family)
def test_a_broken_correlation_lies_further_than_usual_rows(usual, candidate):
    found = detector(usual, candidate)
    broken = usual.rows.take(np.arange(200))
    broken.numbers[:] = np.random.default_rng(5).normal(20, 12, broken.numbers.shape)
    assert np.median(found(broken).value) > 2 * np.median(found(usual.rows).value)


def test_score_decision_and_health_say_the_same(usual):
    outputs = detector(usual, Mahalanobis())(usual.rows)
    assert (outputs.decision == (outputs.value >= 1)).all()
    assert ((outputs.health <= 50) == (outputs.value >= 1)).all()
    assert outputs.health.min() >= 0
    assert outputs.health.max() <= 100


def test_each_declared_regime_has_a_usual_of_its_own(in_modes):
    problem = in_modes()
    matrices = Matrices(problem.contract, problem.rows, frozenset())
    columns = _regime_columns(problem.contract, matrices.graph())
    assert [matrices.graph().names[column] for column in columns] == ["mode=idle", "mode=load"]
    candidate = InRegimes(Mahalanobis(), columns)
    found = detector(problem, candidate)
    graph = Graph(found.graph(), found.info(problem.contract))
    probes = policy_probes(problem.contract, problem.rows)
    assert certify(found, graph, problem.rows, probes)["passed"]
    other_way = problem.rows.take(np.arange(600))
    other_way.categories[:, 0] = np.where(problem.rows.categories[:, 0] == "idle", "load", "idle")
    assert np.mean(found(problem.rows).decision) < 0.05
    assert np.mean(found(other_way).decision) > 0.95


def test_a_tag_that_never_moved_is_noticed_when_it_moves():
    values = readings(200, 3)
    values[:, 1] = 5.0
    problem = read_problem(contract(), table(values))
    found = detector(problem, Mahalanobis())
    moved = problem.rows.take(np.arange(50))
    moved.numbers[:, 1] = 9.0
    assert found(moved).decision.all()
