"""A trained model behind its features: it answers rows natively, and writes itself as one graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.features import (
    Classifier,
    FeatureGraph,
    FeaturePlan,
    Limited,
    Network,
    Regressor,
    append_model,
    run_channels,
    run_features,
)
from andamio.training.calibration import Calibration
from andamio.training.intervals import Interval
from andamio.training.models import Matrix, Model
from andamio.training.remaining import WithinHorizon


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """One model, ready to answer.

    Attributes:
        plan: Its features.
        features: The compiled plan.
        model: What was trained.
        calibration: From margins to answers.
        classes: Labels; empty for a number.
        positive: Index of the class that the threshold is about; None without a threshold.
        threshold: The chance from which it is decided, in float32; None decides the most probable class.
        interval: Limits around a number; None for classes.
        centre: Of a remaining life: what the limits lie around, within the same horizon; the answer may be
            shifted to the cheaper side.
    """

    plan: FeaturePlan
    features: FeatureGraph
    model: Model
    calibration: Calibration
    classes: tuple[str, ...]
    positive: int | None
    threshold: float | None
    interval: Interval | None
    centre: WithinHorizon | None = None

    def __call__(self, rows: Rows) -> Outputs:
        """Answer rows with the trained model's own library."""
        matrix = run_features(self.features, rows)
        network = self.plan.network
        if isinstance(network, Network):  # apart from the graph, so that the graph can be held to it
            channels = run_channels(self.plan, network.signals, rows)
            matrix[:, -len(network.columns) :] = network.values(channels)
        return self.answer(matrix)

    def answer(self, matrix: Matrix) -> Outputs:
        """Answer features, shape ``(rows, features)``."""
        margin = self.model.margin(matrix)
        answer = self.calibration.apply(margin)
        if self.interval is not None:
            value, half = answer[:, 0], self.interval.half(self._plain(matrix))
            lower, upper = value - half, value + half
            if self.centre is not None:
                middle = self.centre.apply(margin)[:, 0]
                lower = np.minimum(self.centre.limited(middle - half), value)
                upper = np.maximum(self.centre.limited(middle + half), value)
            return Outputs(
                features=matrix,
                value=value.astype(np.float32),
                lower=lower.astype(np.float32),
                upper=upper.astype(np.float32),
            )
        chances = answer.astype(np.float32)
        if self.positive is None:
            decision = chances.argmax(axis=1).astype(np.int64)
            return Outputs(features=matrix, probabilities=chances, decision=decision)
        event = chances[:, 0]
        both = np.empty((len(event), 2), dtype=np.float32)
        both[:, self.positive], both[:, 1 - self.positive] = event, np.float32(1) - event
        reached = event >= np.float32(0.5 if self.threshold is None else self.threshold)
        decision = np.where(reached, self.positive, 1 - self.positive).astype(np.int64)
        return Outputs(features=matrix, probabilities=both, decision=decision)

    def _plain(self, matrix: Matrix) -> Matrix:
        """Return the features without what a network makes, which intervals do not read."""
        width = 0 if self.plan.network is None else len(self.plan.network.columns)
        return matrix[:, : matrix.shape[1] - width]

    def graph(self) -> bytes:
        """Write the whole graph, from raw tags to the answer."""
        raw = self.model.score()
        score = self.calibration.score(raw)
        if self.interval is not None:
            lower, upper = self.interval.scores(score)
            if self.centre is not None:
                within = self.interval.scores(self.centre.score(raw))
                lower, upper = (Limited(limit, 0.0, self.centre.horizon) for limit in within)
            return append_model(self.features, Regressor(score, lower, upper))
        if self.positive is None:
            return append_model(self.features, Classifier(score))
        threshold = 0.5 if self.threshold is None else self.threshold
        return append_model(self.features, Classifier(score, threshold, self.positive))

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
            positive=self.positive,
            threshold=self.threshold,
            coverage=None if self.interval is None else self.interval.coverage,
        )

    def thresholds(self) -> Mapping[str, NDArray[np.float32]]:
        """Return the split points of its trees by feature name, those of the interval's model included."""
        found: dict[str, NDArray[np.float32]] = {}
        models = [self.model]
        if self.interval is not None and self.interval.spread is not None:
            models.append(self.interval.spread)
        for model in models:
            for column, values in model.thresholds().items():
                name = self.features.names[column]
                found[name] = np.union1d(found.get(name, values), values)
        return found
