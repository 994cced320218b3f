"""Which detectors watch an asset; the only place that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.monitoring.detector import Detector

Reference = Mapping[str, NDArray[np.generic]]
Factory = Callable[[], Sequence[Detector]]
Maker = Callable[[Contract, Reference], Detector | None]


@runtime_checkable
class Doubting(Protocol):
    """A detector that says which measurements are in doubt; it is fed before all others."""

    def suspect(self) -> NDArray[np.bool_]:
        """Return the number tags in doubt of the rows last fed, shape ``(rows, numbers)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A series that a plant engineer reads: Shewhart, T², SPE.

    Attributes:
        name: What it shows: "T²", "SPE", or the name of a tag.
        times: Seconds since 1970, shape ``(points,)``.
        values: Shape ``(points,)``.
        limit: Beyond which a point is out; None where there is none.
        lower: Below which a point is out; None where there is none.
        centre: Where it lies in the reference; None where that is not told.
        unit: Of the values; "" for none.
    """

    name: str
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    limit: float | None = None
    lower: float | None = None
    centre: float | None = None
    unit: str = ""


@runtime_checkable
class Charted(Protocol):
    """A detector that shows what it watches."""

    def charts(self) -> Sequence[Chart]:
        """Return its series, the latest points of each."""


# In the order in which they are fed: whatever doubts the sensors comes first. A maker that finds nothing of
# its own in the reference returns None, or a detector that abstains and says so.
MAKERS: tuple[Maker, ...] = ()


def detectors_of(contract: Contract, reference: Reference) -> list[Detector]:
    """Make the detectors of one asset.

    Args:
        contract: The version's contract.
        reference: What normal is: the bundle's arrays, or those of a rebase.
    """
    made = (make(contract, reference) for make in MAKERS)
    return [detector for detector in made if detector is not None]
