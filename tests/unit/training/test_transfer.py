from __future__ import annotations

import dataclasses
import types

import numpy as np
import polars as pl
import pytest

from andamio.bundles.graph import Graph
from andamio.bundles.parity import certify
from andamio.contracts import parse_contract
from andamio.errors import UsageError
from andamio.features import SISTER_COLUMN
from andamio.language import say
from andamio.training.fitting import fit as fit_all
from andamio.training.table import read_problem
from andamio.training.transfer import sister_of

HEAD = '[model]\nkind = "regression"\ndata = "kiln"\ntarget = "strength"\n\n[output.strength]\n'
TAG = '\n[input.{name}]\ntype = "number"\nunit = "degC"\nrange = [-20, 20]\n'


def _contract(*names):
    return parse_contract(HEAD + "".join(TAG.format(name=n) for n in names), name="kiln", file="-")


def _frame(rows, seed, shift):
    """Follow a surface that two dozen rows cannot show; ``shift`` is what differs between machines."""
    rng = np.random.default_rng(seed)
    temp, speed = rng.uniform(-2, 2, rows), rng.uniform(-2, 2, rows)
    strength = 3 * np.sin(3 * temp) * np.cos(2 * speed) + shift + 0.1 * rng.normal(size=rows)
    return pl.DataFrame({"speed": speed, "temp": temp, "strength": strength})


@pytest.fixture(scope="module")
def sister():
    contract = _contract("temp", "speed")
    problem = read_problem(contract, _frame(400, 0, 0.0))
    fitted = fit_all(problem, trials=4)
    return types.SimpleNamespace(
        contract=contract, info=fitted.info, graph_bytes=fitted.graph, digest="a" * 64
    )


def test_a_sister_that_knows_the_process_is_used_and_parity_holds(sister):
    contract = _contract("speed", "temp")  # in another order
    problem = read_problem(contract, _frame(30, 1, 1.0))
    fitted = fit_all(problem, trials=1, sister=sister_of(sister, "kiln@1", contract))
    assert fitted.transfer.used
    assert fitted.native.features.names[-1] == SISTER_COLUMN
    assert "is one of its features" in say(fitted.transfer.sentence)
    graph = Graph(fitted.graph, fitted.info)
    assert certify(fitted.native, graph, problem.rows)["passed"] is True
    fresh = read_problem(contract, _frame(200, 2, 1.0))
    alone = fit_all(problem, trials=4)
    error = [
        float(np.sqrt(np.mean((one(fresh.rows).value - fresh.target) ** 2)))
        for one in (fitted.native, alone.native)
    ]
    assert error[0] < 0.5 * error[1]


def test_a_sister_that_knows_nothing_of_it_is_left_out(sister):
    contract = _contract("temp", "speed")
    frame = _frame(40, 1, 0.0)
    frame = frame.with_columns(strength=5 * frame["temp"] + 2 * frame["speed"])
    fitted = fit_all(read_problem(contract, frame), trials=1, sister=sister_of(sister, "kiln@1", contract))
    assert not fitted.transfer.used
    assert SISTER_COLUMN not in fitted.info.features
    assert "left out" in say(fitted.transfer.sentence)


def test_a_sister_that_reads_other_tags_is_refused_with_their_names(sister):
    with pytest.raises(UsageError) as raised:
        sister_of(sister, "kiln@1", _contract("temp"))
    assert "speed" in say(raised.value.why)
    other = dataclasses.replace(_contract("temp", "speed").by_name["temp"], unit="K")
    contract = _contract("temp", "speed")
    contract = dataclasses.replace(contract, inputs=(other, contract.inputs[1]))
    with pytest.raises(UsageError):
        sister_of(sister, "kiln@1", contract)
