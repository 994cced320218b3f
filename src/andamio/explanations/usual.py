"""What is usual for a tag, as the bundle's reference tells it: where eight of ten rows of training lay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Contract, Input, TagType
from andamio.statistics.profile import QUANTILES

LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for one tag; None is not known.

    Attributes:
        low: One row of ten was below.
        high: One row of ten was above.
        missing: Share of rows without it.
        shares: Share of each value, for categories and truth values ("true", "false").
    """

    low: float | None = None
    high: float | None = None
    missing: float | None = None
    shares: Mapping[str, float] | None = None

    def share(self, value: str) -> float | None:
        """Return the share of rows with a value; None when not known."""
        return None if self.shares is None else self.shares.get(value, 0.0)


def usual_values(contract: Contract, reference: Mapping[str, NDArray[Any]]) -> Mapping[str, Usual]:
    """Read what is usual for every tag; a bundle without a profile knows nothing."""
    found = {tag.name: _category(tag, reference) for tag in contract.categories}
    quantiles, missing = reference.get("profile.quantiles"), reference.get("profile.missing")
    moments = reference.get("moments.numbers")
    for place, tag in enumerate(contract.numbers):
        if quantiles is None or missing is None or moments is None:
            found[tag.name] = Usual()
        elif tag.type is TagType.BOOLEAN:
            true = float(moments[place, 1])
            shares = {"true": true, "false": 1 - true} if np.isfinite(true) else None
            found[tag.name] = Usual(missing=float(missing[place]), shares=shares)
        else:
            low, high = np.interp([LOW, HIGH], QUANTILES, quantiles[place]).tolist()
            sound = bool(np.isfinite(low) and np.isfinite(high))
            found[tag.name] = Usual(low if sound else None, high if sound else None, float(missing[place]))
    return found


def _category(tag: Input, reference: Mapping[str, NDArray[Any]]) -> Usual:
    counts = reference.get(f"category.{tag.name}.counts")
    if counts is None or not counts.sum():
        return Usual()
    shares = (counts / counts.sum()).tolist()
    return Usual(missing=shares[-1], shares=dict(zip(tag.values, shares, strict=False)))
