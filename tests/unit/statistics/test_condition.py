from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from andamio.statistics.condition import State, follow, health_of


def test_a_machine_at_the_limit_does_not_flutter():
    rng = np.random.default_rng(0)
    scores = 1.0 + 0.1 * rng.normal(size=2000)
    states = []
    found = None
    for score in scores:
        found = follow(np.array([score]), found)
        states.append(found.state)
    changes = sum(a != b for a, b in pairwise(states))
    assert changes <= 1


def test_it_gets_well_only_above_the_further_limit():
    worn = follow(np.full(300, 1.05))
    assert worn.state is State.WORN
    still = follow(np.full(300, 0.88), worn)
    assert (still.state, 50 < still.health < 70) == (State.WORN, True)
    assert follow(np.full(300, 0.4), still).state is State.WELL


def test_one_wild_row_is_no_failing_machine():
    assert follow(np.array([0.3] * 50 + [40.0] + [0.3])).state is State.WELL


@given(st.lists(st.floats(0, 1e12), max_size=60), st.integers(0, 60))
def test_rows_in_two_parts_give_what_they_give_at_once(scores, cut):
    whole = follow(np.array(scores))
    parts = follow(np.array(scores[cut:]), follow(np.array(scores[:cut])))
    assert whole == parts
    assert 0 <= whole.health <= 100


def test_what_is_not_a_number_is_passed_over():
    assert follow(np.array([np.nan, 0.2])).rows == 1
    assert health_of(np.array([1e300])).tolist() == [0.0]
