"""Prove that the exported graph answers as the trained model does, and write the certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.bundles.graph import Graph, Outputs
from andamio.bundles.halves import AnsweringHalf
from andamio.bundles.trees import probes_of, tree_thresholds
from andamio.contracts import Rows

# Sums in float32 and in float64 part by some 1e-6; a row that takes another branch, by far more than this.
TOLERANCE = 1e-4
_CHUNK = 10_000
_MOST_THRESHOLDS = 100_000
_NUMBERS = ("probabilities", "value", "lower", "upper", "health")

FromRows = Callable[[Rows], Outputs]
FromFeatures = Callable[[NDArray[np.float32]], Outputs]


def certify(
    native: FromRows,
    graph: Graph,
    rows: Rows,
    probes: Mapping[str, Rows] | None = None,
    *,
    thresholds: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Compare the graph with the trained model, answer by answer.

    A difference is ``|graph - model| / max(1, |model|)``: absolute for probabilities, relative for large
    values. A flip is another decision; where the probability lies within the tolerance of the graph's
    threshold it is a tie, which either side may round its way. It passes with no flip and no difference
    above ``1e-4``.

    Args:
        native: The trained model behind the same features. Answers that it does not give are None;
            only those that it gives are compared.
        graph: The exported graph.
        rows: Real rows: at least 1,000, or all there are.
        probes: Further rows by case, as ``probes.policy_probes`` makes them.
        thresholds: The result of ``certify_thresholds``, where there are trees.

    Returns:
        The certificate, the same for the same arguments: ``rows``, ``max_abs_difference`` (None when an
        answer is missing, or a number on one side only), ``decision_flips``, ``ties``, ``cases`` (the same
        per case), ``thresholds``, ``tolerance``, ``passed``.
    """
    threshold = graph.info.threshold
    overall = _compared(((native(part), graph.run(part)) for part in _parts(rows)), threshold)
    cases = {
        name: _compared([(native(case), graph.run(case))], threshold)
        for name, case in sorted((probes or {}).items())
    }
    passed = all(tally.holds for tally in (overall, *cases.values()))
    return {
        **overall.written(),
        "cases": {name: tally.written() for name, tally in cases.items()},
        "thresholds": dict(thresholds) if thresholds is not None else None,
        "tolerance": TOLERANCE,
        "passed": passed and (thresholds is None or bool(thresholds["passed"])),
    }


def certify_thresholds(
    native: FromFeatures,
    graph: Graph,
    model: bytes,
    rows: Rows,
    *,
    most: int = _MOST_THRESHOLDS,
) -> dict[str, Any]:
    """Compare both sides just below, at and just above every threshold of the graph's trees.

    Args:
        native: The trained model, asked by features, shape ``(n, features)``.
        graph: The exported graph.
        model: Its bytes.
        rows: Real rows, from which the probes are made.
        most: How many thresholds to probe at most.

    Returns:
        As ``certify`` returns for a case, with ``probed``, ``not_probed`` (thresholds above ``most``, or of
        something else than a feature itself) and ``passed``.
    """
    listed = tree_thresholds(model)
    chosen = listed.found[:most]
    tally = _Tally()
    features = graph.run(rows.take(np.arange(min(len(rows), _CHUNK)))).features
    if chosen and features is not None:
        half = AnsweringHalf(model)
        for start in range(0, len(chosen), _CHUNK):
            asked = probes_of(chosen[start : start + _CHUNK], features)
            tally.add(native(asked), half.run(asked), graph.info.threshold)
    return {
        **tally.written(),
        "probed": len(chosen),
        "not_probed": len(listed.found) - len(chosen) + listed.unreachable,
        "passed": tally.holds or not chosen,
    }


@dataclass(slots=True)
class _Tally:
    """What the comparison of some rows found."""

    rows: int = 0
    difference: float = 0.0
    flips: int = 0
    ties: int = 0

    @property
    def holds(self) -> bool:
        return self.rows > 0 and self.flips == 0 and self.difference <= TOLERANCE

    def add(self, native: Outputs, found: Outputs, threshold: float | None) -> None:
        pairs = [(getattr(native, name), getattr(found, name)) for name in _NUMBERS]
        given = [(expected, answer) for expected, answer in pairs if expected is not None]
        self.difference = max([self.difference, *(_difference(*pair) for pair in given)])
        lengths = [len(expected) for expected, _ in given]
        if native.decision is not None:
            lengths.append(len(native.decision))
            self._add_decisions(native.decision, found, threshold)
        self.rows += max(lengths, default=0)

    def _add_decisions(self, expected: NDArray[Any], found: Outputs, threshold: float | None) -> None:
        if found.decision is None or len(found.decision) != len(expected):
            self.flips += len(expected)
            return
        other = expected != found.decision
        tied = other & (_near_threshold(found.probabilities, len(expected), threshold) | _near_limit(found))
        self.ties += int(tied.sum())
        self.flips += int((other & ~tied).sum())

    def written(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "max_abs_difference": float(self.difference) if np.isfinite(self.difference) else None,
            "decision_flips": self.flips,
            "ties": self.ties,
        }


def _compared(pairs: Iterable[tuple[Outputs, Outputs]], threshold: float | None) -> _Tally:
    tally = _Tally()
    for native, found in pairs:
        tally.add(native, found, threshold)
    return tally


def _parts(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _CHUNK):
        yield rows.take(np.arange(start, min(start + _CHUNK, len(rows))))


def _difference(expected: NDArray[Any], answer: NDArray[Any] | None) -> float:
    """Return the largest difference; infinite where only one side is a finite number."""
    if answer is None or np.shape(expected) != np.shape(answer):
        return float("inf")
    if expected.size == 0:
        return 0.0
    there, here = np.asarray(expected, np.float64), np.asarray(answer, np.float64)
    same = (there == here) | (np.isnan(there) & np.isnan(here))
    with np.errstate(invalid="ignore"):
        apart = np.abs(there - here) / np.maximum(1.0, np.abs(there))
    apart = np.where(np.isfinite(there) & np.isfinite(here), apart, np.inf)
    return float(np.where(same, 0.0, apart).max())


def _near_threshold(
    probabilities: NDArray[np.float32] | None, rows: int, threshold: float | None
) -> NDArray[np.bool_]:
    if probabilities is None:
        return np.zeros(rows, np.bool_)
    if threshold is not None:
        close: NDArray[np.bool_] = np.abs(probabilities - threshold) <= TOLERANCE
        return np.asarray(close.any(axis=1))
    best = np.sort(probabilities, axis=1)[:, -2:]
    near: NDArray[np.bool_] = best[:, -1] - best[:, 0] <= TOLERANCE
    return near


def _near_limit(found: Outputs) -> NDArray[np.bool_]:
    """Tell where the score of an anomaly is its limit, which is 1, but for rounding."""
    if found.health is None or found.value is None:
        return np.zeros(1, np.bool_)
    return np.asarray(np.abs(found.value - 1.0) <= TOLERANCE)
