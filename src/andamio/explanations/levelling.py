"""Play for an answer with tags told as they would be in the machine's commonest operating condition.

A sensor's value from another row was read while the machine was run in another way. Put as it is into the row
that is explained, it would tell of that, and not of the machine. So both rows are levelled before tags are
exchanged, and what results is told in its own condition before the graph is asked.
"""

from __future__ import annotations

from typing import Protocol

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts import Rows
from andamio.statistics.conditions import Conditions


class Asked(Protocol):
    """What answers rows; see ``bundles.Graph``."""

    @property
    def info(self) -> GraphInfo:
        """Tell what its tensors mean."""

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        """Answer."""


class LevelledGraph:
    """Answers rows whose tags are told as in the commonest condition.

    Args:
        graph: Answers rows as they were read.
        conditions: Of the machine.
    """

    def __init__(self, graph: Asked, conditions: Conditions) -> None:
        self._graph = graph
        self._conditions = conditions

    @property
    def info(self) -> GraphInfo:
        """That of the graph."""
        return self._graph.info

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        """Tell rows in their own conditions, and answer them."""
        return self._graph.run(self._told(rows, back=True), features=features)

    def level(self, rows: Rows) -> Rows:
        """Tell rows as in the commonest condition."""
        return self._told(rows)

    def _told(self, rows: Rows, *, back: bool = False) -> Rows:
        return self._conditions.told(rows, self.info.numbers, self.info.signals, back=back)
