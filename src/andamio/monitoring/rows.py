"""The rows that detectors read: one asset's, of one version, in the order of their event times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A stretch of one asset's rows. Cut anywhere, fed in order, it leaves a detector in the same state.

    Attributes:
        asset: The asset, "" for none.
        times: Event times, seconds since 1970, never falling, shape ``(rows,)``.
        arrived: When each row was answered, seconds since 1970, shape ``(rows,)``.
        numbers: Number tags in the contract's order, NaN for missing, shape ``(rows, numbers)``.
        categories: Category tags, "" for missing, shape ``(rows, categories)``.
        scores: The one number a prediction that is watched (``statistics.profile.watched_score``),
            NaN where there is none, shape ``(rows,)``.
        suspect: Number tags whose sensor is in doubt, shape ``(rows, numbers)``; drift leaves them out.
    """

    asset: str
    times: NDArray[np.float64]
    arrived: NDArray[np.float64]
    numbers: NDArray[np.float32]
    categories: NDArray[np.object_]
    scores: NDArray[np.float64]
    suspect: NDArray[np.bool_]

    def __len__(self) -> int:
        """Count the rows."""
        return int(self.times.size)
