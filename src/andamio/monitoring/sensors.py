"""Sensor faults, before anything is called drift: one detector an asset, the same live and in a replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.monitoring.findings import Finding
from andamio.monitoring.rows import Rows
from andamio.monitoring.sensor_words import finding_of
from andamio.statistics.faults import FaultReference, FaultWatch

State = Mapping[str, NDArray[np.generic]]


class SensorDetector:
    """Watch the sensors of one asset.

    A bundle that was built before sensors were learnt has no ``sensors.*``: then nothing is said, and
    ``abstains`` is true.
    """

    def __init__(self, contract: Contract, reference: State) -> None:
        self._contract = contract
        learnt = FaultReference.read(reference) if FaultReference.is_in(reference) else None
        fits = learnt is not None and learnt.tags == len(contract.numbers)
        self._watch = FaultWatch(learnt) if learnt is not None and fits else None
        self._asset = ""

    @property
    def abstains(self) -> bool:
        """Tell whether the bundle does not say how its sensors behave."""
        return self._watch is None

    def feed(self, rows: Rows) -> None:
        """Take the next rows of the asset."""
        self._asset = rows.asset
        if self._watch is not None:
            self._watch.update(rows.times, rows.arrived, rows.numbers)

    def suspect(self) -> NDArray[np.bool_]:
        """Return the number tags in doubt of the rows last fed, shape ``(rows, numbers)``."""
        if self._watch is None:
            return np.zeros((0, len(self._contract.numbers)), np.bool_)
        return self._watch.suspect()

    def standing(self) -> Sequence[Finding]:
        """Return the faults that last, and those that ended a short while ago."""
        if self._watch is None:
            return []
        return [finding_of(fault, self._contract, self._asset) for fault in self._watch.standing()]

    def state(self) -> State:
        """Return all that must survive a restart."""
        return {} if self._watch is None else self._watch.state()

    def restore(self, state: State) -> None:
        """Continue from a state that ``state`` returned."""
        if self._watch is not None and state:
            self._watch.restore(state)
