"""Copies of rows that a sensor could as well have shown: within its accuracy, in the tag's own unit.

What is drawn are raw readings, before any feature is computed, so features that are derived from several
readings follow the same physics as in a row that was measured. A waveform, which begins at no moment of its
own, is turned round by any time; all waveforms of a row by the same, or their phases would part.

Source of the distribution: JCGM 100:2008 (GUM) 4.3.7, a rectangle where only the limits of an error are
known. Source of the use: Bishop, Training with noise is equivalent to Tikhonov regularization (1995).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Input, TagType
from andamio.contracts.rows import Rows
from andamio.contracts.signal import Signal

MOST_COPIES = 8
# Copies of all rows together.
MOST_COPIED = 4000

Floats = NDArray[np.float32]


def can_vary(contract: Contract, excluded: frozenset[str]) -> bool:
    """Tell whether the contract says of any tag how its readings may differ."""
    tags = [tag for tag in contract.inputs if tag.name not in excluded]
    return any(tag.accuracy is not None or tag.type is TagType.WAVEFORM for tag in tags)


def copies_of_each(rows: int) -> int:
    """Choose how many copies are made of each of so many rows."""
    return max(1, min(MOST_COPIES, MOST_COPIED // max(rows, 1)))


def draw_copies(contract: Contract, rows: Rows, count: int, seed: int) -> Iterator[Rows]:
    """Draw ``count`` copies of all rows, one at a time; what is missing stays so, no tag leaves its range.

    Waveforms are large, so nobody need hold several copies at once; the same seed draws the same again.
    """
    rng = np.random.default_rng(seed)
    return (_copy(contract, rows, rng) for _ in range(count))


def _copy(contract: Contract, rows: Rows, rng: np.random.Generator) -> Rows:
    numbers, signals = rows.numbers.copy(), rows.signals
    last: dict[str, Floats] = {}
    if signals is not None:
        signals = signals.copy()
        for signal in contract.signals:
            tag, columns = contract.by_name[signal.tag], _columns(signal)
            off = _off(tag, (len(rows), signal.length), rng)
            signals[:, columns] = _within(tag, signals[:, columns], off)
            last[tag.name] = off[:, -1]
        _turn(signals, _waves(contract), rng)
    for place, tag in enumerate(contract.numbers):
        # The latest value of a windowed tag and the last sample of its window are one reading.
        off = last[tag.name] if tag.name in last else _off(tag, (len(rows),), rng)
        numbers[:, place] = _within(tag, numbers[:, place], off)
    return msgspec.structs.replace(rows, numbers=numbers, signals=signals)


def _off(tag: Input, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    if tag.accuracy is None:
        return np.zeros(shape, np.float32)
    off = rng.uniform(-tag.accuracy, tag.accuracy, shape)
    return (np.rint(off) if tag.type is TagType.INTEGER else off).astype(np.float32)


def _within(tag: Input, values: Floats, off: Floats) -> Floats:
    """Add what a reading is off by; one that was in its range stays there."""
    if tag.accuracy is None:
        return values
    moved = values + off
    if tag.range is None:
        return moved
    low, high = np.float32(tag.range[0]), np.float32(tag.range[1])
    inside: Floats = np.clip(moved, np.minimum(values, low), np.maximum(values, high))
    return inside


def _columns(signal: Signal) -> slice:
    return slice(signal.start, signal.start + signal.length)


def _waves(contract: Contract) -> list[Signal]:
    return [one for one in contract.signals if contract.by_name[one.tag].type is TagType.WAVEFORM]


def _turn(signals: Floats, waves: Sequence[Signal], rng: np.random.Generator) -> None:
    """Let each row's waveforms begin elsewhere, by the same time."""
    if not waves:
        return
    longest = max(one.length / (one.rate_hz or 1.0) for one in waves)
    for row, later in zip(signals, rng.uniform(0.0, longest, len(signals)), strict=True):
        for one in waves:
            row[_columns(one)] = np.roll(row[_columns(one)], -round(later * (one.rate_hz or 1.0)))
