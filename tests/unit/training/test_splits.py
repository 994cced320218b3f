from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.contracts import parse_contract
from andamio.contracts.rows import Rows
from andamio.training.dealing import deal
from andamio.training.splits import fold_count, folds, holdout, rule_for
from andamio.training.table import Problem, copies_of

CONTRACT = parse_contract(
    '[model]\nkind = "classification"\ndata = "d"\ntarget = "y"\n[input.x]\ntype = "number"\n[output.y]\n',
    name="m",
    file="models/m.toml",
)
MEASURED = dataclasses.replace(CONTRACT, kind=type(CONTRACT.kind)("regression"))


def problem(target, numbers=None, times=None, assets=None, *, regression=False) -> Problem:
    target = np.asarray(target)
    count = len(target)
    if numbers is None:
        numbers = np.arange(count, dtype=np.float32)[:, None]
    rows = Rows(
        np.asarray(numbers, np.float32),
        np.empty((count, 0), object),
        [None] * count,
        [None] * count,
        [()] * count,
    )
    classes = () if regression else tuple(str(c) for c in np.unique(target))
    return Problem(
        contract=MEASURED if regression else CONTRACT,
        rows=rows,
        target=target.astype(np.float64) if regression else target.astype(np.int64),
        classes=classes,
        positive=1 if len(classes) == 2 else None,
        times=None if times is None else np.asarray(times, np.float64),
        assets=None if assets is None else np.asarray(assets, object),
        copies=copies_of(rows),
        source=np.arange(count),
    )


def rare(count: int = 2000) -> np.ndarray:
    return (np.arange(count) % 25 == 0).astype(int)


def test_a_rare_class_is_spread_evenly():
    whole = problem(rare())
    split = holdout(whole)
    assert split.rule == "even"
    assert whole.target[split.test].sum() == 16
    learning = whole.take(split.train)
    assert {int(learning.target[test].sum()) for _, test in folds(learning, 5)} <= {12, 13}


def test_every_row_is_on_one_side():
    whole = problem(rare())
    split = holdout(whole)
    assert sorted([*split.train, *split.test]) == list(range(2000))
    tested = np.concatenate([test for _, test in folds(whole, 4)])
    assert sorted(tested) == list(range(2000))


def test_another_seed_holds_out_other_rows_and_the_same_seed_the_same():
    whole = problem(rare())
    assert np.array_equal(holdout(whole, seed=1).test, holdout(whole, seed=1).test)
    assert not np.array_equal(holdout(whole, seed=1).test, holdout(whole, seed=2).test)


def test_copies_of_a_row_stay_on_one_side():
    numbers = np.concatenate([np.arange(500), np.arange(200), np.arange(50)])[:, None]
    whole = problem(np.linspace(0, 1, 750), numbers, regression=True)
    pairs = [(holdout(whole).train, holdout(whole).test), *folds(whole, 5)]
    for train, test in pairs:
        assert not set(whole.copies[train]) & set(whole.copies[test])


def test_a_grid_of_few_states_is_not_taken_for_copies():
    numbers = (np.arange(600) % 4)[:, None]
    split = holdout(problem(rare(600), numbers))
    assert split.test.size == 120


def test_with_a_clock_the_latest_rows_are_held_out_after_a_gap():
    rng = np.random.default_rng(0)
    times = rng.permutation(1000) * 60.0 + 1.7e9
    whole = problem(rare(1000), times=times)
    split = holdout(whole)
    assert split.rule == "time"
    assert times[split.train].max() < times[split.test].min()
    assert split.train.size + split.test.size < 1000
    for train, test in folds(whole.take(split.train), 4):
        inner = times[split.train]
        assert inner[train].max() < inner[test].min()


def test_one_moment_is_never_on_both_sides():
    times = np.repeat(np.arange(100), 10)
    split = holdout(problem(rare(1000), times=times))
    assert not set(times[split.train]) & set(times[split.test])


def test_the_held_out_part_reaches_back_until_it_holds_an_event():
    target = np.zeros(1000)
    target[[100, 300, 500, 740]] = 1
    whole = problem(target, times=np.arange(1000))
    assert whole.target[holdout(whole).test].sum() >= 1


def test_without_events_in_the_past_folds_use_blocks():
    target = np.zeros(1000)
    target[900:] = 1
    pairs = folds(problem(target, times=np.arange(1000)), 5)
    assert pairs
    assert all(set(target[train]) == {0.0, 1.0} for train, _ in pairs)


def test_whole_assets_are_held_out():
    assets = np.repeat([f"pump-{i}" for i in range(10)], 100)
    whole = problem(rare(1000), assets=assets)
    split = holdout(whole)
    assert split.rule == "asset"
    assert not set(assets[split.train]) & set(assets[split.test])
    for train, test in folds(whole.take(split.train), 4):
        names = assets[split.train]
        assert not set(names[train]) & set(names[test])


def test_a_cycle_count_that_starts_again_does_not_make_old_age_the_test():
    assets = np.repeat([f"unit-{i}" for i in range(20)], 50)
    cycles = np.tile(np.arange(50), 20)
    assert rule_for(problem(rare(1000), times=cycles, assets=assets)) == "asset"
    calendar = 1.7e9 + np.arange(1000) * 3600.0
    assert rule_for(problem(rare(1000), times=calendar, assets=assets)) == "time"


def test_three_assets_are_too_few_to_hold_some_out():
    assets = np.repeat(["a", "b", "c"], 200)
    assert rule_for(problem(rare(600), assets=assets)) == "even"


def test_an_asset_that_alone_has_a_class_cannot_be_held_out():
    assets = np.repeat([f"m{i}" for i in range(6)], 100)
    assert rule_for(problem((assets == "m5").astype(int), assets=assets)) == "even"


@pytest.mark.parametrize(("rows", "expected"), [(60, 10), (1030, 5), (35_000, 3)])
def test_small_tables_get_more_folds(rows, expected):
    assert fold_count(problem(np.linspace(0, 1, rows), regression=True)) == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 2)), min_size=4, max_size=120),
    st.integers(2, 6),
    st.integers(0, 5),
)
def test_dealing_keeps_groups_whole_and_uses_only_the_folds_there_are(cards, count, seed):
    groups = np.array([g for g, _ in cards])
    strata = np.array([s for _, s in cards])
    fold = deal(groups, strata, count, seed)
    assert set(fold.tolist()) <= set(range(count))
    for group in set(groups.tolist()):
        assert len(set(fold[groups == group].tolist())) == 1
