"""Which detectors watch an asset; the only place that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.monitoring.detector import Detector
from andamio.monitoring.drift import DriftDetector
from andamio.monitoring.rows import Rows
from andamio.monitoring.sensors import SensorDetector
from andamio.statistics.drift import DriftReference

Reference = Mapping[str, NDArray[np.generic]]
Factory = Callable[[], Sequence[Detector]]
Maker = Callable[[Contract, Reference], Callable[[], Detector] | None]


@runtime_checkable
class Doubting(Protocol):
    """A detector that says which measurements are in doubt; it is fed before all others."""

    def suspect(self) -> NDArray[np.bool_]:
        """Return the number tags in doubt of the rows last fed, shape ``(rows, numbers)``."""


def _sensors(contract: Contract, reference: Reference) -> Callable[[], Detector] | None:
    own = {name: array for name, array in reference.items() if name.startswith("sensors.")}
    return None if SensorDetector(contract, own).abstains else partial(SensorDetector, contract, own)


def _drift(contract: Contract, reference: Reference) -> Callable[[], Detector] | None:
    if not DriftReference.is_in(reference):
        return None
    return partial(DriftDetector, contract, DriftReference.read(reference))


# In the order in which they are fed: whatever doubts the sensors comes first. A maker that finds nothing of
# its own in the reference returns None.
MAKERS: tuple[Maker, ...] = (_sensors, _drift)


def factory_of(contract: Contract, reference: Reference) -> Factory:
    """Return what makes the detectors of an asset; what was learnt is read once for all of them.

    Args:
        contract: The version's contract.
        reference: What normal is: the bundle's arrays, or those of a rebase.
    """
    makers = [made for make in MAKERS if (made := make(contract, reference)) is not None]
    return lambda: [make() for make in makers]


def show(detectors: Sequence[Detector], rows: Rows) -> None:
    """Feed rows to detectors one after another; a sensor that one of them doubts is suspect to the next."""
    for detector in detectors:
        detector.feed(rows)
        if isinstance(detector, Doubting):
            rows = replace(rows, suspect=rows.suspect | detector.suspect())
