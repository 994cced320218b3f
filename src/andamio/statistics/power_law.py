"""Extrapolate a learning curve: errors fall as an inverse power of the number of rows learnt from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Floats = NDArray[np.float64]
POWERS = (0.25, 0.35, 0.5, 0.7, 1.0)


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """``floor + drop * (rows / unit) ** -power`` with a floor that is never negative.

    A drop below zero is a curve that rises: errors that follow no rows rise as often as they fall.
    """

    floor: float
    drop: float
    power: float
    unit: float

    def at(self, rows: float) -> float:
        """Return the error that is expected with so many rows."""
        return self.floor + self.drop * float((rows / self.unit) ** -self.power)


def fit_power_law(rows: Floats, errors: Floats, power: float) -> PowerLaw:
    """Fit floor and drop for one power by least squares; larger samples weigh more, as they vary less.

    Were only falling curves allowed, noise would promise something whichever way it points.

    Args:
        rows: Rows learnt from, shape ``(points,)``.
        errors: What was measured, never negative, same shape.
        power: How fast it falls.

    Source: Cortes et al., Learning curves: asymptotic values and rate of convergence (1993); Hestness et al.,
    Deep learning scaling is predictable, empirically (2017).
    """
    unit = float(rows[-1])
    weights = np.sqrt(rows / unit)
    design = np.column_stack([np.ones(len(rows)), (rows / unit) ** -power])
    (floor, drop), *_ = np.linalg.lstsq(design * weights[:, None], errors * weights, rcond=None)
    if floor < 0:
        floor, (drop,) = 0.0, nnls(design[:, 1:] * weights[:, None], errors * weights)[0]
    return PowerLaw(float(floor), float(drop), power, unit)


def extrapolate(rows: Floats, draws: Floats, targets: Floats) -> Floats:
    """Extrapolate many redrawn curves, each by a power drawn as well as it fits.

    A few points hardly tell the power, so none is chosen: each redrawn curve is continued with one of the
    grid, the likelier the better it fits all curves together.

    Args:
        rows: Rows learnt from, rising, shape ``(points,)``.
        draws: Errors of each redrawn curve, shape ``(draws, points)``.
        targets: Rows to extrapolate to, shape ``(targets,)``.

    Returns:
        Errors, shape ``(draws, targets)``.
    """
    middle = draws.mean(axis=0)
    noise = np.maximum(draws.std(axis=0), 1e-12)
    misfit = []
    for power in POWERS:
        law = fit_power_law(rows, middle, power)
        misfit.append(float(np.sum(((middle - [law.at(r) for r in rows]) / noise) ** 2)))
    chances = np.exp(-0.5 * (np.array(misfit) - min(misfit)))
    # Evenly spread over the draws: the same draws give the same powers.
    places = np.searchsorted(np.cumsum(chances / chances.sum()), (np.arange(len(draws)) + 0.5) / len(draws))
    order = np.argsort((np.arange(len(draws)) * 0.6180339887) % 1.0)
    powers = np.array(POWERS)[np.minimum(places, len(POWERS) - 1)][order]
    found = np.empty((len(draws), len(targets)))
    for i, (curve, power) in enumerate(zip(draws, powers, strict=True)):
        law = fit_power_law(rows, curve, float(power))
        found[i] = [law.at(t) for t in targets]
    return found
