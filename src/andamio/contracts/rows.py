"""Rows that a contract has accepted, laid out as the graph reads them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.contracts.signal import width


class Rows(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Accepted rows, values as they were sent: policies that change a value act in the graph.

    Attributes:
        numbers: Shape ``(rows, len(contract.numbers))``, float32, in the contract's units; NaN is missing,
            booleans are 0 and 1.
        categories: Shape ``(rows, len(contract.categories))``, texts; "" is missing.
        assets: The machine of each row, where it was told.
        times: The moment of each row as it was sent, where it was told.
        flags: What the policies will do with each row: ``TAG:out-of-range``, ``TAG:clipped``,
            ``TAG:imputed``, ``TAG:other``.
        signals: Shape ``(rows, samples of all contract.signals)``, float32, NaN for a missing sample; None
            where the contract has no signals.
    """

    numbers: NDArray[np.float32]
    categories: NDArray[np.object_]
    assets: Sequence[str | None]
    times: Sequence[str | None]
    flags: Sequence[tuple[str, ...]]
    signals: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, index: NDArray[np.intp]) -> Rows:
        """Return the rows at ``index``, in its order."""
        places = index.tolist()
        return Rows(
            self.numbers[index],
            self.categories[index],
            [self.assets[place] for place in places],
            [self.times[place] for place in places],
            [self.flags[place] for place in places],
            None if self.signals is None else self.signals[index],
        )


def no_rows(contract: Contract) -> Rows:
    """Return zero rows of a contract's shape."""
    return Rows(
        np.empty((0, len(contract.numbers)), np.float32),
        np.empty((0, len(contract.categories)), object),
        [],
        [],
        [],
        np.empty((0, width(contract.signals)), np.float32) if contract.signals else None,
    )
