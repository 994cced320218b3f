"""What a fit, or a model brought along, hands over: one graph, and the trained model to compare it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts.rows import Rows
from andamio.errors import Text
from andamio.training.judging import Answer
from andamio.training.table import Problem

Progress = Callable[[Text], None]


class Learnt(Protocol):
    """A trained model, as the library that trained it answers, and its one-file graph."""

    @property
    def name(self) -> str:
        """Which candidate it is: "linear", "lightgbm", "brought"."""

    @property
    def graph(self) -> bytes:
        """The ONNX file from raw tags to the answer."""

    @property
    def info(self) -> GraphInfo:
        """What the graph's tensors mean."""

    @property
    def simpler(self) -> Mapping[str, Answer]:
        """Simpler models trained on the same rows, by name, the simplest first."""

    @property
    def record(self) -> Mapping[str, object]:
        """Parameters, trials, found features: what the lineage tells, deterministic and plain JSON."""

    def answer(self, rows: Rows) -> Outputs:
        """Answer raw rows with the trained model in its own library; what it does not know is None."""

    def answer_features(self, features: NDArray[np.float32]) -> Outputs:
        """Answer rows of the feature matrix, shape ``(rows, features)``."""


class Fit(Protocol):
    """Learn from the training part of a problem; see ``fitting.fit``."""

    def __call__(
        self, problem: Problem, budget: float | None, seed: int, trials: int | None, progress: Progress
    ) -> Learnt:
        """Fit within a budget in seconds, or exactly ``trials`` trials."""
