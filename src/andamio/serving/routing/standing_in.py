"""Answer rows by the first of several versions that can, and by the contract's fixed rule after them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts import Contract, Rows
from andamio.serving.scorer import Scorer

_log = logging.getLogger("andamio.serving")
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a request, answered by one version.

    Attributes:
        places: Where the rows stood.
        rows: The rows.
        outputs: Their answers.
        scorer: Who answered; for the fixed rule, the version whose contract holds it.
        quality: "model", or "fallback" when somebody stood in.
    """

    places: Places
    rows: Rows
    outputs: Outputs
    scorer: Scorer
    quality: str


class Line:
    """Versions in the order in which they are asked.

    Args:
        scorers: Who is meant to answer, then who stands in.
        ruled_by: The version whose contract may hold a fixed rule: the champion.
    """

    def __init__(self, scorers: Sequence[Scorer], ruled_by: Scorer) -> None:
        self._scorers = tuple(scorers)
        self._ruled_by = ruled_by
        self._rule = _FixedRule.of(ruled_by.contract, ruled_by.info)

    def answer(self, rows: Rows, places: Places) -> Iterator[Part]:
        """Answer the rows at ``places``.

        Raises:
            Exception: What the last version failed with, where no rule stands in.
        """
        waiting, failure = places, None
        for number, scorer in enumerate(self._scorers):
            quality = "fallback" if number else "model"
            last = number == len(self._scorers) - 1 and self._rule is None
            asked = rows if len(waiting) == len(rows) else rows.take(waiting)
            try:
                outputs = scorer.graph.run(asked, features=False)
            except Exception as error:  # noqa: BLE001  onnxruntime's exceptions share no root of their own
                failure = error
                _log.warning("%s@%s could not answer: %s", scorer.model, scorer.version, error)
                continue
            good = np.ones(len(waiting), bool) if last else _finite(outputs)
            if good.all():
                yield Part(waiting, asked, outputs, scorer, quality)
                return
            if good.any():
                kept = np.flatnonzero(good)
                yield Part(waiting[kept], asked.take(kept), _taken(outputs, kept), scorer, quality)
            waiting = waiting[~good]
        if self._rule is None:
            raise failure or RuntimeError("nobody was asked")
        asked = rows.take(waiting)
        yield Part(waiting, asked, self._rule.answer(asked, failure), self._ruled_by, "fallback")


class _FixedRule:
    """The contract's fixed rule, as a graph would answer."""

    def __init__(self, column: int, side: str, bound: float, positive: int) -> None:
        self._column = column
        self._sign = 1.0 if side == "above" else -1.0
        self._bound = bound
        self._positive = positive

    @classmethod
    def of(cls, contract: Contract, info: GraphInfo) -> _FixedRule | None:
        """Build the rule of a contract; None where it has none that fits the answers."""
        rule = contract.fallback.rule if contract.fallback is not None else None
        if rule is None or info.positive is None or len(info.classes) != 2 or rule.tag not in info.numbers:
            return None
        return cls(info.numbers.index(rule.tag), rule.side, rule.bound, info.positive)

    def answer(self, rows: Rows, failure: Exception | None) -> Outputs:
        """Answer every row, or raise: a rule whose tag is missing knows nothing."""
        values = rows.numbers[:, self._column].astype(np.float64)
        if np.isnan(values).any():
            raise failure or ValueError("the fixed rule's tag is missing")
        found = self._sign * values > self._sign * self._bound
        decision = np.where(found, self._positive, 1 - self._positive).astype(np.int64)
        probabilities = np.zeros((len(rows), 2), np.float32)
        probabilities[np.arange(len(rows)), decision] = 1.0
        return Outputs(probabilities=probabilities, decision=decision)


def _finite(outputs: Outputs) -> NDArray[np.bool_]:
    """Tell which rows have an answer that is a number."""
    if outputs.probabilities is not None:
        return np.asarray(np.isfinite(outputs.probabilities).all(axis=1))
    return np.asarray(np.isfinite(outputs.value)) if outputs.value is not None else np.ones(0, bool)


def _taken(outputs: Outputs, index: NDArray[np.intp]) -> Outputs:
    return Outputs(
        probabilities=None if outputs.probabilities is None else outputs.probabilities[index],
        decision=None if outputs.decision is None else outputs.decision[index],
        value=None if outputs.value is None else outputs.value[index],
        lower=None if outputs.lower is None else outputs.lower[index],
        upper=None if outputs.upper is None else outputs.upper[index],
        health=None if outputs.health is None else outputs.health[index],
    )
