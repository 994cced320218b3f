"""Find, in rows that the decoder let through, the values that a policy will change or mark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Input, Missing, OutOfRange, TagType
from andamio.contracts.judgement import outside_flag


@dataclass(frozen=True, slots=True)
class _Mark:
    """The flags of one tag."""

    imputed: str
    outside: str
    known: frozenset[str]


class Watch:
    """The flags of decoded rows: one row by plain Python, many by arrays, with the same answer."""

    def __init__(self, contract: Contract) -> None:
        numbers, categories = contract.numbers, contract.categories
        limits = [_watched(declared) for declared in numbers]
        self._low = np.array([low for low, _ in limits], np.float64)
        self._high = np.array([high for _, high in limits], np.float64)
        self._marks = [_mark(declared) for declared in numbers]
        self._text_marks = [_mark(declared) for declared in categories]
        self._whole = [place for place, i in enumerate(numbers) if i.type is TagType.INTEGER]
        self._lenient = [
            (place, *limits[place], self._marks[place]) for place, i in enumerate(numbers) if _is_lenient(i)
        ]
        self.knows_whole_numbers = bool(self._whole)
        self._signals = [
            (signal.columns, f"{signal.tag}:imputed")
            for signal in contract.signals
            if (tag := contract.by_name[signal.tag]).type is TagType.WAVEFORM
            and tag.missing is Missing.IMPUTE
        ]
        self._watches_texts = any(_is_lenient(declared) for declared in categories)

    def has_fraction(self, numbers: tuple[Any, ...]) -> bool:
        """Tell whether a whole number of one row is none."""
        return any((numbers[place] or 0.0) % 1.0 > 0.0 for place in self._whole)

    def has_fractions(self, numbers: NDArray[np.float64]) -> bool:
        """Tell whether a whole number of any row is none."""
        return self.knows_whole_numbers and bool((numbers[:, self._whole] % 1.0 > 0.0).any())

    def flags_of_one(self, numbers: tuple[Any, ...], texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the flags of one row, numbers first."""
        flags: tuple[str, ...] = ()
        for place, low, high, mark in self._lenient:
            value = numbers[place]
            if value is None or not low <= value <= high:
                flags += (mark.imputed if value is None or math.isnan(value) else mark.outside,)
        return flags + self._text_flags(texts) if self._watches_texts else flags

    def flags(self, numbers: NDArray[np.float64], texts: NDArray[np.object_]) -> list[tuple[str, ...]]:
        """Return each row's flags, numbers first."""
        flags: list[tuple[str, ...]] = [()] * len(numbers)
        if self._lenient:
            inside = (numbers >= self._low) & (numbers <= self._high)
            if not inside.all():
                for row, place in np.argwhere(~inside).tolist():
                    mark = self._marks[place]
                    flags[row] += (mark.imputed if np.isnan(numbers[row, place]) else mark.outside,)
        if self._watches_texts:
            for row, words in enumerate(texts.tolist()):
                flags[row] += self._text_flags(words)
        return flags

    def with_signal_flags(
        self, flags: list[tuple[str, ...]], signals: NDArray[np.float32]
    ) -> list[tuple[str, ...]]:
        """Add to each row's flags those of its signals that lack samples."""
        for columns, mark in self._signals:
            for row in np.flatnonzero(np.isnan(signals[:, columns]).any(axis=1)).tolist():
                flags[row] += (mark,)
        return flags

    def _text_flags(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(
            mark.outside if word else mark.imputed
            for mark, word in zip(self._text_marks, words, strict=True)
            if word not in mark.known
        )


def _mark(declared: Input) -> _Mark:
    return _Mark(f"{declared.name}:imputed", outside_flag(declared) or "", frozenset(declared.values))


def _is_lenient(declared: Input) -> bool:
    return declared.missing is Missing.IMPUTE or outside_flag(declared) is not None


def _watched(declared: Input) -> tuple[float, float]:
    # The decoder has refused what `reject` refuses; what is left to watch is what a policy lets through.
    if declared.range is None or declared.out_of_range is OutOfRange.REJECT:
        return -math.inf, math.inf
    return declared.range
