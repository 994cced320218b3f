"""A window of rows against history: the block test's verdict, and the distances that people know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.drift.comparison import BlockTest, Moved, compare_blocks
from andamio.statistics.drift.context import Table
from andamio.statistics.drift.distances import Distances
from andamio.statistics.drift.reference import DriftReference

FEWEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowReport:
    """What a window says.

    Attributes:
        rows: Rows of the window; ``compared`` are those whose context history knows.
        compared: See ``rows``.
        abstains: Why there is no verdict: "rows", "memory" or "context"; None when there is one.
        test: The block test.
        distances: Of each column, raw, whatever moved them.
        psi_limits: What the stability index of each column exceeds in one of twenty windows without drift.
        mmd: The maximum mean discrepancy and its probability; None without a verdict.
        classifier: The area under the curve of a classifier that tells now from then, and its probability;
            None below 2,000 rows.
    """

    rows: int
    compared: int
    abstains: str | None
    test: BlockTest
    distances: Distances
    psi_limits: Table
    mmd: tuple[float, float] | None
    classifier: tuple[float, float] | None

    @property
    def alarm(self) -> bool:
        """Whether something moved significantly and by enough."""
        return self.test.alarm

    @property
    def p_value(self) -> float:
        """That history alone gives a window this far out; NaN without a verdict."""
        return self.test.p_value

    @property
    def moved(self) -> tuple[Moved, ...]:
        """What moved, the surest first."""
        return self.test.moved


def compare(
    reference: DriftReference,
    table: NDArray[np.floating],
    *,
    times: Table | None = None,
    context: Table | None = None,
    asset: str = "",
) -> WindowReport:
    """Compare a window of one asset with history.

    Args:
        reference: What was learnt of history.
        table: Shape ``(rows, columns)``, NaN for missing, in the order of time.
        times: Seconds since 1970, shape ``(rows,)``.
        context: Shape ``(rows, context)``.
        asset: Whose rows they are.
    """
    values = np.asarray(table, np.float64)
    unseen = reference.context.unseen(context, len(values))
    known = np.count_nonzero(~unseen)
    z = reference.standardise(
        values, times=times, context=context, asset=asset, block=max(2, reference.blocks.size)
    )[~unseen]
    abstains = None
    if len(values) < FEWEST:
        abstains = "rows"
    elif known < max(FEWEST, len(values) // 2):
        abstains = "context"
    elif known < reference.blocks.size:
        abstains = "memory"
    blocks = max(1, len(z) // reference.blocks.size)
    nothing = BlockTest(p_value=float("nan"), alarm=False, moved=(), blocks=(0, len(reference.blocks.means)))
    return WindowReport(
        rows=len(values),
        compared=int(known),
        abstains=abstains,
        test=nothing if abstains else compare_blocks(reference.blocks, z),
        distances=reference.counts.compare(values),
        psi_limits=reference.groups.limits(values, max(1, len(values) // reference.blocks.size)),
        mmd=None if abstains else reference.kernel.discrepancy(z, blocks),
        classifier=None if abstains else reference.kernel.classify(z, blocks),
    )
