"""Autocorrelation: one autoregression a column, and one row predicted from the row before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

MOST_LAGS = 8
_SPAN = 32  # rows that are averaged by one product of matrices
_LONG = 64 * _SPAN
_ALONE = 2**18  # multiplications that are done without threads
_LEAST_PIECE = 32
_NEARLY_ONE = 0.995  # a column that never returns to its mean has no long-run spread


@dataclass(frozen=True, slots=True)
class Autoregression:
    """Each column predicted from its own past: ``z[t] = sum(phi[k] * z[t - 1 - k]) + e[t]``.

    Attributes:
        phi: Shape ``(lags, columns)``; a shorter column is filled with zeros.
        spread: Standard deviation of the residual, shape ``(columns,)``.
    """

    phi: NDArray[np.float64]
    spread: NDArray[np.float64]

    @property
    def lags(self) -> int:
        """How many rows of the past a residual needs."""
        return int(self.phi.shape[0])

    @property
    def long_run_variance(self) -> NDArray[np.float64]:
        """The variance of a long mean, times its rows, shape ``(columns,)``.

        Source: the spectral density at zero of an autoregression, Brockwell & Davis (1991), section 4.4.
        """
        total = np.minimum(self.phi.sum(axis=0), _NEARLY_ONE)
        return np.asarray((self.spread / (1 - total)) ** 2)

    def residuals(
        self, whole: NDArray[np.float64], out: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Return what the past did not foretell, in residual spreads.

        Args:
            whole: The ``lags`` rows before and the rows, shape ``(columns, lags + rows)``.
            out: Where to write it, if anywhere.

        Returns:
            Shape ``(columns, rows)``.
        """
        left = np.divide(whole[:, self.lags :], self.spread[:, None], out=out)
        weights = (self.phi / self.spread)[:, :, None]
        part = np.empty_like(left)
        for lag in range(self.lags):
            start = self.lags - 1 - lag
            left -= np.multiply(weights[lag], whole[:, start : start + left.shape[1]], out=part)
        return left


def fit_autoregression(z: NDArray[np.float64], *, most: int = MOST_LAGS) -> Autoregression:
    """Fit each column by Yule-Walker, with as many lags as Akaike's criterion asks for.

    Args:
        z: Standardised, shape ``(columns, rows)``; a constant column predicts nothing.
        most: The most lags to try; fewer where the rows are few.

    Source: Brockwell & Davis, Time Series: Theory and Methods (1991), sections 8.1 and 9.3.
    """
    rows = z.shape[1]
    most = max(1, min(most, rows // 20))
    centred = z - z.mean(axis=1, keepdims=True)
    lagged = [np.einsum("ij,ij->i", centred[:, lag:], centred[:, : rows - lag]) for lag in range(most + 1)]
    covariances = np.stack(lagged) / rows
    phi, spread = _levinson(covariances, rows)
    used = max(1, int(np.max(np.nonzero(phi.any(axis=1))[0], initial=0)) + 1)
    return Autoregression(phi[:used], spread)


def _levinson(covariances: NDArray[np.float64], rows: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solve the Yule-Walker equations order by order, all columns at once, and keep the best order of each.

    Args:
        covariances: At each lag, shape ``(lags + 1, columns)``.
        rows: How many rows they are of.

    Returns:
        The weights, shape ``(lags, columns)``, and the spreads of what is left, shape ``(columns,)``.

    Source: the Durbin-Levinson algorithm, Brockwell & Davis (1991), section 5.2.
    """
    most, columns = len(covariances) - 1, covariances.shape[1]
    moves = covariances[0] > 0
    r = np.where(moves, covariances, np.eye(most + 1, 1))
    phi, best = np.zeros((most, columns)), np.zeros((most, columns))
    left, least = r[0].copy(), r[0].copy()
    score = rows * np.log(left)
    for order in range(1, most + 1):
        before = phi[: order - 1]
        reflection = (r[order] - (before * r[order - 1 : 0 : -1]).sum(axis=0)) / left
        phi[: order - 1] = before - reflection * before[::-1]
        phi[order - 1] = reflection
        left = np.maximum(left * (1 - reflection**2), 1e-9 * r[0])
        now = rows * np.log(left) + 2 * order
        better = now < score
        best[:, better], least[better], score[better] = phi[:, better], left[better], now[better]
    return np.where(moves, best, 0.0), np.where(moves, np.sqrt(least), 1.0)


def fit_step(z: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    """Fit the matrix that foretells a row from the row before, by ridge regression.

    Args:
        z: Standardised, shape ``(columns, rows)``.
        ridge: Added to the variances.

    Returns:
        Shape ``(columns, columns)``; ``matrix @ z[:, :-1]`` foretells ``z[:, 1:]``.
    """
    before, after = z[:, :-1], z[:, 1:]
    gram = product(before, before.T) / before.shape[1]
    gram[np.diag_indices_from(gram)] += ridge
    return np.asarray(np.linalg.solve(gram, product(before, after.T) / before.shape[1]).T)


def smooth(
    values: NDArray[np.float64], weight: float, last: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average exponentially: ``w[t] = weight * x[t] + (1 - weight) * w[t - 1]``.

    Args:
        values: Shape ``(columns, rows)``.
        weight: Of the newest row.
        last: The average before the first row, shape ``(columns, 1)``.

    Returns:
        The averages, shape ``(columns, rows)``, and the last of them.
    """
    if values.shape[1] <= _LONG:
        return _smoothed(values, weight, last)
    found = np.empty(values.shape)
    for start in range(0, values.shape[1], _LONG):
        part = slice(start, start + _LONG)
        found[:, part], last = _smoothed(values[:, part], weight, last)
    return found, last


def _smoothed(
    values: NDArray[np.float64], weight: float, last: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    columns, rows = values.shape
    spans = -(-rows // _SPAN)
    within, decay = _kernel(weight)
    carry, fade = _carry(weight, spans)
    padded = values
    if rows < spans * _SPAN:
        padded = np.zeros((columns, spans * _SPAN))
        padded[:, :rows] = values
    averages = product(padded.reshape(columns * spans, _SPAN), within).reshape(columns, spans, _SPAN)
    begun = averages[:, :, -1] @ carry
    begun += last * fade
    averages += begun[:, :, None] * decay
    found = averages.reshape(columns, -1)[:, :rows]
    return found, found[:, -1:].copy()


def product(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply matrices of which one side is long.

    It is done in pieces for which the linear algebra starts no threads: those would cost more than they
    bring, and take the cores that serve.
    """
    rows, inner, columns = *left.shape, right.shape[1]
    sides = sorted((rows, inner, columns))
    piece = _ALONE // (sides[0] * sides[1])
    if piece < _LEAST_PIECE or sides[2] <= piece:
        return np.asarray(left @ right)
    cuts = [slice(at, at + piece) for at in range(0, sides[2], piece)]
    found = np.zeros((rows, columns))
    for cut in cuts:
        if inner == sides[2]:
            found += left[:, cut] @ right[cut]
        elif columns == sides[2]:
            np.matmul(left, right[:, cut], out=found[:, cut])
        else:
            np.matmul(left[cut], right, out=found[cut])
    return found


@cache
def _kernel(weight: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what a span of rows adds to its averages, and what is left of the average before it."""
    keep = 1 - weight
    ages = np.arange(_SPAN) - np.arange(_SPAN)[:, None]
    within = np.where(ages >= 0, weight * keep ** np.maximum(ages, 0), 0.0)
    return np.asarray(within), np.asarray(keep ** np.arange(1, _SPAN + 1))


@lru_cache(maxsize=64)
def _carry(weight: float, spans: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the ends of earlier spans add to where each span begins, and what is left from before."""
    keep = (1 - weight) ** _SPAN
    ages = np.arange(spans) - np.arange(spans)[:, None] - 1
    return np.where(ages >= 0, keep ** np.maximum(ages, 0), 0.0), np.asarray(keep ** np.arange(spans))
