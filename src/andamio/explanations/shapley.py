"""Share a difference out among players, so that the parts add up: Shapley values against background rows.

A game is asked by masks: which players bring their own value, while the others have that of a background
row. Each background row is a game of its own, and their mean is the answer; so whatever is left out when the
time is up, the parts still add up to the difference from the mean of the background rows that were used.

Source: Shapley (1953); sampling of orders: Castro, Gomez & Tejada, Computers & Operations Research 36 (2009);
an order together with its reverse: Mitchell, Cooper, Frank & Holmes, JMLR 23 (2022).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.bool_]
Values = NDArray[np.float64]
Places = NDArray[np.intp]
Game = Callable[[Masks, Places], Values]
"""From masks, shape ``(m, players)``, and background rows, shape ``(m,)``, to values, shape ``(m,)``."""


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """What came of it.

    Attributes:
        base: The mean over the background rows used.
        parts: What each player contributed, shape ``(players,)``; ``base`` and they add up to the prediction.
        error: Standard error of each part from the sampling of orders, shape ``(players,)``; zero when exact,
            None when there was time for one order of each background row only.
        exact: Whether every coalition was asked.
        background: How many background rows were used.
        asked: How many rows the game was asked.
        cut: Whether the time was up before everything planned was done.
    """

    base: float
    parts: Values
    error: Values | None
    exact: bool
    background: int
    asked: int
    cut: bool


def exact_shares(
    game: Game, players: int, background: int, *, piece: int = 256, go_on: Callable[[], bool] = lambda: True
) -> Shares:
    """Ask every coalition: ``2 ** players`` rows for each background row.

    >>> game = lambda masks, which: masks @ np.array([3.0, 1.0]) + 10
    >>> exact_shares(game, 2, 1).parts.round(9).tolist()
    [3.0, 1.0]

    Args:
        game: What is asked.
        players: How many there are, at least one.
        background: How many background rows there are, at least one.
        piece: About how many rows are asked at once.
        go_on: Asked between two pieces whether there is time for another.
    """
    masks = (np.arange(2**players)[:, None] >> np.arange(players) & 1).astype(bool)
    weights = _weights(masks)
    bases: list[Values] = []
    parts: list[Values] = []
    for places in _pieces(background, len(masks), piece):
        if parts and not go_on():
            break
        values = game(np.tile(masks, (len(places), 1)), np.repeat(places, len(masks)))
        values = values.reshape(len(places), len(masks))
        bases.append(values[:, 0])
        parts.append(values @ weights.T)
    base, found = np.concatenate(bases), np.concatenate(parts)
    return Shares(
        float(base.mean()),
        found.mean(axis=0),
        np.zeros(players),
        exact=True,
        background=len(base),
        asked=len(base) * len(masks),
        cut=len(base) < background,
    )


def sampled_shares(
    game: Game,
    players: int,
    background: int,
    rng: np.random.Generator,
    *,
    rounds: int = 1,
    piece: int = 256,
    go_on: Callable[[], bool] = lambda: True,
) -> Shares:
    """Let the players come in sampled orders: ``2 * players`` rows for each background row and round.

    In a round every background row gets an order of its own and its reverse. Where no more than two players
    work together at a time, that is exact already.

    Args:
        game: What is asked.
        players: How many there are, at least one.
        background: How many background rows there are, at least one.
        rng: Where the orders come from.
        rounds: How often; only whole rounds count, except the first.
        piece: About how many rows are asked at once.
        go_on: Asked between two pieces whether there is time for another.
    """
    done: list[Values] = []
    base = np.zeros(0)
    asked, cut = 0, False
    for number in range(rounds):
        bases: list[Values] = []
        parts: list[Values] = []
        for places in _pieces(background, 2 * players, piece):
            if (bases or number) and not go_on():
                cut = True
                break
            first, found = _one_order(game, players, places, rng)
            bases.append(first)
            parts.append(found)
            asked += 2 * players * len(places)
        if not cut or not number:
            done.append(np.concatenate(parts))
            base = np.concatenate(bases)
        if cut:
            break
    every = np.stack(done)
    error = None
    if len(every) > 1:
        error = np.sqrt(every.var(axis=0, ddof=1).sum(axis=0) / len(every)) / len(base)
    parts_found = every.mean(axis=(0, 1))
    return Shares(
        float(base.mean()), parts_found, error, exact=False, background=len(base), asked=asked, cut=cut
    )


def _one_order(game: Game, players: int, places: Places, rng: np.random.Generator) -> tuple[Values, Values]:
    """Let the players come in one order for each background row, and in its reverse."""
    order = rng.permuted(np.tile(np.arange(players), (len(places), 1)), axis=1)
    rank = np.argsort(order, axis=1)[:, None, :]
    step = np.arange(players)[None, :, None]
    masks = np.concatenate([rank < step, rank >= step], axis=1)  # none to all but one; all to one
    values = game(masks.reshape(-1, players), np.repeat(places, 2 * players))
    values = values.reshape(len(places), 2, players)
    none, everyone = values[:, 0, :1], values[:, 1, :1]
    coming = np.diff(np.concatenate([values[:, 0], everyone], axis=1), axis=1)
    leaving = -np.diff(np.concatenate([values[:, 1], none], axis=1), axis=1)
    parts = np.empty((len(places), players))
    np.put_along_axis(parts, order, (coming + leaving) / 2, axis=1)
    return none[:, 0], parts


def _weights(masks: Masks) -> Values:
    """Return what each coalition's value counts for each player, shape ``(players, coalitions)``."""
    players = masks.shape[1]
    all_ways = factorial(players)
    with_it = np.array(
        [0.0] + [factorial(s - 1) * factorial(players - s) / all_ways for s in range(1, players + 1)]
    )
    without = np.array([factorial(s) * factorial(players - s - 1) / all_ways for s in range(players)] + [0.0])
    size = masks.sum(axis=1)
    return np.asarray(np.where(masks.T, with_it[size], -without[size]))


def _pieces(background: int, rows_each: int, piece: int) -> Iterator[Places]:
    together = max(1, piece // rows_each)
    for start in range(0, background, together):
        yield np.arange(start, min(start + together, background), dtype=np.intp)
