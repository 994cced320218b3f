"""Judge one column by its tag's policies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.cells import Cells, read_numbers, read_texts
from andamio.contracts.contract import Input, Missing, OutOfRange, TagType, Unknown
from andamio.contracts.samples import read_samples
from andamio.kernel.units import convert

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class ColumnVerdict:
    """What one column holds and which of its rows break the contract.

    Attributes:
        declared: The tag.
        values: float64 in the contract's unit (NaN missing), texts ("" missing), or the samples of a
            waveform, shape ``(rows, length)``.
        wrong: Cells that are not of the type.
        missing: Cells without a value.
        outside: Values outside the range, or categories that are not among the values.
        too_large: Values that the graph's float32 cannot hold.
    """

    declared: Input
    values: NDArray[np.float64] | NDArray[np.object_]
    wrong: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    too_large: NDArray[np.bool_]

    def breaches(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield the code of each way to break the contract, and the rows that do."""
        declared = self.declared
        yield "contract-type", self.wrong
        if declared.missing is Missing.REJECT:
            yield "contract-missing", self.missing
        if declared.type is TagType.CATEGORY:
            if declared.unknown is Unknown.REJECT:
                yield "contract-unknown", self.outside
        elif declared.out_of_range is OutOfRange.REJECT:
            yield "contract-range", self.outside | self.too_large
        else:
            yield "contract-range", self.too_large

    def flags(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield each flag that a policy raises, and the rows that carry it."""
        name = self.declared.name
        if self.declared.missing is Missing.IMPUTE:
            yield f"{name}:imputed", self.missing
        mark = outside_flag(self.declared)
        if mark is not None:
            yield mark, self.outside


def outside_flag(declared: Input) -> str | None:
    """Return the flag of a value outside its range or its list, None where such a row is refused."""
    if declared.type is TagType.CATEGORY:
        return f"{declared.name}:other" if declared.unknown is Unknown.OTHER else None
    if declared.out_of_range is OutOfRange.CLIP:
        return f"{declared.name}:clipped"
    return f"{declared.name}:out-of-range" if declared.out_of_range is OutOfRange.FLAG else None


def judge(declared: Input, cells: Cells, *, typed: bool, unit: str | None = None) -> ColumnVerdict:
    """Judge the cells of one column, sent in ``unit`` (the contract's own, if None)."""
    if declared.type is TagType.CATEGORY:
        return _judge_texts(declared, cells, typed=typed)
    if declared.type is TagType.WAVEFORM:
        return _judge_samples(declared, cells, typed=typed, unit=unit)
    if unit is None or declared.unit is None:
        values = read_numbers(cells, declared.type, typed=typed)
        wrong = np.isinf(values)
    else:
        values = _converted(declared, read_numbers(cells, TagType.NUMBER, typed=typed), unit)
        wrong = np.isinf(values)
        if declared.type is TagType.INTEGER:
            wrong |= ~np.isnan(values) & (values != np.floor(values))
    missing = np.isnan(values)
    too_large = ~wrong & (np.abs(values) > LARGEST)
    outside = np.zeros(len(values), np.bool_)
    if declared.range is not None:
        low, high = declared.range
        outside = ~wrong & ((values < low) | (values > high))
    return ColumnVerdict(declared, values, wrong, missing, outside, too_large)


def _judge_texts(declared: Input, cells: Cells, *, typed: bool) -> ColumnVerdict:
    texts, wrong = read_texts(cells, typed=typed)
    known = {*declared.values, ""}
    outside = np.fromiter((text not in known for text in texts), np.bool_, len(texts))
    missing = np.fromiter((text == "" for text in texts), np.bool_, len(texts)) & ~wrong
    values = np.empty(len(texts), object)
    values[:] = texts
    return ColumnVerdict(declared, values, wrong, missing, outside, np.zeros(len(texts), np.bool_))


def _judge_samples(declared: Input, cells: Cells, *, typed: bool, unit: str | None) -> ColumnVerdict:
    samples, wrong = read_samples(cells, declared.length or 0, typed=typed)
    if unit is not None and declared.unit is not None:
        samples = convert(samples, unit, declared.unit)
    missing = np.isnan(samples).any(axis=1) & ~wrong
    too_large = ~wrong & (np.abs(samples) > LARGEST).any(axis=1)
    return ColumnVerdict(declared, samples, wrong, missing, np.zeros(len(samples), np.bool_), too_large)


def _converted(declared: Input, values: NDArray[np.float64], unit: str) -> NDArray[np.float64]:
    converted = convert(values, unit, str(declared.unit))
    if declared.type is TagType.INTEGER:
        whole = np.round(converted)
        converted = np.where(np.abs(converted - whole) < 1e-6, whole, converted)
    # 356 degF is 180 degC and not a hair more: the rounding of a conversion must not refuse the edge.
    tolerance = 1e-9 * max(map(abs, declared.range or (0.0,)))
    for edge in declared.range or ():
        converted = np.where(np.abs(converted - edge) <= tolerance, edge, converted)
    return converted
