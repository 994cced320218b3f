from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from andamio.contracts import parse_contract
from andamio.training.repeating import Repetition, kinds_to_repeat, part_of, repeat, too_few
from andamio.training.run import TrainOptions, train
from andamio.training.table import read_problem


def quiet(_step: object) -> None:
    """Say nothing."""


def _few(press, rows=60):
    contract, table = press
    return read_problem(contract, table.frame.head(rows))


def _repetition(learn, seed=0):
    return Repetition(learn=learn, excluded=frozenset(), kinds=frozenset({"linear"}), seed=seed)


@pytest.fixture
def watched(fit):
    """A fit that notes which rows it was given."""
    seen = []

    def learn(problem, **given):
        seen.append(frozenset(problem.source.tolist()))
        return fit(problem, **given)

    return learn, seen


def test_every_row_is_answered_by_a_model_that_had_not_seen_it(press, watched):
    learn, seen = watched
    problem = _few(press)
    repeated = repeat(problem, _repetition(learn), quiet, budget_s=0, steps=1)
    (only,) = repeated.passes
    assert sorted(only.problem.source.tolist()) == problem.source.tolist()
    for fold, trained in enumerate(seen):
        assert not trained & set(only.problem.source[only.fold == fold].tolist())


def test_passes_deal_the_rows_anew_and_the_curve_learns_from_ever_more(press, watched):
    learn, seen = watched
    repeated = repeat(_few(press), _repetition(learn), quiet, budget_s=0, steps=3)
    assert len(repeated.passes) == 2
    assert len(set(seen)) == len(seen) == 25
    sizes = [one.trained for one in (*repeated.curve, repeated.passes[0])]
    assert sizes == sorted(sizes)
    assert sizes[0] < 0.4 * sizes[-1]
    assert repeated.reuse.splits == 10


def test_without_time_one_pass_is_made_and_no_curve(press, fit):
    repeated = repeat(_few(press), _repetition(fit), quiet, budget_s=0, steps=None)
    assert (len(repeated.passes), repeated.curve, repeated.steps) == (1, (), 1)


def test_a_part_keeps_every_class_and_whole_assets(press):
    contract, table = press
    frame = table.frame.head(120).with_columns(pl.Series("m", [f"p{i // 10}" for i in range(120)]))
    source = contract.source.replace('target = "falla"', 'target = "falla"\nasset = "m"')
    problem = read_problem(parse_contract(source, name="press", file="-"), frame)
    part = problem.take(part_of(problem, 0.4, 0))
    assert set(part.target.tolist()) == {0, 1}
    assert 30 <= len(part) <= 66


def test_many_rows_and_rows_of_one_class_are_not_repeated(press):
    problem = _few(press)
    assert too_few(problem)
    events = np.flatnonzero(problem.target == problem.positive)
    others = np.flatnonzero(problem.target != problem.positive)
    assert not too_few(problem.take(np.concatenate([others, events[:3]])))
    assert not too_few(problem.take(np.zeros(2000, dtype=np.int64)))


def test_a_blend_repeats_its_parts_and_the_simple_model(press, fit):
    learnt = dataclasses.replace(
        fit(_few(press), excluded=frozenset()),
        name="blend",
        record={"params": {"family": "blend", "boosting": {}, "forest": {}}},
    )
    assert kinds_to_repeat(learnt, 1000) == {"boosting", "forest", "linear"}
    assert "gaussian_process" in kinds_to_repeat(learnt, 100)


def test_gates_read_all_rows_and_the_model_s_own_rows_stay_beside(press, fit):
    contract, table = press
    table = dataclasses.replace(table, frame=table.frame.head(60))
    candidate = train(contract, table, TrainOptions(trials=1), quiet, learn=fit)
    facts = candidate.parts.evaluation
    assert facts["measured"] == {"rows": 60, "passes": 1, "splits": 5, "steps": 2}
    assert sum(map(sum, facts["curves"]["confusion"]["counts"])) == 60
    recall = next(g for g in facts["gates"] if g["metric"] == "recall" and g["where"] == "all")
    assert recall["value"] == facts["metrics"]["recall"]["value"]
    assert facts["held_out"]["recall"]["value"] is not None
    own, every = facts["held_out"]["accuracy"], facts["metrics"]["accuracy"]
    assert own["high"] - own["low"] > every["high"] - every["low"]
