"""Learn the reference for drift from history, at training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.blocks import cut
from andamio.statistics.drift.charts import fit_charts
from andamio.statistics.drift.context import Table, learn_context
from andamio.statistics.drift.distances import FineCounts
from andamio.statistics.drift.groups import Groups
from andamio.statistics.drift.kernel import Kernel
from andamio.statistics.drift.limits import calibrate
from andamio.statistics.drift.reference import DriftReference

MONTH_S = 30 * 86_400.0
FEWEST = 50
_STEP_S = 60.0
_FEWEST_OF_ASSET = 30
_ROOM = 1.2  # of its limit: how far a sum may grow


def learn_drift(
    table: NDArray[np.floating],
    *,
    times: Table | None = None,
    context: Table | None = None,
    assets: Sequence[str] | None = None,
    false_alarms_per_month: float = 1.0,
    step_s: float | None = None,
    seed: int = 0,
) -> DriftReference:
    """Learn from history.

    Args:
        table: Shape ``(rows, columns)``, NaN for missing; each asset's rows in the order of time.
        times: Seconds since 1970, shape ``(rows,)``; without them seasons are not learnt.
        context: What may move the columns legitimately, shape ``(rows, context)``.
        assets: The asset of each row; the budget is for all of them together.
        false_alarms_per_month: The budget.
        step_s: Seconds between two rows of an asset, where there are no times.
        seed: Of the simulation that finds the limits.

    Raises:
        ValueError: There are fewer than 50 rows.
    """
    if len(table) < FEWEST:
        raise ValueError(f"drift needs {FEWEST} rows, not {len(table)}")
    values = np.array(table, dtype=np.float64)
    names = np.array(assets if assets is not None else [""] * len(values), dtype=object)
    order = np.lexsort((np.arange(len(values)) if times is None else times, names.astype(str)))
    values, names = values[order], names[order]
    times = None if times is None else np.asarray(times, np.float64)[order]
    context = None if context is None else np.asarray(context, np.float64)[order]
    raw = values.copy()
    known, levels = _levels(values, names)
    values -= levels_of(names, known, levels)
    model = learn_context(values, times, context)
    terms = model.terms(len(values), times, context)
    z = model.standardise(values, terms)
    step = _step(times, names) or step_s or _STEP_S
    streams = max(1, len(set(names.tolist())))
    charts = fit_charts(z)
    charts, limits = calibrate(
        charts,
        z,
        terms,
        rows_per_alarm=max(MONTH_S / step * streams / false_alarms_per_month, 100.0),
        seed=seed,
    )
    charts = replace(charts, caps=_ROOM * limits.values[: len(charts.caps)])
    model = model.with_doubt(terms, float(np.median(charts.own.long_run_variance)))
    blocks = cut(z, max(1.0, float(np.max(charts.own.long_run_variance))))
    return DriftReference(
        rows=len(values),
        step_s=step,
        false_alarms_per_month=false_alarms_per_month,
        effective=len(values) / max(1.0, float(np.median(charts.own.long_run_variance))),
        wandered=limits.wandered,
        context=model,
        assets=known,
        levels=levels,
        charts=charts,
        limits=limits.values,
        blocks=blocks,
        counts=FineCounts.learn(raw),
        groups=Groups.learn(raw, len(blocks.means)),
        kernel=Kernel.learn(z, len(blocks.means), seed=seed),
    )


def levels_of(names: NDArray[np.object_], known: tuple[str, ...], levels: Table) -> Table:
    """Return each row's own asset level, zero for an asset that history does not know."""
    place = {name: i for i, name in enumerate(known)}
    rows = np.array([place.get(name, len(known)) for name in names.tolist()], np.int64)
    return np.asarray(np.concatenate([levels, np.zeros((1, levels.shape[1]))])[rows])


def _levels(values: Table, names: NDArray[np.object_]) -> tuple[tuple[str, ...], Table]:
    """Learn how far each asset's mean lies from that of all; one asset, or too few rows, lies nowhere."""
    found = sorted(set(names.tolist()))
    enough = [name for name in found if np.count_nonzero(names == name) >= _FEWEST_OF_ASSET]
    if len(found) < 2 or not enough:
        return (), np.zeros((0, values.shape[1]))
    means = np.array([_mean(values[names == name]) for name in enough])
    return tuple(enough), np.asarray(means - _mean(values))


def _mean(values: Table) -> Table:
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _step(times: Table | None, names: NDArray[np.object_]) -> float | None:
    """Return the usual seconds between two rows of one asset; None where times do not tell."""
    if times is None or len(times) < 2:
        return None
    same = names[1:] == names[:-1]
    steps = np.diff(times)[same]
    steps = steps[steps > 0]
    return float(np.median(steps)) if steps.size else None
