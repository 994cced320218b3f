"""A small convolutional network over the signals themselves, where the contract asks for one.

What it answers becomes columns of the feature matrix, behind all others, and the model reads just these. So
everything that works on features works on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.errors import MissingExtra, Text, text
from andamio.features import Linear, Network, export_linear
from andamio.training.candidates import Folds, Rehearsal, Setting, gather
from andamio.training.linear import link_of
from andamio.training.models import Link, Matrix, Thresholds, linked
from andamio.training.task import Floats
from andamio.training.transfer import BEGUN, FAMILY

FEWEST_STEPS = 600
# Where rows are many, so often is each one seen at least.
LEAST_TURNS = 4
_BATCH = 32
# The shares of all steps after which the network is tried on rows that it has not seen.
_TRIED = (0.125, 0.25, 0.5, 1.0)


def require_torch() -> Any:
    """Load what trains networks.

    Raises:
        MissingExtra: PyTorch is not installed.
    """
    try:
        return import_module("andamio.training.networks")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "torch":
            raise
        raise MissingExtra(
            text("a convolutional network needs a package that is not installed: {package}", package="torch"),
            why=text("the contract says convolution = true, or the sister to learn from has such a network"),
            fix=text("install Andamio's {extra} extra from where this copy came from", extra="[torch]"),
        ) from error


@dataclass(frozen=True, slots=True, eq=False)
class NetworkModel:
    """A network whose columns stand behind ``before`` others in the feature matrix."""

    network: Network
    before: int
    link: Link

    def margin(self, x: Matrix) -> Floats:
        """Read its columns."""
        return np.asarray(x[:, self.before :], dtype=np.float64)

    def score(self) -> Linear:
        """Read its columns in the graph, where the features hold them."""
        width = len(self.network.columns)
        return export_linear(np.hstack([np.zeros((width, self.before)), np.eye(width)]), np.zeros(width))

    def thresholds(self) -> Thresholds:
        """A network splits nothing."""
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A network of three convolutions; cross-validation chooses how long it is trained.

    Attributes:
        names: The signals that it reads.
        steps: How long; None before it is chosen.
        start: A like machine's network to begin from.
        told: The version of that.
    """

    names: tuple[str, ...]
    steps: int | None = None
    start: Network | None = None
    told: str = ""

    @property
    def family(self) -> str:
        """Its kind, for programs."""
        return FAMILY if self.start is None else BEGUN

    @property
    def title(self) -> Text:
        """Its kind, for people."""
        if self.start is None:
            return text("convolutional network")
        return text("convolutional network begun from {sister}", sister=self.told)

    def settings(self) -> Mapping[str, object]:
        """Tell how long it is trained, and on what."""
        begun = {"begun_from": self.told} if self.start is not None else {}
        return {"steps": self.steps, "signals": list(self.names), **begun}

    def train(self, given: Setting) -> NetworkModel:
        """Train on all rows given."""
        steps = self.steps or _steps(len(given.y))[-1]
        network = self._networks(given, [steps])[0]
        columns = network.values(_signals(given))
        network = replace(network, instead=np.median(columns, axis=0).astype(np.float32))
        return NetworkModel(network, given.x.shape[1], link_of(given.task))

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate, and keep the number of steps of the lowest loss."""
        link, tried = link_of(given.task), [self.steps] if self.steps else _steps(len(given.y))
        parts: list[list[Floats]] = [[] for _ in tried]
        for inside, outside in folds:
            held_out = _signals(given)[outside]
            for place, network in enumerate(self._networks(given.take(inside), tried)):
                parts[place].append(network.values(held_out))
        margins = [gather(part, given, folds) for part in parts]
        losses = [float(np.nanmean(given.task.losses(linked(one, link), given.y))) for one in margins]
        best = int(np.argmin(losses))
        return Rehearsal(replace(self, steps=tried[best]), link, margins[best])

    def _networks(self, given: Setting, steps: Sequence[int]) -> list[Network]:
        module = require_torch()
        course = module.Course(
            names=self.names, task=given.task, seed=given.seed, steps=steps, start=self.start
        )
        networks: list[Network] = module.train_networks(_signals(given), given.y, course)
        return networks


def _steps(rows: int) -> list[int]:
    whole = max(FEWEST_STEPS, LEAST_TURNS * rows // _BATCH)
    return [round(share * whole) for share in _TRIED]


def _signals(given: Setting) -> NDArray[np.float32]:
    if given.signals is None:
        raise ValueError("a network was asked for without signals")
    return given.signals
