"""A tag of another row is told in the condition of the row that is explained."""

from __future__ import annotations

import numpy as np

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts import Rows
from andamio.explanations.coalitions import Aim, Coalitions
from andamio.explanations.levelling import LevelledGraph
from andamio.explanations.shapley import exact_shares
from andamio.statistics.conditions import Conditions

INFO = GraphInfo(kind="regression", numbers=("speed", "heat"), signals=("speed", "heat"), samples=(2, 2))
CONDITIONS = Conditions(
    tags=("speed",),
    levelled=("heat",),
    centres=np.array([[0.0], [10.0]], np.float32),
    per_size=np.ones(1, np.float32),
    mean=np.array([[20.0], [500.0]], np.float32),
    gain=np.array([[4.0], [1.0]], np.float32),
    usual=np.array([500.0], np.float32),
)


class Worn:
    """Answers the wear that a row's windows tell, whatever its conditions."""

    info = INFO

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        """Answer the mean of the levelled heats."""
        assert rows.signals is not None
        level = CONDITIONS.packed(INFO.signals, rows.signals)
        return Outputs(value=level[:, 2:].mean(axis=1))


def row(speeds: list[float], wear: float) -> Rows:
    heats = [20 + wear / 4 if speed == 0 else 500 + wear for speed in speeds]
    packed = np.array([[*speeds, *heats]], np.float32)
    return Rows(packed[:, [1, 3]], np.empty((1, 0), object), [None], [None], [()], packed)


def amounts(own: Rows, other: Rows) -> list[float]:
    graph = LevelledGraph(Worn(), CONDITIONS)
    game = Coalitions(graph, graph.level(own), graph.level(other), Aim(None, 0))
    return [float(part) for part in exact_shares(game, game.players, 1).parts]


def test_a_machine_run_otherwise_and_worn_alike_explains_nothing() -> None:
    assert np.allclose(amounts(row([0.0, 10.0], 8.0), row([10.0, 0.0], 8.0)), 0.0, atol=1e-3)


def test_wear_is_told_of_the_tag_that_shows_it() -> None:
    assert np.allclose(amounts(row([0.0, 10.0], 8.0), row([10.0, 0.0], 2.0)), [0.0, 6.0], atol=1e-3)
