"""Two tests that look at all columns at once: kernel means, and a classifier that tells now from then."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

_WAVES = 64
_SHUFFLES = 499
_SAMPLE = 1000
_RIDGE = 0.05
FEWEST_FOR_CLASSIFIER = 2000
_FEWEST_BLOCKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """Means of random waves over blocks of history, and a sample of its rows.

    Attributes:
        waves: Directions, shape ``(columns, 64)``.
        means: Cosine and sine means, shape ``(blocks, 128)``.
        sample: Rows of history, standardised, shape ``(rows, columns)``.
    """

    waves: Table
    means: Table
    sample: Table

    @classmethod
    def learn(cls, z: Table, blocks: int, *, seed: int = 0) -> Kernel:
        """Learn from standardised history, shape ``(rows, columns)``.

        Source: Rahimi & Recht, Random Features for Large-Scale Kernel Machines, NIPS (2007).
        """
        z = _filled(z)
        waves = np.random.default_rng(seed).standard_normal((z.shape[1], _WAVES)) / np.sqrt(2 * z.shape[1])
        places = np.unique(np.linspace(0, len(z) - 1, min(_SAMPLE, len(z))).astype(np.int64))
        return cls(waves=waves, means=_means(z, waves, blocks), sample=z[places])

    def discrepancy(self, z: Table, blocks: int, *, seed: int = 0) -> tuple[float, float]:
        """Return the maximum mean discrepancy of a window, and its permutation probability over blocks.

        Source: Gretton et al., A Kernel Two-Sample Test, JMLR 13 (2012).
        """
        both = np.concatenate([_means(_filled(z), self.waves, blocks), self.means])
        total = len(both)
        random = np.random.default_rng(seed)
        chosen = np.zeros((_SHUFFLES + 1, total))
        chosen[0, :blocks] = 1.0
        for row in chosen[1:]:
            row[random.permutation(total)[:blocks]] = 1.0
        window = chosen @ both
        apart = window / blocks - (both.sum(axis=0) - window) / (total - blocks)
        squared = (apart**2).sum(axis=1) / _WAVES
        beyond = int(np.count_nonzero(squared[1:] >= squared[0] - 1e-12))
        return float(np.sqrt(squared[0])), (1 + beyond) / (1 + _SHUFFLES)

    def classify(self, z: Table, blocks: int) -> tuple[float, float] | None:
        """Let a classifier tell the window from history on rows that it was not taught with.

        It is a ridge discriminant on columns and their squares; every second block of the window teaches, the
        others are told. The error of the area under the curve counts blocks, not rows.

        Returns:
            The area under the curve and its one-sided probability; None below 2,000 rows.

        Source: Lopez-Paz & Oquab, Revisiting Classifier Two-Sample Tests, ICLR (2017); DeLong, DeLong &
        Clarke-Pearson, Biometrics 44 (1988).
        """
        if len(z) < FEWEST_FOR_CLASSIFIER or blocks < _FEWEST_BLOCKS:
            return None
        z = _filled(z)
        parts = np.array_split(np.arange(len(z)), blocks)
        taught = np.concatenate(parts[::2])
        told = parts[1::2]
        then = self.sample
        weights = _discriminant(_shape(z[taught]), _shape(then[::2]))
        old = np.sort(_shape(then[1::2]) @ weights)
        placed = [np.searchsorted(old, _shape(z[part]) @ weights) / len(old) for part in told]
        means = np.array([part.mean() for part in placed])
        area = float(means.mean())
        new = np.sort(_shape(z[np.concatenate(told)]) @ weights)
        from_old = 1 - np.searchsorted(new, old) / len(new)
        error = sqrt(float(means.var(ddof=1)) / len(means) + float(from_old.var()) / len(old))
        return area, 0.5 * erfc((area - 0.5) / max(error, 1e-9) / sqrt(2))


def _filled(z: Table) -> Table:
    return np.where(np.isfinite(z), np.clip(z, -5, 5), 0.0)


def _means(z: Table, waves: Table, blocks: int) -> Table:
    found = []
    for part in np.array_split(z, blocks):
        angle = part @ waves
        found.append(np.concatenate([np.cos(angle).mean(axis=0), np.sin(angle).mean(axis=0)]))
    return np.array(found)


def _shape(z: Table) -> Table:
    return np.concatenate([z, z * z], axis=1)


def _discriminant(new: Table, old: Table) -> Table:
    apart = new.mean(axis=0) - old.mean(axis=0)
    scatter = (np.cov(new.T) + np.cov(old.T)) / 2
    scatter[np.diag_indices_from(scatter)] += _RIDGE
    return np.asarray(np.linalg.solve(scatter, apart))
