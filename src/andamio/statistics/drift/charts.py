"""The control charts that watch a stream: learnt from standardised rows, run over any stretch of them.

One object holds what was learnt; the state is separate and tiny. Live, in a replay and in the calibration
of the limits it is the same code. Every chart gives one number a row, large when the process has moved.
Inside, tables lie as columns by rows, so that each column is one stretch of memory, and short stretches are
worked through one after another, so that they stay near the processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.sums import CUSUMS, Sums, SumState
from andamio.statistics.drift.whitening import (
    Autoregression,
    fit_autoregression,
    fit_step,
    product,
    smooth,
)

Table = NDArray[np.float64]

CHARTS = (
    "cusum-mean-0.25",
    "cusum-mean-0.5",
    "cusum-mean-1",
    "cusum-mean-2",
    "cusum-step",
    "cusum-variance",
    "cusum-given-others",
    "mewma-slow",
    "mewma-fast",
    "spe",
    "step-t2",
    "step-t2-ewma",
)
CAP = 5.0  # spreads; a single wild value is the sensors' affair
_VARIANCE_CAP = 8.0
_SLOW, _FAST, _SPE = 0.1, 0.4, 0.2
_MAIN = 1.2
_NEAR = 26_000  # values of a stretch that stay near the processor
_LEAST_STRETCH, _MOST_STRETCH = 256, 4096


@dataclass(slots=True)
class ChartState:
    """What the charts remember between two rows, for one asset.

    Attributes:
        sums: Of the cumulative sums.
        past: The latest rows, shape ``(columns, lags)``.
        slow: Exponential averages of the rows, shape ``(columns, 1)``; ``fast`` likewise.
        fast: See ``slow``.
        single: Exponential averages of the squared prediction error and of steps, shape ``(2, 1)``.
    """

    sums: SumState
    past: Table
    slow: Table
    fast: Table
    single: Table


@dataclass(frozen=True, kw_only=True)
class Charts:
    """What the charts learnt of the usual rows.

    Attributes:
        own: Each column from its own past.
        step: Foretells a row from the row before, shape ``(columns, columns)``.
        slow: Makes the slow average uncorrelated, shape ``(columns, columns)``; ``fast``, ``steps`` likewise.
        rest: Takes the main directions away, shape ``(columns, columns)``.
        others: Takes from each column what the others explain, shape ``(columns, columns)``.
        scale: Makes the sums of all columns alike, shape ``(4, columns)``, one line a signal.
        caps: No sum grows beyond, so that it returns when the process does, shape ``(cusums,)``.
    """

    own: Autoregression
    step: Table
    slow: Table
    fast: Table
    steps: Table
    rest: Table
    others: Table
    scale: Table
    caps: Table

    def fresh(self) -> ChartState:
        """Return the state before the first row."""
        columns = len(self.step)
        return ChartState(
            sums=SumState.fresh(columns),
            past=np.zeros((columns, self.own.lags)),
            slow=np.zeros((columns, 1)),
            fast=np.zeros((columns, 1)),
            single=np.array([[np.trace(self.rest)], [float(columns)]]),
        )

    def run(self, z: Table, state: ChartState) -> Table:
        """Run all charts over the next rows and leave the state after the last.

        Args:
            z: Standardised rows, shape ``(rows, columns)``, NaN for missing.
            state: Is changed.

        Returns:
            One number a chart, shape ``(rows, charts)``.
        """
        values = np.empty((len(CHARTS), len(z)))
        for start in range(0, len(z), self._rows):
            part = slice(start, start + self._rows)
            self._stretch(z[part], state, values[:, part])
        return values.T

    def _stretch(self, rows: Table, state: ChartState, values: Table) -> None:
        lags, cusums = self.own.lags, len(CUSUMS)
        whole = np.empty((len(self.step), lags + len(rows)))
        whole[:, :lags] = state.past
        z = whole[:, lags:]
        unknown = _settle(rows, z)
        if unknown is not None:
            z[unknown] = self._expected(z)[unknown]
        self._sums.run(self._signals(whole, unknown), state.sums, values[:cusums])
        average, state.slow = smooth(z, _SLOW, state.slow)
        _squares(product(self.slow, average), values[cusums])
        average, state.fast = smooth(z, _FAST, state.fast)
        _squares(product(self.fast, average), values[cusums + 1])
        single = np.empty((2, len(rows)))
        _squares(product(self.rest, z), single[0])
        steps = product(self.steps, z)
        steps -= product(self._after, whole[:, lags - 1 : -1])
        _squares(steps, single[1])
        values[cusums + 3] = single[1]
        values[cusums + 2 :: 2], state.single = smooth(single, _SPE, state.single)
        np.cbrt(values[cusums:], out=values[cusums:])
        state.past = whole[:, whole.shape[1] - lags :].copy()

    def _signals(self, whole: Table, unknown: NDArray[np.bool_] | None) -> Iterator[Table]:
        """Give what is summed: rows, residuals, their squares, what other columns do not explain."""
        z, scale = whole[:, self.own.lags :], self._sums.scale[:, :, None]
        part = np.empty(z.shape)
        yield np.multiply(z, scale[0], out=part)
        white = self.own.residuals(whole)
        np.clip(white, -CAP, CAP, out=white)
        if unknown is not None:
            white[unknown] = 0.0
        yield np.multiply(white, scale[1], out=part)
        np.multiply(white, white, out=part)
        np.minimum(part, _VARIANCE_CAP, out=part)
        part -= 1.0
        if unknown is not None:
            part[unknown] = 0.0
        part *= scale[2]
        yield part
        yield product(self._apart, z)

    @cached_property
    def _rows(self) -> int:
        """How many rows are worked through at a time."""
        return min(max(_NEAR // len(self.step), _LEAST_STRETCH), _MOST_STRETCH) // 32 * 32

    @cached_property
    def _sums(self) -> Sums:
        return Sums(self.scale, self.caps, self._rows)

    @cached_property
    def _after(self) -> Table:
        """What a row foretells, made uncorrelated as steps are."""
        return np.asarray(self.steps @ self.step)

    @cached_property
    def _apart(self) -> Table:
        """What the others do not explain, in the units of its sum."""
        return np.asarray(self.others * self._sums.scale[-1][:, None])

    def _expected(self, z: Table) -> Table:
        """Return what the other columns let expect of each; a missing value must not look like its mean."""
        return np.asarray(z - (self.others @ z) / np.diag(self.others)[:, None])


def _settle(rows: Table, z: Table) -> NDArray[np.bool_] | None:
    """Write rows as columns by rows, missing values in the middle, wild ones held at five spreads.

    Returns:
        Which values are missing, shape ``(columns, rows)``; None where none is.
    """
    z[:] = rows.T
    unknown = np.isnan(z)
    holes = bool(unknown.any())
    if holes:
        z[unknown] = 0.0
    np.clip(z, -CAP, CAP, out=z)
    return unknown if holes else None


def settled(rows: Table) -> Table:
    """Return rows as columns by rows, missing values in the middle, wild ones held at five spreads."""
    z = np.empty(rows.shape[::-1])
    _settle(rows, z)
    return z


def fit_charts(rows: Table) -> Charts:
    """Learn the charts from standardised rows, shape ``(rows, columns)``, in time order."""
    z = settled(rows)
    columns, count = z.shape
    own = fit_autoregression(z)
    step = fit_step(z, 0.05 + columns / count)
    white = np.clip(own.residuals(np.concatenate([np.zeros((columns, own.lags)), z], axis=1)), -CAP, CAP)
    noise = np.minimum(white * white, _VARIANCE_CAP) - 1.0
    others = _others(z)
    scale = 1 / np.stack(
        [
            np.maximum(own.long_run_variance, 0.1),
            np.maximum(white.var(axis=1), 0.1),
            np.maximum(fit_autoregression(noise).long_run_variance, 0.2),
            np.maximum(fit_autoregression(product(others, z)).long_run_variance, 0.1),
        ]
    )
    slow, _ = smooth(z, _SLOW, np.zeros((columns, 1)))
    fast, _ = smooth(z, _FAST, np.zeros((columns, 1)))
    return Charts(
        own=own,
        step=step,
        slow=_whitener(slow),
        fast=_whitener(fast),
        steps=_whitener(z[:, 1:] - product(step, z[:, :-1])),
        rest=_rest(z, own.long_run_variance),
        others=others,
        scale=scale,
        caps=np.full(len(CUSUMS), np.inf),
    )


def _whitener(values: Table) -> Table:
    """Return what makes columns uncorrelated and of spread one; the covariance is shrunk to its diagonal."""
    columns, count = values.shape
    covariance = product(values, values.T) / count
    shrink = min(1.0, 0.02 + columns / count)
    diagonal = np.maximum(np.diag(covariance), 1e-6)
    covariance = (1 - shrink) * covariance + shrink * np.diag(diagonal)
    return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))


def _others(z: Table) -> Table:
    """Return what leaves of each column the part that a regression on the others does not explain.

    In spreads of that part. Source: the rows of an inverse covariance are such regressions, Dempster,
    Biometrics 28 (1972); the covariance is shrunk to its diagonal.
    """
    columns, count = z.shape
    covariance = product(z, z.T) / count
    shrunk = covariance.copy()
    shrink = min(1.0, 0.02 + columns / count)
    shrunk *= 1 - shrink
    shrunk[np.diag_indices_from(shrunk)] += shrink + 1e-6
    inverse = np.linalg.inv(shrunk)
    left = inverse / np.diag(inverse)[:, None]
    spread = np.sqrt(np.maximum(np.einsum("ij,ij->i", left @ covariance, left), 1e-9))
    return np.asarray(left / spread[:, None])


def _rest(z: Table, long_run: Table) -> Table:
    """Return what takes away the common movement: directions with more variance than chance gives.

    Source: the upper edge of Marchenko & Pastur, Math. USSR Sbornik 1 (1967), at the effective rows.
    """
    variances, directions = np.linalg.eigh(product(z, z.T) / z.shape[1])
    effective = z.shape[1] / max(1.0, float(np.mean(long_run)))
    chance = (1 + np.sqrt(len(z) / effective)) ** 2
    main = variances > _MAIN * chance * max(float(variances.mean()), 1e-9)
    main[0] = False
    return np.asarray(np.eye(len(z)) - directions[:, main] @ directions[:, main].T)


def _squares(values: Table, out: Table) -> None:
    np.einsum("ij,ij->j", values, values, out=out)
