"""A route changes by pure steps, and no sequence of them revives a version that nobody meant."""

from __future__ import annotations

import pytest

from andamio.bundles.assignment import plan
from andamio.bundles.route import KEPT, Route, Served
from andamio.errors import NotFound, RouteRefused

ONE, TWO, THREE, FOUR = (Served(n, str(n) * 64) for n in (1, 2, 3, 4))


def canary(route: Route, served: Served, share: float = 10) -> Route:
    return route.trying("pump", plan(route, "canary", served, share))


def test_a_rollback_undoes_the_canary_first_and_the_champion_after_it():
    route = canary(Route(ONE).deploying(TWO), THREE)
    undone = route.rolling_back("pump")
    assert undone == Route(TWO, (ONE,))
    assert undone.rolling_back("pump") == Route(ONE)


def test_a_rollback_followed_by_a_second_canary_revives_nobody():
    first = canary(Route(ONE), TWO).rolling_back("pump")
    promoted = canary(first, THREE).promoting("pump")
    assert promoted == Route(THREE, (ONE,))
    assert promoted.rolling_back("pump") == Route(ONE)


def test_a_promoted_canary_that_was_rolled_back_is_not_what_the_next_rollback_brings():
    route = canary(Route(ONE), TWO).promoting("pump").rolling_back("pump")
    promoted = canary(route, THREE).promoting("pump")
    assert promoted.rolling_back("pump").champion == ONE


def test_another_champion_ends_the_trial_and_its_own_shadow():
    route = canary(Route(ONE), TWO).shadowing("pump", THREE)
    assert route.deploying(FOUR) == Route(FOUR, (ONE,), shadow=THREE)
    assert route.deploying(THREE) == Route(THREE, (ONE,))
    assert route.deploying(ONE) == Route(ONE, shadow=THREE)


def test_who_is_promoted_is_the_one_that_answers_a_share_before_the_one_that_listens():
    route = Route(ONE).shadowing("pump", THREE)
    assert route.promoting("pump").champion == THREE
    assert canary(route, TWO).promoting("pump") == Route(TWO, (ONE,), shadow=THREE)


def test_a_shadow_that_becomes_a_canary_stops_listening():
    assert canary(Route(ONE).shadowing("pump", TWO), TWO).shadow is None


@pytest.mark.parametrize(
    "step",
    [
        lambda route: canary(route, ONE),
        lambda route: route.shadowing("pump", ONE),
        lambda route: canary(route, TWO).shadowing("pump", TWO),
    ],
)
def test_nobody_is_tried_beside_himself(step):
    with pytest.raises(RouteRefused):
        step(Route(ONE))


def test_there_must_be_somebody_to_promote_and_something_to_end():
    for step in (Route(ONE).promoting, Route(ONE).ending_trials, Route(ONE).rolling_back):
        with pytest.raises(NotFound):
            step("pump")


def test_ending_the_trials_leaves_the_champion_and_what_it_would_go_back_to():
    route = canary(Route(ONE).deploying(TWO), THREE).shadowing("pump", FOUR)
    assert route.ending_trials("pump") == Route(TWO, (ONE,))


def test_the_stack_of_previous_versions_is_bounded():
    route = Route(ONE)
    for turn in range(KEPT * 2):
        route = route.deploying(TWO if turn % 2 == 0 else ONE)
    assert len(route.previous) == KEPT


def test_the_same_work_is_told_whatever_a_rollback_would_bring():
    assert Route(ONE, (TWO,)).same_work(Route(ONE))
    assert not canary(Route(ONE), TWO).same_work(Route(ONE))
    assert not Route(ONE).same_work(None)
