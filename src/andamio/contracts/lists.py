"""Judge the cells of a windowed tag: the list of its last samples, whose last one is its latest value."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.cells import Cells
from andamio.contracts.contract import Input, Missing, OutOfRange
from andamio.contracts.judgement import LARGEST, ColumnVerdict, judge
from andamio.contracts.samples import read_samples
from andamio.kernel.units import convert


def judge_list(
    declared: Input, length: int, cells: Cells, *, typed: bool, unit: str | None
) -> tuple[ColumnVerdict, NDArray[np.float32]]:
    """Judge a column of lists, sent in ``unit``.

    The latest sample is judged as the tag's value. A sample outside the range refuses its row where the
    tag's range does, and a missing one where the tag may not be missing.

    Returns:
        The verdict, and the samples, shape ``(rows, length)``.
    """
    samples, wrong = read_samples(cells, length, typed=typed)
    latest = judge(declared, samples[:, -1], typed=True, unit=unit)
    if unit is not None and declared.unit is not None:
        samples = convert(samples, unit, declared.unit)
    too_large = latest.too_large | (np.abs(samples) > LARGEST).any(axis=1)
    outside = latest.outside
    if declared.range is not None and declared.out_of_range is OutOfRange.REJECT:
        low, high = declared.range
        outside = outside | ((samples < low) | (samples > high)).any(axis=1)
    gone = np.isnan(samples).any(axis=1)
    missing = gone if declared.missing is Missing.REJECT else latest.missing
    values, odd = latest.values, np.flatnonzero(outside & ~latest.outside & ~wrong)
    if len(odd) and declared.range is not None:  # such a row is refused, and told by the sample at fault
        beyond = (samples[odd] < declared.range[0]) | (samples[odd] > declared.range[1])
        values = values.copy()
        values[odd] = samples[odd, beyond.argmax(axis=1)]
    verdict = dataclasses.replace(
        latest,
        values=values,
        wrong=latest.wrong | wrong,
        missing=missing & ~wrong,
        outside=outside & ~wrong,
        too_large=too_large & ~wrong,
    )
    with np.errstate(over="ignore"):
        return verdict, samples.astype(np.float32)
