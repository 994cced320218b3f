"""What every streaming detector can do; the watch feeds it, asks what stands, and keeps its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from andamio.monitoring.findings import Finding
from andamio.monitoring.rows import Rows

State = Mapping[str, NDArray[np.generic]]


class Detector(Protocol):
    """One way of watching one asset. Live and in a replay it is the same object fed the same rows."""

    def feed(self, rows: Rows) -> None:
        """Take the next rows of the asset."""

    def standing(self) -> Sequence[Finding]:
        """Return what is the case after the last row; a finding keeps its ``since`` while it stands."""

    def state(self) -> State:
        """Return all that must survive a restart, as small named arrays."""

    def restore(self, state: State) -> None:
        """Continue from a state that ``state`` returned."""


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
