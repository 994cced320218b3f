"""What every streaming detector can do; the watch feeds it, asks what stands, and keeps its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

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
