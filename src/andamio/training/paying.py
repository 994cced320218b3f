"""Does something pay? The one rule by which what was offered to a model is kept or left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from andamio.training.task import gain
from andamio.training.trials import Trial


@dataclass(frozen=True, slots=True)
class Worth:
    """What something was worth.

    Attributes:
        share: The share of the out-of-fold loss that it takes away; negative when it adds some.
        error: Its standard error.
        pays: Whether it takes more away than that.
    """

    share: float
    error: float
    pays: bool


def worth(without: Trial, with_it: Trial) -> Worth:
    """Compare the best trial without something with the best one that has it, row by row.

    Both were cross-validated in the same folds, so what makes a row hard falls out of the difference.
    """
    less, noise = gain(without.losses, with_it.losses)
    level = max(float(np.nanmean(without.losses)), 1e-30)
    return Worth(less / level, noise / level, less > noise)
