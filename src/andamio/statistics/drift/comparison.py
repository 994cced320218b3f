"""Compare a window with history: is it another process, how sure, which columns, and does it matter?

A permutation test over blocks gives one probability for all features together (Westfall and Young's largest
statistic), so nothing is believed because many columns were looked at. What is significant must also matter:
the lower bound of its effect has to exceed a tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from andamio.statistics.drift.blocks import Blocks, Table

_SHUFFLES = 999
_LEVEL = 0.05
_SIDE = 1.645
# What matters, in the units of each kind of feature: spreads, squares, shares of the rows, products.
TOLERANCES = {"mean": 0.25, "variance": 0.5, "share": 0.1, "correlation": 0.25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One feature that moved, significantly and by enough.

    Attributes:
        kind: "mean", "variance", "share" (of low or high values) or "correlation".
        columns: The column, or the two.
        effect: How far, in the units of ``TOLERANCES``.
        low: The lower bound of its size.
        p_value: Adjusted for all features.
    """

    kind: str
    columns: tuple[int, ...]
    effect: float
    low: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTest:
    """The verdict on a window.

    Attributes:
        p_value: That history alone gives a window this far out; NaN when it abstains.
        alarm: Whether something moved significantly and by enough.
        moved: What, the surest first.
        blocks: How many blocks of the window were compared with how many of history.
    """

    p_value: float
    alarm: bool
    moved: tuple[Moved, ...]
    blocks: tuple[int, int]


def compare_blocks(history: Blocks, z: Table, *, seed: int = 0) -> BlockTest:
    """Test a window's blocks against those of history.

    Args:
        history: The blocks of history.
        z: The window, standardised by its context, shape ``(rows, columns)``.
        seed: Of the permutations.

    Source: Westfall & Young, Resampling-Based Multiple Testing (1993), single-step maximum statistic.
    """
    if len(z) < history.size:
        return BlockTest(p_value=float("nan"), alarm=False, moved=(), blocks=(0, len(history.means)))
    window = history.of(z)
    both = np.concatenate([window, history.means])
    count, total = len(window), len(both)
    random = np.random.default_rng(seed)
    chosen = np.zeros((_SHUFFLES + 1, total))
    chosen[0, :count] = 1.0
    for row in chosen[1:]:
        row[random.permutation(total)[:count]] = 1.0
    spread = both.std(axis=0)
    used = spread > 1e-12
    sums = chosen @ (both[:, used] - both[:, used].mean(axis=0))
    apart = sums / count + sums / (total - count)
    deviation = np.sqrt((apart[1:] ** 2).mean(axis=0))
    far = np.abs(apart) / np.maximum(deviation, 1e-12)
    largest = far.max(axis=1)
    adjusted = np.ones(both.shape[1])
    adjusted[used] = (largest[1:, None] >= far[0] - 1e-9).mean(axis=0)
    effect = np.zeros(both.shape[1])
    effect[used] = apart[0]
    error = np.zeros(both.shape[1])
    error[used] = (
        _SIDE * history.means[:, used].std(axis=0, ddof=1) * np.sqrt(1 / count + 1 / (total - count))
    )
    p_value = float((1 + (largest[1:] >= largest[0] - 1e-9).sum()) / (1 + _SHUFFLES))
    moved = _moved(history, effect, np.abs(effect) - error, adjusted)
    return BlockTest(
        p_value=p_value,
        alarm=p_value <= _LEVEL and bool(moved),
        moved=moved if p_value <= _LEVEL else (),
        blocks=(count, total - count),
    )


def _moved(history: Blocks, effect: Table, low: Table, adjusted: Table) -> tuple[Moved, ...]:
    columns = history.columns
    kinds = ["mean"] * columns + ["variance"] * columns + ["share"] * 4 * columns
    kinds += ["correlation"] * len(history.pairs)
    found = []
    for place, kind in enumerate(kinds):
        if adjusted[place] > _LEVEL or low[place] <= TOLERANCES[kind]:
            continue
        if kind == "correlation":
            pair = history.pairs[place - 6 * columns]
            which: tuple[int, ...] = (int(pair[0]), int(pair[1]))
        else:
            which = (place % columns,)
        found.append(
            Moved(
                kind=kind,
                columns=which,
                effect=float(effect[place]),
                low=float(low[place]),
                p_value=float(max(adjusted[place], 1 / (1 + _SHUFFLES))),
            )
        )
    return tuple(sorted(found, key=lambda m: (m.p_value, -m.low / TOLERANCES[m.kind])))
