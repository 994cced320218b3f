"""What a drift monitor must know of history; it is learnt once, at training, and travels in the bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.blocks import Blocks
from andamio.statistics.drift.charts import Charts
from andamio.statistics.drift.context import ContextModel, Table
from andamio.statistics.drift.distances import FineCounts
from andamio.statistics.drift.groups import Groups
from andamio.statistics.drift.kernel import Kernel
from andamio.statistics.drift.whitening import Autoregression

Arrays = dict[str, NDArray[np.generic]]

_PREFIX = "drift."
_PARTS = ("context", "blocks", "counts", "groups", "kernel")
_ROUGH = ("blocks.means", "kernel.means", "kernel.sample")  # single precision is enough
_SETTLED = 500  # rows that have forgotten each other; below that the limits are wide


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
        groups: History in ten groups, block by block.
        kernel: History in random waves, block by block, and a sample of it.
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
    groups: Groups
    kernel: Kernel

    @property
    def columns(self) -> int:
        """How many columns are watched."""
        return len(self.counts.low)

    @property
    def still_learning(self) -> bool:
        """Tell whether history is so short that the limits are wide."""
        return self.effective < _SETTLED

    def standardise(
        self,
        table: Table,
        *,
        times: Table | None = None,
        context: Table | None = None,
        asset: str = "",
        block: int = 1,
    ) -> Table:
        """Return rows as distances from their usual level, in spreads; NaN where the context is unknown land.

        Args:
            table: Shape ``(rows, columns)``.
            times: Seconds since 1970, shape ``(rows,)``.
            context: Shape ``(rows, context)``.
            asset: Whose rows they are.
            block: Of how many rows the mean distance weighs less where the level is not to be believed.
        """
        values = np.asarray(table, np.float64)
        if asset in self.assets:
            values = values - self.levels[self.assets.index(asset)]
        z = self.context.standardise(values, self.context.terms(len(values), times, context), block)
        unseen = self.context.unseen(context, len(values))
        if unseen.any():
            z[unseen] = np.nan
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
        for part in _PARTS:
            held = getattr(self, part)
            plain |= {f"{part}.{f.name}": np.asarray(getattr(held, f.name)) for f in fields(held)}
        charts = self.charts
        plain |= {
            f"charts.{f.name}": np.asarray(getattr(charts, f.name)) for f in fields(charts) if f.name != "own"
        }
        plain |= {"own.phi": charts.own.phi, "own.spread": charts.own.spread}
        plain |= {name: plain[name].astype(np.float32) for name in _ROUGH}
        return {_PREFIX + name: array for name, array in plain.items()}

    @staticmethod
    def is_in(arrays: Mapping[str, NDArray[np.generic]]) -> bool:
        """Tell whether a bundle's reference holds this one, whole; older bundles hold none, or less."""
        return all(_PREFIX + name in arrays for name in ("limits", "context.usual"))

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[np.generic]]) -> DriftReference:
        """Read it back from named arrays."""
        plain = {n.removeprefix(_PREFIX): a for n, a in arrays.items() if n.startswith(_PREFIX)}

        def part(name: str) -> dict[str, NDArray[np.generic]]:
            return {n.removeprefix(name + "."): a for n, a in plain.items() if n.startswith(name + ".")}

        plain |= {name: plain[name].astype(np.float64) for name in _ROUGH}
        blocks, own = part("blocks"), part("own")
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
            groups=Groups(**part("groups")),  # type: ignore[arg-type]  # by name
            kernel=Kernel(**part("kernel")),  # type: ignore[arg-type]  # by name
        )
