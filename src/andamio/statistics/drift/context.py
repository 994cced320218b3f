"""What may move a tag while all is well: season, ambient, product, load; it is taken away first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.whitening import fit_autoregression, product, smooth

Table = NDArray[np.float64]

DAY_S = 86_400.0
# Period in seconds, harmonics, and how many periods history must hold before they are learnt. The week has
# its days instead of harmonics: a weekend begins at an hour, not by and by.
SEASONS = ((DAY_S, 3, 3.0), (7 * DAY_S, 3, 1.9), (365.2425 * DAY_S, 2, 1.8))
_WEEK, _DAYS = 1, 7
_HOUR_S = 3600.0
_MOST_ROWS = 4000  # from which the hour at which the days begin is learnt
_BEYOND = 0.15  # of the range of history: as far as the context may leave it and still be believed
_RIDGE = 1e-3
_BELIEVED = 0.1  # spreads
_USUAL = 1.5  # times the doubt of the middle row of history
_CLEARLY = 3.0  # times as much as chance
_EXPLAINED = 0.97  # of its variance is left: then a column follows nothing
AVERAGED = 0.02  # weight of the newest row in a running average of the context
SETTLED = 40  # rows after which such an average has settled


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextModel:
    """The usual level of each column, given the time of day, week and year and the declared context.

    Attributes:
        periods: Which seasons are learnt, one per entry of SEASONS, shape ``(3,)``, of 0 and 1.
        midnight: Seconds after midnight, universal time, at which the days of the week begin.
        middle: Of each context column, shape ``(context,)``; ``half`` is half its range.
        half: Shape ``(context,)``.
        weights: Shape ``(terms, columns)``; the first term is one.
        spread: Of what is left, shape ``(columns,)``; infinite for a column that never moved.
        doubt: Variance of a level that is looked up, in spreads: ``t @ doubt @ t`` for terms ``t``.
        usual: That variance where nobody need doubt a level, shape ``()``.
        follows: Which columns follow the context or a season at all, shape ``(columns,)``, of 0 and 1.
        least: The least that a running average of each context column was, shape ``(context,)``.
        most: The most likewise.
    """

    periods: NDArray[np.int64]
    midnight: Table
    middle: Table
    half: Table
    weights: Table
    spread: Table
    doubt: Table
    usual: Table
    follows: NDArray[np.int64]
    least: Table
    most: Table

    def terms(self, rows: int, times: Table | None, context: Table | None) -> Table:
        """Return what the columns are explained by, shape ``(rows, terms)``.

        Args:
            rows: How many rows.
            times: Seconds since 1970, shape ``(rows,)``.
            context: Shape ``(rows, context)``; a missing value counts as the middle one.
        """
        terms = [np.ones(rows)]
        if times is not None:
            for season in np.flatnonzero(self.periods):
                period, harmonics, _ = SEASONS[season]
                if season == _WEEK:
                    terms += self._days(times)
                    continue
                angle = 2 * np.pi * (times % period) / period
                wave = first = np.exp(1j * angle)
                for _ in range(harmonics):
                    terms += [wave.real, wave.imag]
                    wave = wave * first
        if context is not None and self.middle.size:
            near = np.nan_to_num((context - self.middle) / self.half)
            np.clip(near, -1 - 2 * _BEYOND, 1 + 2 * _BEYOND, out=near)
            for column in near.T:
                terms += [column, column**2]
        return np.stack(terms, axis=1)

    def _days(self, times: Table) -> list[Table]:
        """Return which of six days of the week each row falls on; the seventh is none of them."""
        day = ((times - self.midnight) % (_DAYS * DAY_S) // DAY_S).astype(np.int64)
        return [(day == k) - 1 / _DAYS for k in range(1, _DAYS)]

    def unseen(self, context: Table | None, rows: int) -> NDArray[np.bool_]:
        """Tell which rows have a context that history does not hold, shape ``(rows,)``."""
        if context is None or not self.middle.size:
            return np.zeros(rows, np.bool_)
        return np.asarray((np.abs(context - self.middle) > (1 + 2 * _BEYOND) * self.half).any(axis=1))

    def standardise(self, table: Table, terms: Table, block: int = 1) -> Table:
        """Return how far each value lies from its usual level, in spreads, shape ``(rows, columns)``.

        Where the level is not to be believed, distances weigh less: each row's, or the mean distance of a
        block, which leaves the block its own spread.

        Args:
            table: Shape ``(rows, columns)``, NaN for missing.
            terms: What the levels are explained by, shape ``(rows, terms)``.
            block: Rows of a block.
        """
        if terms.shape[1] == 1:
            z = table - self.weights[0]
            z /= self.spread
            return np.asarray(z)
        z = table - product(terms, self.weights)
        z /= self.spread
        certainty = np.where(self.follows, self.certainty(terms)[:, None], 1.0)
        if block == 1:
            z *= certainty
            return np.asarray(z)
        known = np.isfinite(z)
        starts = np.arange(0, len(z), block)
        sums = np.add.reduceat(np.where(known, z, 0.0), starts) / np.maximum(
            np.add.reduceat(known, starts, dtype=np.int64), 1
        )
        z -= (1 - certainty) * np.repeat(sums, block, axis=0)[: len(z)]
        return np.asarray(z)

    def certainty(self, terms: Table) -> Table:
        """Return how far a level is to be believed, 1 where history has been often, shape ``(rows,)``.

        At the ends of a context the level is known to some tenths of a spread only; a distance there that
        lasts is no drift.
        """
        beyond = np.maximum(0.0, _variance(terms, self.doubt) - self.usual)
        return np.asarray(1 / (1 + beyond / _BELIEVED**2))

    def with_doubt(self, terms: Table, long_run: float) -> ContextModel:
        """Return the model that knows how well history tells its levels.

        Args:
            terms: Of history, shape ``(rows, terms)``.
            long_run: Rows after which a column has mostly forgotten.
        """
        gram = terms.T @ terms / len(terms)
        gram[np.diag_indices_from(gram)] += _RIDGE
        doubt = np.asarray(np.linalg.inv(gram) * max(long_run, 1.0) / len(terms))
        usual = np.asarray(_USUAL * np.median(_variance(terms, doubt)))
        return replace(self, doubt=doubt, usual=usual)


def _variance(terms: Table, doubt: Table) -> Table:
    return np.asarray(np.einsum("ij,ij->i", product(terms, doubt), terms))


def learn_context(table: Table, times: Table | None, context: Table | None) -> ContextModel:
    """Learn the usual level of each column by ridge regression on seasons and context.

    Args:
        table: Shape ``(rows, columns)``, NaN for missing.
        times: Seconds since 1970, rising, shape ``(rows,)``.
        context: Shape ``(rows, context)``.
    """
    rows, columns = table.shape
    periods = np.zeros(len(SEASONS), np.int64)
    if times is not None and rows > 1:
        span, step = times[-1] - times[0], float(np.median(np.diff(times)))
        for i, (period, harmonics, enough) in enumerate(SEASONS):
            periods[i] = span >= enough * period and step * 2 * harmonics < period
    low, high = _ends(context)
    model = ContextModel(
        periods=periods,
        midnight=np.zeros(()),
        middle=(low + high) / 2,
        half=np.where(high > low, (high - low) / 2, 1.0),
        weights=np.zeros((1, columns)),
        spread=np.ones(columns),
        doubt=np.zeros((1, 1)),
        usual=np.zeros(()),
        follows=np.ones(columns, np.int64),
        least=low,
        most=high,
    )
    if times is not None and periods[_WEEK]:
        model = replace(model, midnight=_midnight(model, table, times, context))
    model = replace(model, periods=_seasons_there(model, table, times, context))
    terms = model.terms(rows, times, context)
    weights, spread = fit_levels(terms, table)
    alone, wide = fit_levels(terms[:, :1], table)
    follows = spread**2 < _EXPLAINED * wide**2
    weights[0, ~follows], weights[1:, ~follows] = alone[0, ~follows], 0.0
    return replace(
        model,
        weights=weights,
        spread=np.where(follows, spread, wide),
        doubt=np.zeros((len(weights), len(weights))),
        follows=follows.astype(np.int64),
    )


def _midnight(model: ContextModel, table: Table, times: Table, context: Table | None) -> Table:
    """Return the hour at which the days begin: that which leaves the least unexplained."""
    some = slice(None, None, max(1, len(table) // _MOST_ROWS))
    least, found = np.inf, 0.0
    for began in np.arange(0.0, DAY_S, _HOUR_S):
        tried = replace(model, midnight=np.asarray(began))
        terms = tried.terms(len(times[some]), times[some], None if context is None else context[some])
        spread = fit_levels(terms, table[some])[1]
        left = float(np.log(spread[np.isfinite(spread)]).sum())
        if left < least:
            least, found = left, float(began)
    return np.asarray(found)


def _seasons_there(
    model: ContextModel, table: Table, times: Table | None, context: Table | None
) -> NDArray[np.int64]:
    """Keep the seasons that explain clearly more than their terms explain of slow noise by chance.

    Each term of noise that forgets after ``L`` rows explains about ``L / rows`` of its variance.
    """
    kept = model.periods.copy()
    for season in np.flatnonzero(model.periods):
        terms = replace(model, periods=kept).terms(len(table), times, context)
        weights, spread = fit_levels(terms, table)
        less = kept.copy()
        less[season] = 0
        fewer = replace(model, periods=less).terms(len(table), times, context)
        wide = fit_levels(fewer, table)[1]
        moves = np.isfinite(spread)
        if not moves.any():
            return kept
        left = np.nan_to_num((table[:, moves] - (terms @ weights)[:, moves]) / spread[moves])
        memory = fit_autoregression(left.T).long_run_variance
        explained = 1 - (spread[moves] / wide[moves]) ** 2
        chance = (terms.shape[1] - fewer.shape[1]) * np.maximum(memory, 1.0) / len(table)
        if float(np.mean(explained)) < _CLEARLY * float(np.mean(chance)):
            kept = less
    return kept


def with_averages(model: ContextModel, context: Table, groups: Sequence[NDArray[np.int64]]) -> ContextModel:
    """Return the model that knows how far running averages of the context went, asset by asset.

    Args:
        model: The model.
        context: Of history, shape ``(rows, context)``.
        groups: The rows of each asset, in the order of time.
    """
    found = []
    for rows in groups:
        filled = np.where(np.isfinite(context[rows]), context[rows], model.middle).T
        averages, _ = smooth(filled, AVERAGED, filled[:, :1])
        found.append(averages[:, min(SETTLED, averages.shape[1] - 1) :])
    every = np.concatenate(found, axis=1)
    return replace(model, least=every.min(axis=1), most=every.max(axis=1))


def fit_levels(terms: Table, table: Table) -> tuple[Table, Table]:
    """Regress each column on the terms; return the weights and the spread of what is left.

    A column that (nearly) never moved has an infinite spread, so that it weighs nothing.
    """
    known = np.isfinite(table)
    counts = np.maximum(known.sum(axis=0), 1)
    whole = bool(known.all())
    filled: Table = table if whole else np.where(known, table, 0.0)
    means = filled.sum(axis=0) / counts
    if not whole:
        filled = np.asarray(np.where(known, table, means), np.float64)
    gram = product(terms.T, terms) / len(terms)
    gram[np.diag_indices_from(gram)] += np.append(0.0, np.full(len(gram) - 1, _RIDGE))
    weights = np.asarray(np.linalg.solve(gram, product(terms.T, filled) / len(terms)), np.float64)
    left = filled - product(terms, weights)
    spread = np.sqrt(np.einsum("ij,ij->j", left, left) / counts)
    still = spread <= 1e-9 * np.maximum(np.abs(means), 1e-9)
    return np.asarray(weights), np.asarray(np.where(still, np.inf, spread))


def _ends(context: Table | None) -> tuple[Table, Table]:
    if context is None or not context.shape[1]:
        return np.zeros(0), np.zeros(0)
    known = np.where(np.isfinite(context), context, np.nan)
    return np.nanquantile(known, 0.001, axis=0), np.nanquantile(known, 0.999, axis=0)
