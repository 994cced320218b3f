"""Ask the graph about rows that have some tags of one row and all others of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts import Rows
from andamio.explanations.levelling import Asked


@dataclass(frozen=True, slots=True)
class Aim:
    """The one number of an answer that is explained: the chance of a class, or the value."""

    label: str | None
    column: int

    @classmethod
    def of(cls, info: GraphInfo, decision: int | None) -> Aim:
        """Choose it: the positive class of two, the decided class of several, or the value."""
        if not info.classes or info.kind == "anomaly":
            return cls(None, 0)
        column = info.positive if info.positive is not None else int(decision or 0)
        return cls(info.classes[column], column)

    def read(self, outputs: Outputs) -> NDArray[np.float64]:
        """Take it from a graph's outputs, shape ``(rows,)``."""
        found = outputs.value if outputs.probabilities is None else outputs.probabilities[:, self.column]
        return np.asarray(found, np.float64)


class Coalitions:
    """A game whose players are the tags of one row: the numbers, then the categories, then the waveforms.

    A number's window goes with the number.

    Args:
        graph: From raw tags to answers.
        row: One row.
        background: Where the tags that do not take part have their values from.
        aim: The number that is played for.
    """

    def __init__(self, graph: Asked, row: Rows, background: Rows, aim: Aim) -> None:
        self._graph = graph
        self._row = row
        self._background = background
        self._aim = aim
        self._numbers = row.numbers.shape[1]
        self._texts = self._numbers + row.categories.shape[1]
        waves = [name for name in graph.info.signals if name not in graph.info.numbers]
        self.players = self._texts + len(waves)
        owners = [
            graph.info.numbers.index(name) if name not in waves else self._texts + waves.index(name)
            for name in graph.info.signals
        ]
        self._owner = np.repeat(np.array(owners, np.intp), graph.info.samples)

    def __call__(self, masks: NDArray[np.bool_], which: NDArray[np.intp]) -> NDArray[np.float64]:
        """Answer rows: a tag's own value where its mask is true, else the background row's."""
        own, others = self._row, self._background
        numbers = np.where(masks[:, : self._numbers], own.numbers, others.numbers[which])
        texts = masks[:, self._numbers : self._texts]
        categories = np.where(texts, own.categories, others.categories[which])
        signals = None
        if own.signals is not None and others.signals is not None:
            signals = np.where(masks[:, self._owner], own.signals, others.signals[which])
        rows = Rows(numbers, categories, (), (), (), signals)
        return self._aim.read(self._graph.run(rows, features=False))
