"""Forecast residuals: a machine whose level wanders, and a jump that its wandering does not foretell."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.bundles.graph import Graph
from andamio.bundles.parity import certify
from andamio.bundles.probes import policy_probes
from andamio.training.anomaly.fitting import fit_detector
from andamio.training.anomaly.forecasts import LAGS, Forecast, lagged
from andamio.training.table import read_problem

from .conftest import TAGS, contract, table

WINDOW = "[window]\nlength = 6\n"


def wandering(rows, seed):
    """Draw a machine with two tags that wander far, slowly and together, and three that are noise."""
    rng = np.random.default_rng(seed)
    level = np.cumsum(rng.normal(0, 1.0, rows))
    noise = rng.normal(0, 0.3, (rows, len(TAGS)))
    noise[:, 0] += level
    noise[:, 1] += 2 * level
    return 50 + noise


def fitted(problem, trials=None):
    return fit_detector(
        problem, excluded=frozenset(), budget_s=60.0, trials=trials, seed=0, progress=lambda _step: None
    )


def test_the_coefficients_are_those_of_least_squares():
    rng = np.random.default_rng(0)
    series = np.zeros(3000)
    for row in range(1, 3000):
        series[row] = 0.9 * series[row - 1] + rng.normal()
    x = np.column_stack([series[1:], series[:-1]]).astype(np.float32)
    model = Forecast((0,), (1,)).learn(x, 0)
    weights = model.weights / model.weights[0, 0]
    assert weights[1, 0] == pytest.approx(-0.9, abs=0.02)
    assert np.sqrt(np.mean(np.square(model.raw(x)))) == pytest.approx(1.0, rel=0.02)


def test_the_samples_before_are_features_and_the_graph_answers_as_the_model_does():
    problem = read_problem(contract(WINDOW), table(wandering(700, 1)))
    three = fitted(problem, trials=3)
    forecast = next(trial for trial in three.trials if trial.candidate.family == "forecast")
    assert len(forecast.found) == LAGS * len(TAGS)
    alone = fit_detector(
        problem,
        excluded=frozenset(),
        budget_s=0.0,
        trials=1,
        seed=0,
        progress=lambda _step: None,
        only=forecast,
    ).native
    named = alone.features.names.index("suction_before_2")
    matrix = alone.features and alone(problem.rows).features
    assert matrix[:, named] == pytest.approx(problem.rows.signals[:, 6 - 1 - 2])
    graph = Graph(alone.graph(), alone.info(problem.contract))
    written = certify(alone, graph, problem.rows, policy_probes(problem.contract, problem.rows))
    assert written["passed"], written


def test_a_jump_much_smaller_than_a_tag_wanders_is_noticed_by_the_forecast_alone():
    problem = read_problem(contract(WINDOW), table(wandering(900, 2)))
    trials = {trial.candidate.family: trial for trial in fitted(problem, trials=3).trials}
    jumped = problem.rows.take(np.arange(300, 400))
    jumped.numbers[:, 0] += 8
    jumped.numbers[:, 1] += 16
    jumped.signals[:, [5, 11]] = jumped.numbers[:, :2]
    noticed = {}
    for family in ("mahalanobis", "forecast"):
        found = fit_detector(
            problem,
            excluded=frozenset(),
            budget_s=0.0,
            trials=1,
            seed=0,
            progress=lambda _step: None,
            only=trials[family],
        )
        noticed[family] = float(found.native(jumped).decision.mean())
    assert noticed["forecast"] > 0.95
    assert noticed["mahalanobis"] < 0.1


def test_without_a_window_of_enough_samples_nothing_is_foretold():
    assert lagged(contract(), frozenset()) == ()
    assert lagged(contract(f"[window]\nlength = {LAGS}\n"), frozenset()) == ()
    assert lagged(contract(WINDOW + '[features]\nswing = "std(flow)"\n'), frozenset()) == ()
    assert len(lagged(contract(WINDOW), frozenset({"flow"}))) == LAGS * (len(TAGS) - 1)


@pytest.mark.parametrize(("rows", "offered"), [(250, False), (400, True)])
def test_a_forecast_needs_twenty_rows_for_each_coefficient(rows: int, offered: bool):
    problem = read_problem(contract(WINDOW), table(wandering(rows, 3)))
    families = {trial.candidate.family for trial in fitted(problem, trials=3).trials}
    assert ("forecast" in families) is offered
