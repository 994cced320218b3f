"""An asset keeps its version for as long as a trial lasts, and the shares are what they say."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.bundles import assignment
from andamio.bundles.assignment import Assignment, plan, split
from andamio.bundles.route import ASSIGNED, Route, Served

ONE, TWO, THREE = (Served(n, str(n) * 64) for n in (1, 2, 3))
PUMPS = [f"pump-{n}" for n in range(2000)]
names = st.text(max_size=20)
shares = st.floats(0.5, 99.5)


def challenged(trial, assets=PUMPS) -> set[str]:
    found = Assignment(trial).challenged
    return {asset for asset in assets if found(asset)}


def test_the_examples_hold():
    assert doctest.testmod(assignment).failed == 0


@pytest.mark.parametrize("share", [1, 10, 50, 90])
def test_a_canary_has_about_its_share_of_many_assets(share):
    got = len(challenged(plan(Route(ONE), "canary", TWO, share))) / len(PUMPS)
    assert got == pytest.approx(share / 100, abs=0.05)


def test_a_greater_share_only_adds_assets_and_a_smaller_one_only_takes_some():
    route = Route(ONE)
    sizes = []
    before: set[str] = set()
    for share in (5, 20, 60):
        trial = plan(route, "canary", TWO, share)
        route = route.trying("pump", trial)
        assert before <= challenged(trial)
        before = challenged(trial)
        sizes.append(len(before))
    assert sizes == sorted(set(sizes))
    assert challenged(plan(route, "canary", TWO, 5)) < before


def test_another_canary_meets_other_assets_first():
    first = plan(Route(ONE), "canary", TWO, 10)
    second = plan(Route(ONE).trying("pump", first), "canary", THREE, 10)
    assert first.salt != second.salt
    assert challenged(first) != challenged(second)


def test_giving_the_same_share_again_changes_nothing():
    trial = plan(Route(ONE), "ab", TWO, 50, ["a", "b"])
    assert plan(Route(ONE).trying("pump", trial), "ab", TWO, 50, ["a", "b", "c"]) is trial


@given(assets=st.sets(names, max_size=40), share=shares)
def test_an_ab_trial_splits_the_assets_it_knows_to_the_nearest_whole_one(assets, share):
    trial = plan(Route(ONE), "ab", TWO, share, assets)
    assert set(trial.champion_assets) | set(trial.challenger_assets) == assets
    assert challenged(trial, assets) == set(trial.challenger_assets)
    assert abs(len(trial.challenger_assets) - len(assets) * share / 100) <= 0.5


@given(asset=names, share=shares)
def test_an_asset_that_came_later_keeps_its_version_too(asset, share):
    trial = plan(Route(ONE), "ab", TWO, share, ["a", "b"])
    assert Assignment(trial).challenged(asset) == Assignment(trial).challenged(asset)


def test_more_assets_than_a_file_should_hold_are_left_to_their_places():
    assert split([str(n) for n in range(ASSIGNED + 1)], 50, "0123456789abcdef") == ((), ())
