"""The shares add up, agree with the definition, and keep the promises that Shapley values make."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from andamio.explanations.shapley import Game, Masks, Places, Shares, exact_shares, sampled_shares

Worth = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def game_of(worth: Worth, row: NDArray[np.float64], background: NDArray[np.float64]) -> Game:
    def game(masks: Masks, which: Places) -> NDArray[np.float64]:
        return worth(np.where(masks, row, background[which]))

    return game


def by_definition(game: Game, players: int, background: int) -> NDArray[np.float64]:
    """Average over every order and every background row what each player adds when it comes."""
    found = np.zeros((background, players))
    orders = list(permutations(range(players)))
    for place in range(background):
        for order in orders:
            here = np.zeros(players, bool)
            before = game(here[None], np.array([place]))[0]
            for player in order:
                here[player] = True
                after = game(here[None], np.array([place]))[0]
                found[place, player] += (after - before) / len(orders)
                before = after
    return found.mean(axis=0)


def tangled(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Three players at a time and a bend: nothing that an order and its reverse get right by themselves."""
    return np.asarray(np.tanh(x[:, 0] * x[:, 1] * x[:, 2]) + np.maximum(x[:, 3], x[:, 0]) + x[:, 1] ** 2)


@pytest.fixture
def tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(3)
    return rng.normal(size=4), rng.normal(size=(5, 4))


Tables = tuple[NDArray[np.float64], NDArray[np.float64]]


def test_all_coalitions_give_what_the_definition_says(tables: Tables) -> None:
    game = game_of(tangled, *tables)
    assert exact_shares(game, 4, 5).parts == pytest.approx(by_definition(game, 4, 5), abs=1e-12)


def test_sampled_orders_come_as_near_as_their_error_says(tables: Tables) -> None:
    game = game_of(tangled, *tables)
    found = sampled_shares(game, 4, 5, np.random.default_rng(0), rounds=200)
    assert found.error is not None
    apart = np.abs(found.parts - exact_shares(game, 4, 5).parts)
    assert 0 < found.error.max() < 0.05
    assert np.all(apart <= 4 * found.error + 1e-12)


def test_few_orders_are_not_taken_for_exact(tables: Tables) -> None:
    game = game_of(tangled, *tables)
    found = sampled_shares(game, 4, 5, np.random.default_rng(0))
    assert found.error is None
    assert not found.exact
    assert np.abs(found.parts - exact_shares(game, 4, 5).parts).max() > 1e-3


def test_one_round_is_exact_where_two_players_work_together_at_a_time() -> None:
    rng = np.random.default_rng(4)
    game = game_of(
        lambda x: x[:, 0] * x[:, 1] + 3 * x[:, 2] - x[:, 1] * x[:, 2],
        rng.normal(size=3),
        rng.normal(size=(6, 3)),
    )
    found = sampled_shares(game, 3, 6, rng)
    assert found.parts == pytest.approx(by_definition(game, 3, 6), abs=1e-12)


@given(
    weights=st.lists(st.floats(-5, 5), min_size=1, max_size=12),
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 9),
)
@settings(max_examples=60, deadline=None)
def test_of_a_linear_game_each_share_is_weight_times_distance(
    weights: list[float], seed: int, rows: int
) -> None:
    rng, w = np.random.default_rng(seed), np.array(weights)
    row, background = rng.normal(size=len(w)), rng.normal(size=(rows, len(w)))
    game = game_of(lambda x: x @ w + 7, row, background)
    for found in (sampled_shares(game, len(w), rows, rng), exact_shares(game, len(w), rows)):
        assert found.parts == pytest.approx(w * (row - background.mean(axis=0)), abs=1e-9)


@given(players=st.integers(1, 7), seed=st.integers(0, 2**32 - 1), rounds=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_whatever_the_game_the_shares_add_up_and_a_dummy_gets_nothing(
    players: int, seed: int, rounds: int
) -> None:
    rng = np.random.default_rng(seed)
    table = rng.normal(size=2**players)
    row, background = np.ones(players), np.zeros((3, players))

    def worth(x: NDArray[np.float64]) -> NDArray[np.float64]:
        bits = x.astype(int)
        bits[:, -1] = 0  # the last player is a dummy
        return np.asarray(table[bits @ (1 << np.arange(players))])

    game = game_of(worth, row, background)
    everyone = worth(row[None])[0]
    for found in (exact_shares(game, players, 3), sampled_shares(game, players, 3, rng, rounds=rounds)):
        assert found.base + found.parts.sum() == pytest.approx(everyone, abs=1e-9)
        assert found.parts[-1] == pytest.approx(0, abs=1e-12)


def test_players_who_do_the_same_get_the_same() -> None:
    game = game_of(lambda x: np.maximum(x[:, 0], x[:, 1]) * x[:, 2], np.ones(3), np.zeros((2, 3)))
    parts = exact_shares(game, 3, 2).parts
    assert parts[0] == pytest.approx(parts[1], abs=1e-12)
    assert parts[2] > parts[0]


@pytest.mark.parametrize("pieces", [1, 7, 10_000])
def test_the_size_of_the_pieces_changes_nothing_but_their_number(tables: Tables, pieces: int) -> None:
    sizes: list[int] = []
    plain = game_of(tangled, *tables)

    def game(masks: Masks, which: Places) -> NDArray[np.float64]:
        sizes.append(len(masks))
        return plain(masks, which)

    found = exact_shares(game, 4, 5, piece=pieces)
    assert found.parts == pytest.approx(exact_shares(plain, 4, 5).parts, abs=1e-12)
    assert max(sizes) <= max(pieces, 16)
    assert sum(sizes) == found.asked == 80


def out_of_time_after(times: int) -> Callable[[], bool]:
    left = iter(range(times))
    return lambda: next(left, None) is not None


@pytest.mark.parametrize("how", ["exact", "sampled"])
def test_out_of_time_the_shares_still_add_up(tables: Tables, how: str) -> None:
    row, background = tables
    game = game_of(tangled, row, background)
    go_on = out_of_time_after(1)
    found: Shares = (
        exact_shares(game, 4, 5, piece=16, go_on=go_on)
        if how == "exact"
        else sampled_shares(game, 4, 5, np.random.default_rng(0), rounds=3, piece=8, go_on=go_on)
    )
    assert found.cut
    assert found.background == 2
    assert found.base == pytest.approx(tangled(background[:2]).mean())
    assert found.base + found.parts.sum() == pytest.approx(tangled(row[None])[0], abs=1e-12)


def test_a_round_that_was_not_finished_does_not_count(tables: Tables) -> None:
    game = game_of(tangled, *tables)
    whole = sampled_shares(game, 4, 5, np.random.default_rng(0))
    go_on = out_of_time_after(6)  # four pieces of the first round, one of the second and a bit
    found = sampled_shares(game, 4, 5, np.random.default_rng(0), rounds=3, piece=8, go_on=go_on)
    assert found.cut
    assert found.background == 5
    assert found.parts == pytest.approx(by_rounds(game, 1), abs=1e-12)
    assert whole.background == 5


def by_rounds(game: Game, rounds: int) -> NDArray[np.float64]:
    return sampled_shares(game, 4, 5, np.random.default_rng(0), rounds=rounds, piece=8).parts


def test_no_time_at_all_is_time_for_one_piece(tables: Tables) -> None:
    found = sampled_shares(
        game_of(tangled, *tables), 4, 5, np.random.default_rng(0), piece=8, go_on=lambda: False
    )
    assert (found.background, found.asked, found.cut) == (1, 8, True)
