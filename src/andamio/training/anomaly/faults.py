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
    "gross": text("the tag reads ten standard deviations off"),
}
_OFFSETS = {"offset": 3.0, "slight": 1.5, "spike": 8.0, "gross": 10.0}
_MOST_TAGS, _ROWS_EACH = 12, 40
_MEASURED = (TagType.NUMBER, TagType.INTEGER, TagType.WAVEFORM)
Floats32 = NDArray[np.float32]


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
    """Draw rows, and put one fault into one tag of each; None where no tag is measured.

    A fault changes every sample of the tag's window or waveform, a spike its last one only.

    Args:
        problem: Usual rows.
        seed: Of the draws.
        among: Which rows to draw from; None takes all.
    """
    rng = np.random.default_rng(seed)
    tags = [tag.name for tag in problem.contract.inputs if tag.type in _MEASURED]
    if not tags:
        return None
    if len(tags) > _MOST_TAGS:
        tags = [tags[place] for place in np.sort(rng.choice(len(tags), _MOST_TAGS, replace=False)).tolist()]
    drawn_from = np.arange(len(problem), dtype=np.int64) if among is None else among
    size = (len(FAULTS), len(tags), _ROWS_EACH)
    source, other = (rng.choice(drawn_from, size).astype(np.int64) for _ in range(2))
    faulty = problem.rows.take(source.ravel())
    signals = None if faulty.signals is None else faulty.signals.copy()
    rows = structs.replace(faulty, numbers=faulty.numbers.copy(), signals=signals)
    places = np.arange(source.size).reshape(size)
    for k, name in enumerate(FAULTS):
        for j, tag in enumerate(tags):
            sign = np.float32(rng.choice([-1.0, 1.0]))
            _spoil(problem, rows, tag, _Fault(name, sign, places[k, j], other[k, j]))
    kind = np.repeat(np.arange(len(FAULTS)), source[0].size)
    return Injected(rows, kind, source.ravel())


@dataclass(frozen=True, slots=True, eq=False)
class _Fault:
    """One kind of fault in one tag: in which rows, and from which others a stuck tag has its reading."""

    name: str
    sign: np.float32
    where: Index
    other: Index

    def readings(self, values: Floats32, usual: Floats32) -> Floats32:
        """Return readings with the fault; ``usual`` are those of the tag in all rows."""
        if self.name == "gain":
            middle = np.float32(np.nanmedian(usual))
            return np.asarray(middle + 3 * (values - middle), np.float32)
        if self.name == "stuck":
            return np.broadcast_to(usual[self.other], values.shape)
        spread = np.float32(np.nanstd(usual))
        return np.asarray(values + self.sign * np.float32(_OFFSETS[self.name]) * spread, np.float32)


def _spoil(problem: Problem, rows: Rows, tag: str, fault: _Fault) -> None:
    """Put a fault into a tag: its latest value, its window, or its waveform."""
    usual: Floats32 | None = None
    for j, declared in enumerate(problem.contract.numbers):
        if declared.name == tag:
            usual = problem.rows.numbers[:, j]
            rows.numbers[fault.where, j] = fault.readings(rows.numbers[fault.where, j], usual)
    for signal in problem.contract.signals:
        if signal.tag != tag or rows.signals is None or problem.rows.signals is None:
            continue
        first = signal.start + signal.length - 1 if fault.name == "spike" else signal.start
        samples = slice(first, signal.start + signal.length)
        known = problem.rows.signals[:, samples] if usual is None else usual[:, None]
        rows.signals[fault.where, samples] = fault.readings(rows.signals[fault.where, samples], known)
