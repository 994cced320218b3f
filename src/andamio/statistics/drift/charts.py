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

# Each sum's signal (rows, residuals, their squares, what other columns do not explain), its slack, and of how
# many rows it takes the sum at a time: what is slow to see anyway need not be looked at every row.
CUSUMS = ((0, 0.25, 4), (0, 0.5, 4), (0, 1.0, 1), (0, 2.0, 1), (1, 0.5, 4), (2, 0.5, 4), (3, 0.5, 4))
_GROUP = 4
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
_UNIT = 2.0**32
_UP, _DOWN = 0, 1
GIVEN_OTHERS = 3
_SQUARES = 2  # only upwards: what varies less is missing, held, or better known
_MOST = 2.0**61
_STRETCH = 2048


@dataclass(slots=True)
class ChartState:
    """What the charts remember between two rows, for one asset.

    Attributes:
        sums: Cumulative sums in units of 2**-32, whole numbers, shape ``(cusums, 2, columns)``, up and down.
        past: The latest rows, shape ``(columns, lags)``.
        slow: Exponential averages of the rows, shape ``(columns, 1)``; ``fast`` likewise.
        spe: Exponential average of the squared prediction error, shape ``(1, 1)``; ``step`` that of steps.
        open: What each signal adds up to since its group of rows began, shape ``(signals, columns)``.
        counted: Rows of that group so far, then the latest value of each sum's chart in units of 2**-32.
        peaks: Where asked for, the largest each sum has been, shape ``(cusums, columns)``; no state.
    """

    sums: NDArray[np.int64]
    past: Table
    slow: Table
    fast: Table
    spe: Table
    step: Table
    open: NDArray[np.int64]
    counted: NDArray[np.int64]
    peaks: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
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
            sums=np.zeros((len(CUSUMS), 2, columns), np.int64),
            past=np.zeros((columns, self.own.lags)),
            slow=np.zeros((columns, 1)),
            fast=np.zeros((columns, 1)),
            spe=np.array([[np.trace(self.rest)]]),
            step=np.array([[float(columns)]]),
            open=np.zeros((len(self.scale), columns), np.int64),
            counted=np.zeros(1 + len(CUSUMS), np.int64),
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
        unknown = np.isnan(rows)
        holes = bool(unknown.any())
        if holes:
            z[unknown.T] = self._expected(z)[unknown.T]
        whole = np.concatenate([state.past, z], axis=1)
        white = self.own.residuals(whole)
        np.clip(white, -CAP, CAP, out=white)
        noise = np.minimum(white * white, _VARIANCE_CAP)
        noise -= 1.0
        if holes:
            white[unknown.T] = 0.0
            noise[unknown.T] = 0.0
        self._sums((z, white, noise, self.others @ z), state, values)
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

    def _expected(self, z: Table) -> Table:
        """Return what the other columns let expect of each; a missing value must not look like its mean."""
        return np.asarray(z - (self.others @ z) / np.diag(self.others)[:, None])

    def _sums(self, signals: tuple[Table, ...], state: ChartState, values: Table) -> None:
        """Sum what goes beyond a chart's slack, up and down, never below zero; keep the largest.

        The recursion ``max(0, s + x - k)`` over a stretch is the sum less its least value so far. It is done
        in whole numbers, so that a stream cut anywhere gives the same bits.

        Source: Page, Biometrika 41 (1954).
        """
        columns, rows = signals[0].shape
        begun = int(state.counted[0])
        ends = np.arange(_GROUP - begun, rows + 1, _GROUP)
        shown = (np.arange(1, rows + 1) + begun) // _GROUP
        whole, grouped = [], []
        for place, (signal, scale) in enumerate(zip(signals, self.scale, strict=True)):
            total = np.empty((columns, rows + 1), np.int64)
            total[:, 0] = 0
            np.multiply(signal, (_UNIT * scale)[:, None], out=total[:, 1:], casting="unsafe")
            np.cumsum(total[:, 1:], axis=1, out=total[:, 1:])
            whole.append(total)
            part = np.zeros((columns, ends.size + 1), np.int64)
            np.add(total[:, ends], state.open[place][:, None], out=part[:, 1:])
            state.open[place] += total[:, -1] - part[:, -1]
            grouped.append(part)
        for i, (source, slack, group) in enumerate(CUSUMS):
            sums = whole[source] if group == 1 else grouped[source]
            tops = self._sum(i, sums, state)
            if group > 1:
                tops = np.concatenate([state.counted[i + 1 : i + 2], tops])
                state.counted[i + 1] = tops[-1]
                tops = tops[shown]
            values[i] = tops
            values[i] *= 2 * slack / _UNIT
        state.counted[0] = (begun + rows) % _GROUP

    def _sum(self, i: int, sums: NDArray[np.int64], state: ChartState) -> NDArray[np.int64]:
        """Run one sum over what its signal adds up to, and return the largest of all columns and sides."""
        source, slack, group = CUSUMS[i]
        unit = _UNIT / (2 * slack)
        cap = int(min(self.caps[i] * unit, _MOST))
        slacks = (_UNIT * slack * group * self.scale[source]).astype(np.int64)[:, None]
        allowance = slacks * np.arange(sums.shape[1])
        total, least = np.empty_like(sums), np.empty_like(sums)
        tops = np.zeros(sums.shape[1] - 1, np.int64)
        for side in (_UP, _DOWN) if source != _SQUARES else (_UP,):
            begun = state.sums[i, side][:, None]
            (np.add if side == _UP else np.subtract)(begun, sums, out=total)
            total -= allowance
            total[:, 0] = 0
            total -= np.minimum.accumulate(total, axis=1, out=least)
            top = total.max(axis=0)[1:]
            if top.size and top.max() > cap:
                steps = np.diff(sums, axis=1) * (1 if side == _UP else -1) - slacks
                _hold(total, steps, begun[:, 0], cap)
                top = total[:, 1:].max(axis=0)
            if state.peaks is not None:
                np.maximum(state.peaks[i], total.max(axis=1) / unit, out=state.peaks[i])
            if total.shape[1] > 1:
                state.sums[i, side] = total[:, -1]
            np.maximum(tops, top, out=tops)
        return tops


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
    others = _others(z)
    scale = 1 / np.stack(
        [
            np.maximum(own.long_run_variance, 0.1),
            np.maximum(white.var(axis=1), 0.1),
            np.maximum(fit_autoregression(noise).long_run_variance, 0.2),
            np.maximum(fit_autoregression(others @ z).long_run_variance, 0.1),
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
        others=others,
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


def _others(z: Table) -> Table:
    """Return what leaves of each column the part that a regression on the others does not explain.

    In spreads of that part. Source: the rows of an inverse covariance are such regressions, Dempster,
    Biometrics 28 (1972); the covariance is shrunk to its diagonal.
    """
    columns, count = z.shape
    covariance = z @ z.T / count
    shrink = min(1.0, 0.02 + columns / count)
    covariance *= 1 - shrink
    covariance[np.diag_indices_from(covariance)] += shrink + 1e-6
    inverse = np.linalg.inv(covariance)
    left = inverse / np.diag(inverse)[:, None]
    spread = np.sqrt(np.maximum(np.einsum("ij,ij->i", left @ (z @ z.T / count), left), 1e-9))
    return np.asarray(left / spread[:, None])


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
