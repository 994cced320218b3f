from __future__ import annotations

import importlib
import sys
import types
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from andamio.bundles.graph import Graph
from andamio.bundles.parity import certify
from andamio.contracts import parse_contract
from andamio.errors import MissingExtra
from andamio.features import Floating, Layer, Network
from andamio.language import say
from andamio.training import convolution
from andamio.training.fitting import fit
from andamio.training.learnt import learn
from andamio.training.run import TrainOptions, train
from andamio.training.table import read_problem
from andamio.training.transfer import sister_of
from andamio.training.whole_numbers import Lighter

CONTRACT = """
[model]
kind = "{kind}"
data = "shaft"
target = "state"
convolution = true

[input.wave]
type = "waveform"
unit = "g"
rate_hz = 1000
length = 48

[features]
size = "rms(wave)"

[output.state]
{more}
"""


def contract(kind="classification", more=""):
    return parse_contract(CONTRACT.format(kind=kind, more=more), name="shaft", file="shaft.toml")


def frame(rows, seed, kind="classification", gain=1.0):
    """Two shapes of equal size: no rms tells them apart."""
    rng = np.random.default_rng(seed)
    at = np.arange(48)
    event = rng.random(rows) < 0.5
    pace = np.where(event, 0.9, 0.3)[:, None]
    waves = np.sin(pace * at + rng.uniform(0, 6, rows)[:, None]) + 0.3 * rng.normal(size=(rows, 48))
    label = np.where(event, "worn", "good") if kind == "classification" else 5.0 * event + 10.0
    signals = pl.Series((gain * waves).astype(np.float32).tolist(), dtype=pl.List(pl.Float32))
    return pl.DataFrame({"state": label, "wave": signals})


def stand_in(patch):
    """Stand in for PyTorch: kernels drawn at random or taken over, and a head by least squares."""

    def train_networks(x, y, course):
        rng = np.random.default_rng(course.seed)
        layers = (
            Layer(rng.normal(size=(64, x.shape[1], 7)).astype(np.float32), np.zeros(64, np.float32), 1),
            Layer(rng.normal(size=(16, 64, 3)).astype(np.float32) / 16, np.zeros(16, np.float32), 2),
        )
        started = course.start.stages if course.start is not None else Floating(layers)
        network = Network(
            signals=course.names,
            samples=x.shape[2],
            mean=x.mean(axis=(0, 2)),
            scale=1 / x.std(axis=(0, 2)),
            stages=started,
            head=np.zeros((1, started.layers[-1].weights.shape[0])),
            intercept=np.zeros(1),
            instead=np.zeros(1, np.float32),
        )
        pooled = network.pooled(x)
        aim = y if course.task.is_regression else 8.0 * y - 4.0
        known = np.column_stack([pooled, np.ones(len(y))])
        solved = np.linalg.lstsq(known.T @ known + 1e-2 * np.eye(known.shape[1]), known.T @ aim, rcond=None)[
            0
        ]
        done = replace(network, head=solved[None, :-1], intercept=solved[-1:])
        return [done for _ in course.steps]

    module = types.SimpleNamespace(Course=types.SimpleNamespace, train_networks=train_networks)
    patch.setattr(convolution, "require_torch", lambda: module)
    patch.setattr("andamio.training.fitting.require_torch", lambda: module)


@pytest.fixture
def trainer(monkeypatch):
    stand_in(monkeypatch)


@pytest.fixture(scope="module")
def shaft():
    """A problem of two shapes, and what was fitted to it."""
    problem = read_problem(contract(), frame(160, 0))
    with pytest.MonkeyPatch.context() as patch:
        stand_in(patch)
        return problem, fit(problem, trials=1)


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_a_network_is_tried_chosen_and_proven(trainer, kind, shaft):
    problem, fitted = shaft
    if kind == "regression":
        problem = read_problem(contract(kind), frame(160, 0, kind))
        fitted = fit(problem, trials=1)
    assert fitted.params["family"] == "convolution"
    assert fitted.params["signals"] == ["wave"]
    assert fitted.native.features.names == ("size", "network.1")
    graph = Graph(fitted.graph, fitted.info)
    certificate = certify(fitted.native, graph, problem.rows)
    assert certificate["passed"]
    fresh = read_problem(contract(kind), frame(60, 1, kind))
    answer = graph.run(fresh.rows)
    right = (
        (answer.decision == fresh.target)
        if kind == "classification"
        else abs(answer.value - fresh.target) < 2.5
    )
    assert right.mean() > 0.9
    if kind == "regression":
        assert (answer.upper > answer.lower).all()


def test_the_certificate_fails_where_the_graph_holds_another_network(shaft):
    problem, fitted = shaft
    network = fitted.native.plan.network
    plan = replace(fitted.native.plan, network=replace(network, intercept=network.intercept + 0.5))
    certificate = certify(replace(fitted.native, plan=plan), Graph(fitted.graph, fitted.info), problem.rows)
    assert not certificate["passed"]


@pytest.fixture(scope="module")
def sister():
    """A shaft with a network, as it is read from its bundle."""
    problem = read_problem(contract(), frame(160, 0))
    with pytest.MonkeyPatch.context() as patch:
        stand_in(patch)
        learnt = learn(
            problem, excluded=frozenset(), budget_s=1, trials=1, seed=0, progress=lambda _step: None
        )
    bundle = types.SimpleNamespace(
        contract=problem.contract,
        info=learnt.info,
        graph_bytes=learnt.graph,
        digest="a" * 64,
        lineage={"learnt": {"params": learnt.record["params"]}},
    )
    return sister_of(bundle, "shaft@1", contract())


def test_a_sister_with_a_network_is_begun_from_where_that_pays(trainer, sister):
    assert sister.network is not None
    plain = parse_contract(
        CONTRACT.format(kind="classification", more="").replace("convolution = true\n", ""),
        name="shaft",
        file="-",
    )
    problem = read_problem(plain, frame(60, 3, gain=2.0))
    fitted = fit(problem, trials=1, sister=sister)
    assert fitted.transfer.used
    assert fitted.params == {
        "family": "convolution_begun",
        "steps": 75,
        "signals": ["wave"],
        "begun_from": "shaft@1",
    }
    assert "begun from the network of shaft@1" in say(fitted.transfer.sentence)
    assert certify(fitted.native, Graph(fitted.graph, fitted.info), problem.rows)["passed"]


def test_a_sister_that_helps_nothing_leaves_no_trace(trainer, sister):
    plain = parse_contract(
        CONTRACT.format(kind="regression", more="").replace("convolution = true\n", ""),
        name="shaft",
        file="-",
    )
    told = frame(60, 3)
    told = told.with_columns(state=pl.Series([float(np.std(w)) for w in told["wave"].to_list()]) * 7)
    fitted = fit(read_problem(plain, told), trials=1, sister=sister)
    assert not fitted.transfer.used
    assert fitted.params["family"] != "convolution_begun"
    assert fitted.native.plan.network is None
    assert "was tried and left out" in say(fitted.transfer.sentence)


class Shafts:
    def __init__(self, table):
        self.frame, self.name, self.version, self.digest = table, "shaft", 1, "0" * 64


def test_whole_numbers_answer_where_no_decision_suffers_and_are_proven(trainer):
    light = contract(more="[limits]\nint8 = true\n")
    options = TrainOptions(trials=1, steps=1)
    candidate = train(light, Shafts(frame(120, 0)), options, lambda _step: None)
    told = candidate.parts.lineage["learnt"]["int8"]
    assert told["kept"]
    assert told["changed"] == 0
    assert told["bytes_after"] < told["bytes_before"]
    assert candidate.parts.parity["passed"]
    assert "whole numbers of 8 bits" in told["sentence"]["sentence"]
    assert candidate.record["int8"]["time_ratio"] > 0
    floating = train(contract(), Shafts(frame(120, 0)), options, lambda _step: None)
    assert len(candidate.parts.graph) < len(floating.parts.graph)


@pytest.mark.parametrize(
    ("changed", "rise", "kept"), [(0, 0.0, True), (1, 0.0, True), (2, 0.0, False), (0, 0.2, False)]
)
def test_whole_numbers_are_judged_by_decisions_and_by_the_loss(changed, rise, kept):
    found = Lighter(
        rows=200, changed=changed, rise=rise, noise=0.1, bytes_before=9, bytes_after=3, time_ratio=1.0
    )
    assert found.kept is kept
    assert ("stays in float32" in say(found.sentence)) is not kept


def test_without_torch_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "andamio.training.networks", raising=False)
    with pytest.raises(MissingExtra) as caught:
        fit(read_problem(contract(), frame(60, 0)), trials=1)
    assert "[torch]" in say(caught.value.fix)


def test_the_real_trainer_learns_the_same_twice_and_torch_agrees_with_numpy():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: make torch-check runs this")
    networks = importlib.import_module("andamio.training.networks")
    problem = read_problem(contract(), frame(160, 0))
    fresh = read_problem(contract(), frame(60, 1))
    x, unseen = problem.rows.signals[:, None, :], fresh.rows.signals[:, None, :]
    course = networks.Course(names=("wave",), task=convolution_task(), seed=0, steps=(40, 120))
    early, late = networks.train_networks(x, problem.target, course)
    again = networks.train_networks(x, problem.target, course)[1]
    assert late.values(unseen).tobytes() == again.values(unseen).tobytes()
    assert ((late.values(unseen)[:, 0] > 0) == (fresh.target == 1)).mean() > 0.95
    assert not np.array_equal(early.head, late.head)
    assert late.parameters < 50_000
    folded = torch.from_numpy(late.standardised(unseen))
    for layer in late.stages.layers:
        weights, bias = torch.from_numpy(layer.weights), torch.from_numpy(layer.bias)
        folded = torch.relu(torch.nn.functional.conv1d(folded, weights, bias, stride=layer.stride))
    answers = folded.mean(dim=2).double().numpy() @ late.head.T + late.intercept
    np.testing.assert_allclose(late.values(unseen), answers, atol=1e-4)
    begun = networks.train_networks(x[:30], problem.target[:30], replace(course, start=late, steps=(20,)))[0]
    moved = np.abs(begun.stages.layers[0].weights - late.stages.layers[0].weights).max()
    assert 0 < moved < 0.05
    assert ((begun.values(unseen)[:, 0] > 0) == (fresh.target == 1)).mean() > 0.9


def test_the_real_trainer_is_chosen_by_a_whole_fit():
    pytest.importorskip("torch", reason="PyTorch is not installed: make torch-check runs this")
    problem = read_problem(contract(), frame(120, 0))
    fitted = fit(problem, only=frozenset(("convolution",)))
    assert fitted.params["family"] == "convolution"
    assert certify(fitted.native, Graph(fitted.native.graph(), fitted.info), problem.rows)["passed"]


def convolution_task():
    return importlib.import_module("andamio.training.task").Task(2)
