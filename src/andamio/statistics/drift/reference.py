"""What a drift monitor must know of history; it is learnt once, at training, and travels in the bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.blocks import Blocks, cut
from andamio.statistics.drift.charts import Charts, fit_charts
from andamio.statistics.drift.context import ContextModel, Table, learn_context
from andamio.statistics.drift.distances import FineCounts
from andamio.statistics.drift.limits import calibrate
from andamio.statistics.drift.whitening import Autoregression

Arrays = dict[str, NDArray[np.generic]]

MONTH_S = 30 * 86_400.0
FEWEST = 50
_PREFIX = "drift."
_SETTLED = 500  # rows that have forgotten each other; below that the limits are wide
_STEP_S = 60.0
_FEWEST_OF_ASSET = 30
_ROOM = 1.2  # of its limit: how far a sum may grow


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReference:
    """History, as the streaming charts and the comparison of windows need it.

    Attributes:
        rows: Rows it was learnt from.
        step_s: Usual seconds between two rows of one asset.
        false_alarms_per_month: The budget that the limits keep.
        effective: As how many rows that have forgotten each other history counts.
        wandered: Whether history moved by itself more often than the budget, so that limits gave way.
        context: The usual levels.
        assets: Assets with a level of their own; ``levels`` is that level, shape ``(assets, columns)``.
        levels: See ``assets``.
        charts: The streaming charts.
        limits: One a chart, shape ``(charts,)``.
        blocks: History in blocks.
        counts: History in fine bins.
    """

    rows: int
    step_s: float
    false_alarms_per_month: float
    effective: float
    wandered: bool
    context: ContextModel
    assets: tuple[str, ...]
    levels: Table
    charts: Charts
    limits: Table
    blocks: Blocks
    counts: FineCounts

    @property
    def columns(self) -> int:
        """How many columns are watched."""
        return len(self.counts.low)

    @property
    def still_learning(self) -> bool:
        """Tell whether history is so short that the limits are wide."""
        return self.effective < _SETTLED

    @classmethod
    def learn(
        cls,
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
        counts = FineCounts.learn(values)
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
        memory = max(1.0, float(np.max(charts.own.long_run_variance)))
        return cls(
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
            blocks=cut(z, memory),
            counts=counts,
        )

    def standardise(
        self, table: Table, *, times: Table | None = None, context: Table | None = None, asset: str = ""
    ) -> Table:
        """Return rows as distances from their usual level, in spreads; NaN where the context is unknown land.

        Args:
            table: Shape ``(rows, columns)``.
            times: Seconds since 1970, shape ``(rows,)``.
            context: Shape ``(rows, context)``.
            asset: Whose rows they are.
        """
        values = np.asarray(table, np.float64)
        if asset in self.assets:
            values = values - self.levels[self.assets.index(asset)]
        z = self.context.standardise(values, self.context.terms(len(values), times, context))
        z[self.context.unseen(context, len(values))] = np.nan
        return z

    def arrays(self) -> Arrays:
        """Return the reference as named arrays, for a bundle."""
        plain: Arrays = {
            name: np.asarray(getattr(self, name))
            for name in (
                "rows",
                "step_s",
                "false_alarms_per_month",
                "effective",
                "wandered",
                "levels",
                "limits",
            )
        }
        plain["assets"] = np.array(self.assets, dtype=np.str_)
        for part in ("context", "blocks", "counts"):
            held = getattr(self, part)
            plain |= {f"{part}.{f.name}": np.asarray(getattr(held, f.name)) for f in fields(held)}
        charts = self.charts
        plain |= {
            f"charts.{f.name}": np.asarray(getattr(charts, f.name)) for f in fields(charts) if f.name != "own"
        }
        plain |= {"own.phi": charts.own.phi, "own.spread": charts.own.spread}
        plain["blocks.means"] = plain["blocks.means"].astype(np.float32)
        return {_PREFIX + name: array for name, array in plain.items()}

    @staticmethod
    def is_in(arrays: Mapping[str, NDArray[np.generic]]) -> bool:
        """Tell whether a bundle's reference holds this one."""
        return _PREFIX + "limits" in arrays

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[np.generic]]) -> DriftReference:
        """Read it back from named arrays."""
        plain = {n.removeprefix(_PREFIX): a for n, a in arrays.items() if n.startswith(_PREFIX)}

        def part(name: str) -> dict[str, NDArray[np.generic]]:
            return {n.removeprefix(name + "."): a for n, a in plain.items() if n.startswith(name + ".")}

        blocks, own = part("blocks"), part("own")
        blocks["means"] = blocks["means"].astype(np.float64)
        return cls(
            rows=int(plain["rows"]),
            step_s=float(plain["step_s"]),
            false_alarms_per_month=float(plain["false_alarms_per_month"]),
            effective=float(plain["effective"]),
            wandered=bool(plain["wandered"]),
            context=ContextModel(**part("context")),  # type: ignore[arg-type]  # by name
            assets=tuple(plain["assets"].astype(str).tolist()),
            levels=np.asarray(plain["levels"], np.float64),
            charts=Charts(own=Autoregression(**own), **part("charts")),  # type: ignore[arg-type]  # by name
            limits=np.asarray(plain["limits"], np.float64),
            blocks=Blocks(**{**blocks, "size": int(blocks["size"])}),  # type: ignore[arg-type]  # by name
            counts=FineCounts(**part("counts")),  # type: ignore[arg-type]  # by name
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
