"""Labels from events: is there one within the horizon, or how long is it still to the next.

An event begins where the target's mark begins: a stretch of marked rows is one event. What lies beyond the
last row of an asset is not known, so a row whose horizon reaches there is left out, unless its event came
before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Kind
from andamio.contracts.window import Horizon
from andamio.errors import Fault, TrainingDataRefused, text
from andamio.features.windows import TICKS
from andamio.training.target import POSITIVE_WORDS, Target, label_texts, read_target, tidy
from andamio.training.windows import Ends, Index, Moments, by_asset

_NONE = 2**61


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What the future held at each end.

    Attributes:
        target: The label of each end, known or not.
        reaches: The moment up to which the label looks, shape ``(ends,)``.
        during: Ends inside an event, which is no more to be foretold.
    """

    target: Target
    reaches: Index
    during: NDArray[np.bool_]


def look_ahead(
    contract: Contract, frame: pl.DataFrame, moments: Moments, ends: Ends, horizon: Horizon
) -> Outlook:
    """Label every end by what came after it.

    Raises:
        TrainingDataRefused: No event is marked, or nobody knows which label marks one.
    """
    if _is_regression(contract) and contract.target and not _is_marks(frame[contract.target]):
        return _told(contract, frame, moments, ends, horizon)
    marked, classes, positive = _marks(contract, frame)
    runs = _Runs(moments, marked)
    at, upto = runs.place(ends), np.int64(round(horizon.span * TICKS))
    if horizon.unit is None and not moments.counts:
        runs, at = runs.by_rows(), runs.rank_of(ends)
    following, during, last = runs.ahead(ends.codes, at, to_the_end=not contract.target)
    left = following - at
    seen = (left <= upto) | (last - at >= upto)
    reaches = runs.moments_of(ends.codes, np.minimum(at + upto, following))
    if not _is_regression(contract):
        values = np.where((left <= upto) & (left > 0), positive, 1 - positive)
        target = Target(values.astype(np.int64), classes, positive, seen & ~during)
        return Outlook(target, reaches, during)
    during &= left != 0
    remaining = np.minimum(left, upto) / TICKS / _seconds(contract, horizon)
    return Outlook(Target(remaining, (), None, seen & ~during), reaches, during)


class _Runs:
    """The rows of every asset in order, and where an event begins among them."""

    def __init__(self, moments: Moments, marked: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(moments.known)
        rows = rows[np.lexsort((moments.ticks[rows], moments.codes[rows]))]
        codes, ticks = moments.codes[rows], moments.ticks[rows]
        new = np.ones(len(rows), np.bool_)
        new[1:] = (codes[1:] != codes[:-1]) | (ticks[1:] != ticks[:-1])
        starts = np.flatnonzero(new)
        self.codes, self.ticks = codes[starts], ticks[starts]
        self.marked = np.logical_or.reduceat(marked[rows], starts) if len(starts) else marked[rows]
        self.at = self.ticks
        self.edges = np.searchsorted(self.codes, np.arange(len(moments.assets) + 1))

    def by_rows(self) -> _Runs:
        """Measure in rows instead of time."""
        self.at = (np.arange(len(self.ticks)) - self.edges[self.codes]).astype(np.int64) * TICKS
        return self

    def place(self, ends: Ends) -> Index:
        """Return where the ends are, in time."""
        return ends.ticks

    def rank_of(self, ends: Ends) -> Index:
        """Return where the ends are, in rows: the latest row at each."""
        return (self._latest(ends.codes, ends.ticks) - self.edges[ends.codes]).astype(np.int64) * TICKS

    def ahead(self, codes: Index, at: Index, *, to_the_end: bool) -> tuple[Index, NDArray[np.bool_], Index]:
        """Return the next event at or after each place, whether one is on there, and the last place known."""
        begins = self.marked.copy()
        begins[1:] &= ~self.marked[:-1] | (self.codes[1:] != self.codes[:-1])
        following, during = np.full(len(at), _NONE, np.int64), np.zeros(len(at), np.bool_)
        last = np.zeros(len(at), np.int64)
        for code, mine in by_asset(codes):
            rows = slice(self.edges[code], self.edges[code + 1])
            places, marked = self.at[rows], self.marked[rows]
            events = places[-1:] if to_the_end else places[begins[rows]]
            following[mine] = np.append(events, _NONE)[np.searchsorted(events, at[mine], side="left")]
            during[mine] = marked[np.maximum(np.searchsorted(places, at[mine], side="right") - 1, 0)]
            last[mine] = places[-1]
        return following, during, last

    def moments_of(self, codes: Index, at: Index) -> Index:
        """Turn places back into moments: of the row there, or of the last row before."""
        if self.at is self.ticks:
            return at
        rank = np.minimum(at // TICKS, self.edges[codes + 1] - self.edges[codes] - 1)
        moments: Index = self.ticks[self.edges[codes] + rank]
        return moments

    def _latest(self, codes: Index, ticks: Index) -> Index:
        found = np.zeros(len(codes), np.int64)
        for code, mine in by_asset(codes):
            rows = slice(self.edges[code], self.edges[code + 1])
            found[mine] = self.edges[code] + np.searchsorted(self.ticks[rows], ticks[mine], side="right") - 1
        return found


def _told(contract: Contract, frame: pl.DataFrame, moments: Moments, ends: Ends, horizon: Horizon) -> Outlook:
    """Cap a column that tells what remains."""
    read = read_target(frame[contract.target], contract)
    unit = _seconds(contract, horizon)
    values = np.minimum(read.values[ends.source].astype(np.float64), horizon.span / unit)
    known = read.known[ends.source]
    span = np.where(known, values, 0.0) * unit * TICKS
    reaches = ends.ticks + np.round(span).astype(np.int64)
    if horizon.unit is None and not moments.counts:  # rows that remain: to the end of the asset
        newest = np.zeros(len(moments.assets), np.int64)
        np.maximum.at(newest, moments.codes[moments.known], moments.ticks[moments.known])
        reaches = newest[ends.codes]
    return Outlook(Target(values, (), None, known), reaches, np.zeros(len(values), np.bool_))


def _seconds(contract: Contract, horizon: Horizon) -> float:
    """Return the seconds of the unit that the answer is told in: the output's, or the horizon's own."""
    return horizon.unit_told(contract.output.unit)


def _is_regression(contract: Contract) -> bool:
    return contract.kind is Kind.REGRESSION


def _is_marks(column: pl.Series) -> bool:
    """Tell a column that marks events from one that tells what remains: two values at most, or words."""
    labels = set(label_texts(column)) - {""}
    return len(labels) <= 2 or not all(_is_number(label) for label in labels)


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True


def _marks(contract: Contract, frame: pl.DataFrame) -> tuple[NDArray[np.bool_], tuple[str, ...], int]:
    """Read which rows are marked, the two answers, and which of them is the event."""
    if not contract.target:
        return np.zeros(frame.height, np.bool_), (), 0
    labels = label_texts(frame[contract.target])
    event = _event(contract, labels)
    marked = np.fromiter((label == event for label in labels), np.bool_, len(labels))
    others = sorted(set(labels) - {"", event})
    classes = tuple(sorted((others[0] if len(others) == 1 else "no", event)))
    return marked, classes, classes.index(event)


def _event(contract: Contract, labels: list[str]) -> str:
    counts = Counter(label for label in labels if label)
    if contract.positive is not None:
        wanted = tidy(contract.positive).casefold()
        named = [label for label in counts if label.casefold() == wanted]
    else:
        named = [label for label in counts if label.casefold() in POSITIVE_WORDS]
        if len(named) != 1 and len(counts) == 2:
            named = [min(counts, key=lambda label: (counts[label], label))]
        elif len(counts) == 1 and "" in labels:
            named = list(counts)
    if len(named) == 1:
        return named[0]
    raise TrainingDataRefused(
        text("{model} cannot be trained on dataset {data}", model=contract.name, data=contract.data),
        faults=[
            Fault(
                "training-data",
                text('no label of "{target}" is known to mark an event', target=contract.target),
                why=text("the labels are {labels}", labels=", ".join(sorted(counts)[:20])),
                fix=text("write the label of the event in [model] positive"),
            )
        ],
    )
