"""The control charts that watch a stream: learnt from standardised rows, run over any stretch of them.

One object holds what was learnt; the state is separate and tiny. Live, in a replay and in the calibration
of the limits it is the same code. Every chart gives one number a row, large when the process has moved.
Inside, tables lie as columns by rows, so that each column is one stretch of memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.whitening import Autoregression, fit_autoregression, fit_step, smooth

Table = NDArray[np.float64]

CUSUMS = ((0, 0.25), (0, 0.5), (0, 1.0), (0, 2.0), (1, 0.5), (2, 0.5))  # of rows, residuals, squares; slack
CHARTS = (
    "cusum-mean-0.25",
    "cusum-mean-0.5",
    "cusum-mean-1",
    "cusum-mean-2",
    "cusum-step",
    "cusum-variance",
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
_UNIT = 2.0**32
_UP, _DOWN = 0, 1
_SQUARES = 2  # only upwards: what varies less is missing, held, or better known
_MOST = 2.0**62
_STRETCH = 1024


@dataclass(slots=True)
class ChartState:
    """What the charts remember between two rows, for one asset.

    Attributes:
        sums: Cumulative sums in units of 2**-32, whole numbers, shape ``(cusums, 2, columns)``, up and down.
        past: The latest rows, shape ``(columns, lags)``.
        slow: Exponential averages of the rows, shape ``(columns, 1)``; ``fast`` likewise.
        spe: Exponential average of the squared prediction error, shape ``(1, 1)``; ``step`` that of steps.
        peaks: Where asked for, the largest each sum has been, shape ``(cusums, columns)``; no state.
    """

    sums: NDArray[np.int64]
    past: Table
    slow: Table
    fast: Table
    spe: Table
    step: Table
    peaks: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """What the charts learnt of the usual rows.

    Attributes:
        own: Each column from its own past.
        step: Foretells a row from the row before, shape ``(columns, columns)``.
        slow: Makes the slow average uncorrelated, shape ``(columns, columns)``; ``fast``, ``steps`` likewise.
        rest: Takes the main directions away, shape ``(columns, columns)``.
        scale: Makes the sums of all columns alike, shape ``(3, columns)``: of rows, residuals, their squares.
        caps: No sum grows beyond, so that it returns when the process does, shape ``(cusums,)``.
    """

    own: Autoregression
    step: Table
    slow: Table
    fast: Table
    steps: Table
    rest: Table
    scale: Table
    caps: Table

    def fresh(self) -> ChartState:
        """Return the state before the first row."""
        columns = len(self.step)
        return ChartState(
            sums=np.zeros((len(CUSUMS), 2, columns), np.int64),
            past=np.zeros((columns, self.own.lags)),
            slow=np.zeros((columns, 1)),
            fast=np.zeros((columns, 1)),
            spe=np.array([[np.trace(self.rest)]]),
            step=np.array([[float(columns)]]),
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
        for start in range(0, len(z), _STRETCH):
            self._stretch(z[start : start + _STRETCH], state, values[:, start : start + _STRETCH])
        return values.T

    def _stretch(self, rows: Table, state: ChartState, values: Table) -> None:
        z = settled(rows)
        whole = np.concatenate([state.past, z], axis=1)
        white = self.own.residuals(whole)
        np.clip(white, -CAP, CAP, out=white)
        noise = np.minimum(white * white, _VARIANCE_CAP)
        noise -= 1.0
        unknown = np.isnan(rows)
        if unknown.any():
            white[unknown.T] = 0.0
            noise[unknown.T] = 0.0
        self._sums((z, white, noise), state, values)
        lags, cusums = self.own.lags, len(CUSUMS)
        average, state.slow = smooth(z, _SLOW, state.slow)
        values[cusums] = _squares(self.slow @ average)
        average, state.fast = smooth(z, _FAST, state.fast)
        values[cusums + 1] = _squares(self.fast @ average)
        values[cusums + 2], state.spe = smooth(_squares(self.rest @ z)[None], _SPE, state.spe)
        values[cusums + 3] = _squares(self.steps @ (z - self.step @ whole[:, lags - 1 : -1]))
        values[cusums + 4], state.step = smooth(values[cusums + 3][None], _SPE, state.step)
        np.cbrt(values[cusums:], out=values[cusums:])
        state.past = whole[:, whole.shape[1] - lags :].copy()

    def _sums(self, signals: tuple[Table, Table, Table], state: ChartState, values: Table) -> None:
        """Sum what goes beyond a chart's slack, up and down, never below zero; keep the largest.

        The recursion ``max(0, s + x - k)`` over a stretch is the sum less its least value so far. It is done
        in whole numbers, so that a stream cut anywhere gives the same bits.

        Source: Page, Biometrika 41 (1954).
        """
        columns, rows = signals[0].shape
        order = np.arange(1, rows + 1)
        caps = np.minimum(self.caps * _UNIT / (2 * np.array([slack for _, slack in CUSUMS])), _MOST)
        sums = []
        for signal, scale in zip(signals, self.scale, strict=True):
            total = np.zeros((columns, rows + 1), np.int64)
            np.cumsum((signal * (_UNIT * scale)[:, None]).astype(np.int64), axis=1, out=total[:, 1:])
            sums.append(total)
        for i, (source, slack) in enumerate(CUSUMS):
            allowance = (_UNIT * slack * self.scale[source]).astype(np.int64)[:, None] * order
            largest: NDArray[np.int64] | None = None
            for side in (_UP, _DOWN) if source != _SQUARES else (_UP,):
                begun = state.sums[i, side][:, None]
                total = begun + sums[source] if side == _UP else begun - sums[source]
                total[:, 1:] -= allowance
                total[:, 0] = 0
                total -= np.minimum.accumulate(total, axis=1)
                top = total.max(axis=0)[1:]
                if top.max() > caps[i]:
                    steps = np.diff(sums[source], axis=1) * (1 if side == _UP else -1) - allowance[:, :1]
                    _hold(total, steps, begun[:, 0], int(caps[i]))
                    top = total[:, 1:].max(axis=0)
                if state.peaks is not None:
                    highest = total.max(axis=1) * (2 * slack / _UNIT)
                    np.maximum(state.peaks[i], highest, out=state.peaks[i])
                state.sums[i, side] = total[:, -1]
                largest = top if largest is None else np.maximum(largest, top)
            values[i] = largest
            values[i] *= 2 * slack / _UNIT


def _hold(total: NDArray[np.int64], steps: NDArray[np.int64], begun: NDArray[np.int64], cap: int) -> None:
    """Run again, step by step, the sums that went beyond the cap, and hold them there."""
    for j in np.flatnonzero(total.max(axis=1) > cap):

        def held(s: int, step: int) -> int:
            return min(cap, max(0, s + step))

        total[j, 1:] = list(accumulate(steps[j].tolist(), held, initial=min(int(begun[j]), cap)))[1:]


def settled(rows: Table) -> Table:
    """Return rows as columns by rows, missing values in the middle, wild ones held at five spreads."""
    z = np.array(rows.T, dtype=np.float64, order="C")
    z[np.isnan(z)] = 0.0
    np.clip(z, -CAP, CAP, out=z)
    return z


def fit_charts(rows: Table) -> Charts:
    """Learn the charts from standardised rows, shape ``(rows, columns)``, in time order."""
    z = settled(rows)
    columns, count = z.shape
    own = fit_autoregression(z)
    step = fit_step(z, 0.05 + columns / count)
    white = np.clip(own.residuals(np.concatenate([np.zeros((columns, own.lags)), z], axis=1)), -CAP, CAP)
    noise = np.minimum(white * white, _VARIANCE_CAP) - 1.0
    scale = 1 / np.stack(
        [
            np.maximum(own.long_run_variance, 0.1),
            np.maximum(white.var(axis=1), 0.1),
            np.maximum(fit_autoregression(noise).long_run_variance, 0.2),
        ]
    )
    slow, _ = smooth(z, _SLOW, np.zeros((columns, 1)))
    fast, _ = smooth(z, _FAST, np.zeros((columns, 1)))
    return Charts(
        own=own,
        step=step,
        slow=_whitener(slow),
        fast=_whitener(fast),
        steps=_whitener(z[:, 1:] - step @ z[:, :-1]),
        rest=_rest(z, own.long_run_variance),
        scale=scale,
        caps=np.full(len(CUSUMS), np.inf),
    )


def _whitener(values: Table) -> Table:
    """Return what makes columns uncorrelated and of spread one; the covariance is shrunk to its diagonal."""
    columns, count = values.shape
    covariance = values @ values.T / count
    shrink = min(1.0, 0.02 + columns / count)
    diagonal = np.maximum(np.diag(covariance), 1e-6)
    covariance = (1 - shrink) * covariance + shrink * np.diag(diagonal)
    return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))


def _rest(z: Table, long_run: Table) -> Table:
    """Return what takes away the common movement: directions with more variance than chance gives.

    Source: the upper edge of Marchenko & Pastur, Math. USSR Sbornik 1 (1967), at the effective rows.
    """
    variances, directions = np.linalg.eigh(z @ z.T / z.shape[1])
    effective = z.shape[1] / max(1.0, float(np.mean(long_run)))
    chance = (1 + np.sqrt(len(z) / effective)) ** 2
    main = variances > _MAIN * chance * max(float(variances.mean()), 1e-9)
    main[0] = False
    return np.asarray(np.eye(len(z)) - directions[:, main] @ directions[:, main].T)


def _squares(values: Table) -> Table:
    return np.asarray(np.einsum("ij,ij->j", values, values))
