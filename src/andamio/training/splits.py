"""Split rows so that the measured quality is the one the plant will see.

The future is not known when a model is trained, so with a time column the held-out part is the latest; a
machine that was not seen must be predicted too, so with an asset column whole assets are held out; else
classes are spread evenly. Exact copies of a row never stand on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from andamio.errors import Text, TrainingDataRefused, text
from andamio.training.dealing import deal
from andamio.training.purging import purged
from andamio.training.table import Index, Problem

Rule = Literal["time", "asset", "even"]
FEWEST_ASSETS = 5
GAP_SHARE = 0.01
FIRST_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Split:
    """A training part and a held-out part, and how they were made."""

    train: Index
    test: Index
    rule: Rule
    note: Text


def rule_for(problem: Problem) -> Rule:
    """Choose how to split: by time, by asset, or evenly.

    A time column decides, unless it only counts within each asset (a cycle number that starts again), where
    "the latest rows" would be the old age of every machine; then whole assets are held out.
    """
    by_asset = _enough_assets(problem)
    if problem.times is None or (np.unique(problem.times).size < 10 and problem.spans is None):
        return "asset" if by_asset else "even"
    return "asset" if by_asset and _restarts(problem) else "time"


def fold_count(problem: Problem) -> int:
    """Choose the number of folds by the number of rows: 10 for tens, 5 for thousands, 3 for more."""
    rows = len(problem)
    return 10 if rows < 200 else 5 if rows < 20_000 else 3


def holdout(problem: Problem, share: float = 0.2, seed: int = 0) -> Split:
    """Hold a part out that tuning never sees.

    Args:
        problem: All usable rows.
        share: Aimed share of rows held out.
        seed: Of the shuffle; time needs none.

    Returns:
        Sorted row numbers of both parts, the rule and a sentence about it.
    """
    rule = rule_for(problem)
    if rule == "time":
        return _apart(problem, _latest(problem, share))
    parts = max(2, round(1 / share))
    fold = _dealt(problem, rule, parts, seed)
    chosen = _most_typical(problem, fold, parts, len(problem) / parts)
    train, test = np.flatnonzero(fold != chosen), np.flatnonzero(fold == chosen)
    if rule == "asset":
        names = problem.assets if problem.assets is not None else np.zeros(0, dtype=object)
        note = text(
            "held out: {assets} of {total} assets, {rows} rows; none of their rows was trained on",
            assets=len(set(names[test].tolist())),
            total=len(set(names.tolist())),
            rows=test.size,
        )
    else:
        note = text("held out: {rows} rows drawn evenly", rows=test.size)
        copies = len(problem) - np.unique(problem.copies).size
        if copies:
            note = text(
                "held out: {rows} rows drawn evenly; {copies} exact copies stay with their original",
                rows=test.size,
                copies=copies,
            )
    return _apart(problem, Split(train, test, rule, note))


def folds(problem: Problem, k: int | None = None, seed: int = 0) -> list[tuple[Index, Index]]:
    """Split into folds for tuning, by the same rule as ``holdout``.

    With time, each fold trains on the past and is tested on the block after it. A fold whose training part
    would miss a class is left out.

    Args:
        problem: The training part.
        k: How many folds; None chooses by the number of rows.
        seed: Of the shuffle.

    Returns:
        ``(train, test)`` row numbers, at least one pair.
    """
    k = fold_count(problem) if k is None else k
    k = max(2, min(k, len(problem) // 2))
    rule = rule_for(problem)
    if rule == "time":
        forward = [(purged(problem, train, test, ahead=True), test) for train, test in _forward(problem, k)]
        forward = [pair for pair in forward if _has_all_classes(problem, pair[0])]
        return forward or _blocks(problem, k)
    if rule == "asset" and problem.assets is not None:
        k = min(k, len(set(problem.assets.tolist())))
    fold = _dealt(problem, rule, k, seed)
    pairs = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k)]
    pairs = [(purged(problem, train, test), test) for train, test in pairs]
    whole = [(a, b) for a, b in pairs if a.size and b.size and _has_all_classes(problem, a)]
    return whole or [(a, b) for a, b in pairs if a.size and b.size]


def _enough_assets(problem: Problem) -> bool:
    if problem.assets is None:
        return False
    names = problem.assets
    if len(set(names.tolist())) < FEWEST_ASSETS:
        return False
    return all(len(set(names[problem.target == c].tolist())) >= 2 for c in range(len(problem.classes)))


def _restarts(problem: Problem) -> bool:
    """Tell whether the clock starts again with each asset: most begin in its earliest tenth."""
    if problem.times is None or problem.assets is None:
        return False
    low, high = float(problem.times.min()), float(problem.times.max())
    if low > 1e8:  # seconds since 1970: a calendar, which all assets share
        return False
    starts = [float(problem.times[problem.assets == name].min()) for name in set(problem.assets.tolist())]
    return float(np.mean(np.array(starts) <= low + 0.1 * (high - low))) > 0.5


def _strata(problem: Problem) -> Index:
    if not problem.is_regression:
        return problem.target.astype(np.int64)
    bins = min(10, max(2, len(problem) // 20))
    edges = np.unique(np.quantile(problem.target, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.searchsorted(edges, problem.target, side="right").astype(np.int64)


def _dealt(problem: Problem, rule: Rule, parts: int, seed: int) -> Index:
    if rule == "asset" and problem.assets is not None:
        groups = np.unique(problem.assets.astype(str), return_inverse=True)[1].astype(np.int64)
    else:
        groups = _copy_groups(problem, parts)
    return deal(groups, _strata(problem), parts, seed)


def _copy_groups(problem: Problem, parts: int) -> Index:
    """Keep copies together, unless so few states exist that they are a grid and not copies."""
    sizes = np.bincount(problem.copies)
    sizes = sizes[sizes > 0]
    if sizes.size < 5 * parts or sizes.max() > len(problem) / parts:
        return np.arange(len(problem), dtype=np.int64)
    return problem.copies


def _most_typical(problem: Problem, fold: Index, parts: int, wanted: float) -> int:
    """Choose the part that holds every class and is nearest to the wanted size."""
    kinds = len(problem.classes)

    def distance(f: int) -> tuple[int, float]:
        inside = fold == f
        missing = 0 if kinds == 0 else kinds - len(set(problem.target[inside].tolist()))
        return missing, abs(float(inside.sum()) - wanted)

    return min(range(parts), key=distance)


def _order(problem: Problem) -> Index:
    times = problem.times if problem.times is not None else np.arange(len(problem), dtype=np.float64)
    return np.argsort(times, kind="stable").astype(np.int64)


def _boundary(problem: Problem, order: Index, place: int) -> int:
    """Move a boundary to where the time changes, so that one moment is never on both sides."""
    if problem.times is None:
        return place
    times = problem.times[order]
    back = int(np.searchsorted(times, times[place], side="left"))
    return back if back > 0 else int(np.searchsorted(times, times[place], side="right"))


def _latest(problem: Problem, share: float) -> Split:
    order = _order(problem)
    rows = len(problem)
    cut = rows
    for wanted in (share, 1.25 * share, 1.5 * share, 2 * share):
        cut = _boundary(problem, order, min(rows - 1, round(rows * (1 - wanted))))
        if _has_all_classes(problem, order[cut:]):
            break
    else:
        cut = _boundary(problem, order, min(rows - 1, round(rows * (1 - share))))
    gap = _gap(cut)
    note = text(
        "held out: the latest {rows} rows; {gap} rows before them are left out as a gap",
        rows=rows - cut,
        gap=gap,
    )
    return Split(np.sort(order[: cut - gap]), np.sort(order[cut:]), "time", note)


def _gap(before: int) -> int:
    return int(before * GAP_SHARE)


def _forward(problem: Problem, k: int) -> list[tuple[Index, Index]]:
    order = _order(problem)
    rows = len(problem)
    cuts = [round(c) for c in np.linspace(rows * FIRST_SHARE, rows, k + 1)]
    cuts = [_boundary(problem, order, c) if c < rows else rows for c in cuts]
    pairs = []
    for start, stop in pairwise(cuts):
        if stop > start:
            pairs.append((np.sort(order[: start - _gap(start)]), np.sort(order[start:stop])))
    return pairs


def _blocks(problem: Problem, k: int) -> list[tuple[Index, Index]]:
    """Test on one block of time and train on all others, where events are too few to look forward only."""
    order = _order(problem)
    gap = _gap(len(problem))
    pairs = []
    for block in np.array_split(np.arange(len(problem)), k):
        keep = np.ones(len(problem), dtype=bool)
        keep[max(0, int(block[0]) - gap) : int(block[-1]) + 1 + gap] = False
        pairs.append((np.sort(order[keep]), np.sort(order[block])))
    pairs = [(purged(problem, train, test), test) for train, test in pairs]
    whole = [pair for pair in pairs if _has_all_classes(problem, pair[0])]
    found = whole or [pair for pair in pairs if pair[0].size]
    return found or refuse_short(problem)


def _apart(problem: Problem, split: Split) -> Split:
    """Purge a split: no window and no horizon reaches over to the other side."""
    train = purged(problem, split.train, split.test, ahead=split.rule == "time")
    purged_rows = split.train.size - train.size
    if not _has_all_classes(problem, train):
        refuse_short(problem)
    if not purged_rows:
        return split
    note = text(
        "{note}; {rows} rows whose window or horizon reaches into them are left out",
        note=split.note,
        rows=purged_rows,
    )
    return Split(train, split.test, split.rule, note)


def refuse_short(problem: Problem) -> NoReturn:
    """Refuse a history whose windows all overlap.

    Raises:
        TrainingDataRefused: Always.
    """
    raise TrainingDataRefused(
        text("{model} has too little history for its windows and its horizon", model=problem.contract.name),
        why=text("what is measured must not overlap what is learnt, and nothing is left that does not"),
        fix=text("add history, or declare a shorter window or a shorter horizon"),
    )


def _has_all_classes(problem: Problem, index: NDArray[np.int64]) -> bool:
    return (
        bool(np.unique(problem.target[index]).size == len(problem.classes))
        if problem.classes
        else index.size > 0
    )
