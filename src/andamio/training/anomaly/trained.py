"""A trained detector behind its features: it answers rows natively, and writes itself as one graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.features import Detector, FeatureGraph, FeaturePlan, Ratio, append_model, run_features
from andamio.training.anomaly.candidates import Usual
from andamio.training.models import Matrix


@dataclass(frozen=True, slots=True, eq=False)
class TrainedDetector:
    """One detector, ready to answer.

    Attributes:
        plan: Its features.
        features: The compiled plan.
        model: What was learnt as usual.
        base: Where its measure begins.
        limit: Where a row is an anomaly.
        classes: What a row without and with an anomaly is called.
        positive: Which of the two is the anomaly.
    """

    plan: FeaturePlan
    features: FeatureGraph
    model: Usual
    base: float
    limit: float
    classes: tuple[str, ...]
    positive: int | None

    def __call__(self, rows: Rows) -> Outputs:
        """Answer rows with the trained model's own library."""
        return self.answer(run_features(self.features, rows))

    def answer(self, matrix: Matrix) -> Outputs:
        """Answer features, shape ``(rows, features)``."""
        part = (self.model.raw(matrix) - self.base) / (self.limit - self.base)
        score = np.maximum(part, 0.0).astype(np.float32)
        with np.errstate(over="ignore"):
            health = np.float32(100) / (np.float32(1) + np.square(np.square(score)))
        decision = np.where(score >= 1, self.anomaly, 1 - self.anomaly).astype(np.int64)
        return Outputs(features=matrix, value=score, decision=decision, health=health.astype(np.float32))

    @property
    def anomaly(self) -> int:
        """The index of the class of an anomaly."""
        return 1 if self.positive is None else self.positive

    def graph(self) -> bytes:
        """Write the whole graph, from raw tags to score, decision and health."""
        score = Ratio(self.model.score(), self.base, self.limit)
        return append_model(self.features, Detector(score, self.anomaly))

    def info(self, contract: Contract) -> GraphInfo:
        """Say what the graph's tensors mean."""
        return GraphInfo(
            kind=contract.kind.value,
            numbers=tuple(i.name for i in contract.numbers),
            categories=tuple(i.name for i in contract.categories),
            signals=tuple(signal.name for signal in contract.signals),
            samples=tuple(signal.length for signal in contract.signals),
            features=self.features.names,
            classes=self.classes,
            positive=self.anomaly,
        )

    def thresholds(self) -> Mapping[str, NDArray[np.float32]]:
        """Return the split points of its trees by feature name."""
        return {self.features.names[column]: found for column, found in self.model.thresholds().items()}
