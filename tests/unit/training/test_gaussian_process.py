from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from andamio.bundles.graph import Graph
from andamio.bundles.parity import certify
from andamio.training import gaussian_process as process
from andamio.training.calibration import AsIs
from andamio.training.candidates import Setting
from andamio.training.export import Trained
from andamio.training.intervals import Interval
from andamio.training.linear import link_of
from andamio.training.matrix import Matrices
from andamio.training.table import read_problem
from andamio.training.task import Task, target_of

NUMBER, EVENT = Task(0), Task(2)


def _rows(rows=80, seed=0):
    rng = np.random.default_rng(seed)
    x = np.column_stack([1500 + 30 * rng.normal(size=rows), 300 + 2 * rng.normal(size=rows)])
    return x.astype(np.float32)


def _wave(x):
    return np.sin((x[:, 0] - 1500) / 15) + 0.2 * (x[:, 1] - 300)


def test_the_gradient_of_the_likelihood_is_its_gradient():
    rng = np.random.default_rng(0)
    z, usual = rng.normal(size=(30, 2)), np.zeros(5)
    y = np.sin(z[:, 0])
    at = 0.3 * rng.normal(size=5)
    value = lambda logs: process._unlikely(logs, z, y, usual)[0]  # noqa: E731
    slope = lambda logs: process._unlikely(logs, z, y, usual)[1]  # noqa: E731
    assert check_grad(value, slope, at) < 1e-4


def test_with_the_same_covariance_it_answers_as_scikit_learn(monkeypatch):
    x = _rows()
    y = _wave(x.astype(np.float64))
    fixed = process._Covariance(size=1.0, lengths=np.array([0.5, 2.0]), line=0.0, noise=0.01)
    monkeypatch.setattr(process._Covariance, "learn", staticmethod(lambda *_given: fixed))
    model = process.train_process(Setting(x, y, NUMBER, 0), 1.0)
    centre, spread = x.astype(float).mean(axis=0), x.astype(float).std(axis=0)
    kernel = ConstantKernel(1.0, "fixed") * RBF([0.5, 2.0], "fixed") + WhiteKernel(0.01, "fixed")
    peer = GaussianProcessRegressor(kernel, normalize_y=True)
    peer.fit((x - centre) / spread, y)
    fresh = _rows(50, 1)
    assert model.margin(fresh)[:, 0] == pytest.approx(peer.predict((fresh - centre) / spread), abs=1e-6)


def test_it_follows_a_wave_that_no_line_can():
    x, fresh = _rows(), _rows(200, 1)
    model = process.train_process(Setting(x, _wave(x.astype(np.float64)), NUMBER, 0), 1.0)
    error = model.margin(fresh)[:, 0] - _wave(fresh.astype(np.float64))
    assert float(np.sqrt(np.mean(error**2))) < 0.25


def test_two_classes_are_told_apart_by_a_ring():
    x, fresh = _rows(120), _rows(300, 1)

    def inside(rows):
        z = (rows.astype(np.float64) - [1500, 300]) / [30, 2]
        return (np.square(z).sum(axis=1) < 1).astype(np.int64)

    model = process.train_process(Setting(x, inside(x), EVENT, 0), 5.0)
    right = (model.margin(fresh)[:, 0] > 0) == (inside(fresh) == 1)
    assert float(right.mean()) > 0.9


def test_it_is_tried_only_where_its_time_is_bearable():
    assert process.suits(2000, 20, NUMBER)
    assert not process.suits(2001, 20, NUMBER)
    assert not process.suits(900, 20, EVENT)
    assert not process.suits(100, 20, Task(3))


def _trained(contract, problem, task, **answers):
    matrices = Matrices(contract, problem.rows, frozenset())
    model = process.train_process(Setting(matrices.matrix(), target_of(problem), task, 0), 5.0)
    return Trained(
        plan=matrices.plan(),
        features=matrices.graph(),
        model=model,
        calibration=AsIs(link_of(task)),
        classes=problem.classes,
        **answers,
    )


def test_the_graph_answers_a_number_as_the_process_does(kiln):
    contract, table = kiln
    problem = read_problem(contract, table.frame)
    within = Interval(0.9, 1.0, None, 2.0)
    trained = _trained(contract, problem, NUMBER, positive=None, threshold=None, interval=within)
    graph = Graph(trained.graph(), trained.info(contract))
    certificate = certify(trained, graph, problem.rows)
    assert certificate["passed"] is True
    assert certificate["max_abs_difference"] < 1e-5


def test_the_graph_decides_as_the_process_does(press):
    contract, table = press
    problem = read_problem(contract, table.frame.head(200))
    trained = _trained(contract, problem, EVENT, positive=problem.positive, threshold=0.5, interval=None)
    graph = Graph(trained.graph(), trained.info(contract))
    certificate = certify(trained, graph, problem.rows)
    assert certificate["passed"] is True
    assert certificate["decision_flips"] == 0
