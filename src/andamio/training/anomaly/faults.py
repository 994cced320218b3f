"""Make up faults of sensors and of the process on rows that were usual, to see which model notices them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from andamio.contracts.contract import TagType
from andamio.contracts.rows import Rows
from andamio.errors import Text, text
from andamio.training.table import Index, Problem

FAULTS: Mapping[str, Text] = {
    "offset": text("the tag reads three standard deviations off"),
    "slight": text("the tag reads one and a half standard deviations off"),
    "gain": text("the tag swings three times as far"),
    "spike": text("the last reading jumps by eight standard deviations"),
    "stuck": text("the tag holds a reading of another time"),
}
_OFFSETS = {"offset": 3.0, "slight": 1.5, "spike": 8.0}
_MOST_TAGS, _ROWS_EACH = 12, 40


@dataclass(frozen=True, slots=True, eq=False)
class Injected:
    """Rows with made-up faults.

    Attributes:
        rows: The rows, one fault in each.
        kind: Of the fault of each row, an index into ``FAULTS``.
        source: Which row of the problem each was.
    """

    rows: Rows
    kind: Index
    source: Index

    def shares(self, noticed: NDArray[np.bool_]) -> dict[str, float]:
        """Return the share of each kind of fault that was noticed."""
        return {name: float(noticed[self.kind == k].mean()) for k, name in enumerate(FAULTS)}


def inject(problem: Problem, seed: int, among: Index | None = None) -> Injected | None:
    """Draw rows, and put one fault into one tag of each; None where no tag is a measured number.

    A fault changes every sample of the tag's window, a spike its last one only.

    Args:
        problem: Usual rows.
        seed: Of the draws.
        among: Which rows to draw from; None takes all.
    """
    rng = np.random.default_rng(seed)
    measured = [TagType.NUMBER, TagType.INTEGER]
    tags = [j for j, tag in enumerate(problem.contract.numbers) if tag.type in measured]
    if not tags:
        return None
    if len(tags) > _MOST_TAGS:
        tags = sorted(rng.choice(tags, _MOST_TAGS, replace=False).tolist())
    drawn_from = np.arange(len(problem), dtype=np.int64) if among is None else among
    size = (len(FAULTS), len(tags), _ROWS_EACH)
    source, other = rng.choice(drawn_from, size), rng.choice(drawn_from, size)
    kind = np.broadcast_to(np.arange(len(FAULTS))[:, None, None], size)
    column = np.broadcast_to(np.array(tags)[None, :, None], size)
    faulty = problem.rows.take(source.ravel())
    numbers = faulty.numbers.copy()
    signals = None if faulty.signals is None else faulty.signals.copy()
    for k, name in enumerate(FAULTS):
        for j in tags:
            where = np.flatnonzero((kind == k).ravel() & (column == j).ravel())
            sign = np.float32(rng.choice([-1.0, 1.0]))
            numbers[where, j] = _faulty(
                name, numbers[where, j], problem.rows.numbers[:, j], other.ravel()[where], sign
            )
            if signals is not None:
                _into_window(name, problem, j, signals, where, other.ravel()[where], sign)
    rows = structs.replace(faulty, numbers=numbers, signals=signals)
    return Injected(rows, kind.ravel().astype(np.int64), source.ravel().astype(np.int64))


def _faulty(
    name: str,
    values: NDArray[np.float32],
    usual: NDArray[np.float32],
    other: Index,
    sign: np.float32,
) -> NDArray[np.float32]:
    """Return readings with a fault; ``usual`` are the tag's readings in all rows."""
    spread, middle = np.float32(np.nanstd(usual)), np.float32(np.nanmedian(usual))
    if name == "gain":
        return np.asarray(middle + 3 * (values - middle), np.float32)
    if name == "stuck":
        return usual[other]
    return np.asarray(values + sign * np.float32(_OFFSETS[name]) * spread, np.float32)


def _into_window(
    name: str,
    problem: Problem,
    tag: int,
    signals: NDArray[np.float32],
    where: Index,
    other: Index,
    sign: np.float32,
) -> None:
    """Put the same fault into the tag's window, where it has one."""
    usual = problem.rows.numbers[:, tag]
    for signal in problem.contract.signals:
        if signal.tag != problem.contract.numbers[tag].name:
            continue
        first = signal.start + signal.length - 1 if name == "spike" else signal.start
        window = slice(first, signal.start + signal.length)
        if name == "stuck":
            signals[where, window] = usual[other][:, None]
        else:
            signals[where, window] = _faulty(name, signals[where, window], usual, other, sign)
