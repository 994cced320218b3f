"""Recognise columns that give the target away: filled in after the event, or computed from it.

A flag that is raised only when the event happened, a text written by the repair crew, the target in another
unit: a model that sees them looks perfect on paper and knows nothing in the plant. A strong sensor is not one
of them: it foretells with noise, over its whole range, and its extreme values are physics.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from andamio.errors import text
from andamio.training.columns import Column
from andamio.training.identifiers import Suspicion

FEW_LEVELS = 20
CHANCE = 1e-6
PURITY = 0.95
ODDS = 300.0
RARE = 0.3
FEWEST = 8
CLUSTERS_APART = 12.0
SAME_VALUES = (0.995, 0.999)
SAME_ORDER = (0.97, 0.99)
SAMPLE = 1000


def gives_class_away(column: Column, target: NDArray[np.int64], labels: tuple[str, ...]) -> Suspicion | None:
    """Tell whether a column gives a class label away.

    Args:
        column: Any column but the target.
        target: Class index of every row, shape ``(rows,)``; the rows in the order of the file or of time.
        labels: Names of the classes.
    """
    flag = _flag(column, target, labels)
    if flag is not None:
        return flag
    if column.distinct <= min(FEW_LEVELS, len(target) // 10):
        return _determined(column, target)
    if column.numbers is not None:
        return _cut(column, target)
    return None


def gives_number_away(column: Column, target: NDArray[np.float64]) -> Suspicion | None:
    """Tell whether a column is the target itself: rescaled, rounded, or with a trace of noise.

    Measured by the correlation of values and of ranks, and by Goodman and Kruskal's gamma, which ignores ties
    and so is one for a rounded copy of the target.
    """
    if column.numbers is None or column.distinct < 5:
        return None
    both = column.filled & np.isfinite(target)
    if both.sum() < 30:
        return None
    x, y = column.numbers[both], target[both]
    linear, gamma = abs(_correlation(x, y)), abs(_gamma(x, y))
    if linear < SAME_VALUES[0] and gamma < SAME_ORDER[0]:
        return None
    return Suspicion(
        "gives-away",
        text(
            "is the target in another form: {share} of pairs of rows are in the same order",
            share=_percent(gamma),
        ),
        {"correlation": round(linear, 6), "gamma": round(gamma, 6)},
        certain=linear >= SAME_VALUES[1] or gamma >= SAME_ORDER[1],
    )


def _flag(column: Column, target: NDArray[np.int64], labels: tuple[str, ...]) -> Suspicion | None:
    """Find a value (or "filled in", or "not the usual one") that appears with one uncommon class only."""
    judged = [_flag_of(name, inside, target, labels) for name, inside in _subsets(column)]
    found = [suspicion for suspicion in judged if suspicion is not None]
    return min(found, key=lambda one: float(str(one.evidence["chance"])), default=None)


def _flag_of(
    name: object, inside: NDArray[np.bool_], target: NDArray[np.int64], labels: tuple[str, ...]
) -> Suspicion | None:
    rows = int(inside.sum())
    if rows < FEWEST:
        return None
    base = np.bincount(target, minlength=len(labels)) / len(target)
    hits = np.bincount(target[inside], minlength=len(labels))
    c = int(np.argmax(hits))
    purity, share = float(hits[c] / rows), float(base[c])
    lift = _odds(hits[c], rows) / _odds(share * len(target), len(target))
    if share > 0.5 or purity < PURITY or lift < ODDS:
        return None
    occasions = int(np.count_nonzero(np.diff(inside.astype(np.int8), prepend=0) == 1))
    chance = _chance(occasions, purity, share)
    if occasions < 6 or chance > CHANCE:
        return None
    reason = text(
        '{value} stands in {rows} rows, {share} of them "{label}" ({base} of all rows):'
        " it is set after the event",
        value=name,
        rows=rows,
        share=_percent(purity),
        label=labels[c],
        base=_percent(share),
    )
    evidence = {
        "rows": rows,
        "occasions": occasions,
        "purity": round(purity, 6),
        "chance": float(f"{chance:.3g}"),
    }
    return Suspicion("gives-away", reason, evidence, certain=share <= RARE)


def _subsets(column: Column) -> list[tuple[object, NDArray[np.bool_]]]:
    subsets: list[tuple[object, NDArray[np.bool_]]] = []
    counts = np.bincount(column.levels[column.filled], minlength=1)
    few = column.distinct <= (3 if column.numbers is not None else FEW_LEVELS)
    if few:
        for level in range(column.distinct):
            inside = column.levels == level
            shown = column.shown(int(np.argmax(inside)))
            subsets.append((text('the value "{value}"', value=shown), inside))
    if 0 < column.filled.sum() < len(column.filled):
        subsets.append((text("any value at all"), column.filled))
    if counts.max() > 0.5 * len(column.filled) and column.distinct > 2:
        usual = column.levels == int(np.argmax(counts))
        shown = column.shown(int(np.argmax(usual)))
        subsets.append((text('a value other than "{value}"', value=shown), column.filled & ~usual))
    return subsets


def _determined(column: Column, target: NDArray[np.int64]) -> Suspicion | None:
    """Find a column of few levels in which every level has one class only."""
    levels, classes = column.levels + 1, int(target.max()) + 1
    table = np.zeros((int(levels.max()) + 1, classes))
    np.add.at(table, (levels, target), 1.0)
    right = np.zeros(classes)
    np.add.at(right, table.argmax(axis=1), table.max(axis=1))
    recall = right / np.maximum(table.sum(axis=0), 1.0)
    if recall.min() < 0.995:
        return None
    occasions = int(np.count_nonzero(np.diff(levels))) + 1
    shares = table.sum(axis=0) / table.sum()
    surprise = occasions * float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())
    if surprise < -math.log(CHANCE) + (table.sum(axis=1) > 0).sum() * math.log(classes):
        return None
    return Suspicion(
        "gives-away",
        text("each of its {levels} values goes with one class of the target only", levels=column.distinct),
        {"levels": column.distinct, "worst_recall": round(float(recall.min()), 6)},
    )


def _cut(column: Column, target: NDArray[np.int64]) -> Suspicion | None:
    """Find a measured column that separates the classes without error.

    A cut through dense values without one mistake, or classes further apart than any process moves, is a
    column from which the target was made, or the reverse; clear clusters may be a very good sensor, so a
    person is asked.
    """
    if column.numbers is None or np.bincount(target[column.filled]).min(initial=len(target)) < 20:
        return None
    x, y = column.numbers[column.filled], target[column.filled]
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    borders = np.flatnonzero(np.diff(y) != 0)
    kinds = len(np.unique(y))
    if kinds < 2 or borders.size > max(2, kinds - 1) or (x[borders] == x[borders + 1]).any():
        return None
    dense = all(_dense(x, int(b)) for b in borders)
    apart = _apart(x, y)
    certain = dense or apart > CLUSTERS_APART
    reason = (
        text(
            "separates the classes without an error in {rows} rows: one was made from the other",
            rows=len(x),
        )
        if certain
        else text("alone separates the classes without one error: is it known before the event?")
    )
    return Suspicion(
        "gives-away", reason, {"rows": len(x), "apart": round(apart, 2), "dense": dense}, certain
    )


def _dense(x: NDArray[np.float64], border: int) -> bool:
    """Tell whether the values run through a border as densely as beside it."""
    values = np.unique(x)
    place = int(np.searchsorted(values, x[border]))
    steps = np.diff(values[max(0, place - 15) : place + 17])
    gap = x[border + 1] - x[border]
    return bool(steps.size >= 8 and gap <= 3.0 * float(np.median(steps)))


def _apart(x: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    """Measure the distance of the nearest class means in pooled standard deviations."""
    kinds = np.unique(y)
    means = np.sort([x[y == c].mean() for c in kinds])
    spread = math.sqrt(float(np.mean([x[y == c].var() for c in kinds])))
    return float(np.diff(means).min() / spread) if spread > 0 else math.inf


def _odds(hits: float, rows: float) -> float:
    return float((hits + 0.5) / (rows - hits + 0.5))


def _chance(trials: int, share: float, base: float) -> float:
    """Bound the chance of a share this high among independent occasions (Chernoff-Hoeffding)."""
    if share <= base:
        return 1.0
    share = min(share, 1.0)
    divergence = share * math.log(share / base)
    if share < 1.0:
        divergence += (1.0 - share) * math.log((1.0 - share) / (1.0 - base))
    return math.exp(-trials * divergence)


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _gamma(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Compute Goodman and Kruskal's gamma on at most 1,000 rows spread evenly over the order of ``y``."""
    order = np.lexsort((x, y))
    keep = order[np.unique(np.linspace(0, len(order) - 1, SAMPLE).astype(np.int64))]
    signs = np.sign(x[keep][:, None] - x[keep][None, :]) * np.sign(y[keep][:, None] - y[keep][None, :])
    same, other = float((signs > 0).sum()), float((signs < 0).sum())
    return (same - other) / (same + other) if same + other else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
