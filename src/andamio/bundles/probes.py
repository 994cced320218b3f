"""Rows that go to the limits of a contract: every policy and every boundary, tag by tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Contract, Input, Missing, OutOfRange, Rows, TagType
from andamio.contracts.contract import Unknown

_ROWS = 20
_NEVER_SEEN = "andamio: never seen"


def policy_probes(contract: Contract, rows: Rows) -> Mapping[str, Rows]:
    """Make rows for every case that a contract lets through to the graph.

    Each case takes up to 20 real rows and changes one tag in them: missing where the policy is impute,
    unknown where it is other, outside the range where it is clip or flag, at and next to both ends of
    the range, and every category.

    Args:
        contract: Whose policies.
        rows: Real rows to start from, at least one.

    Returns:
        Rows by case: ``missing:TAG``, ``missing:all``, ``outside:TAG``, ``boundary:TAG``, ``unknown:TAG``,
        ``value:TAG``, ``still:TAG``, ``zero:TAG``.
    """
    base = rows.take(np.arange(min(len(rows), _ROWS)))
    cases = dict(_number_cases(contract, base)) | dict(_category_cases(contract, base))
    cases |= dict(_signal_cases(contract, base))
    holes = base.numbers.copy()
    blank = None if base.signals is None else base.signals.copy()
    for signal in contract.signals:
        if blank is not None and contract.by_name[signal.tag].missing is Missing.IMPUTE:
            blank[:, signal.columns] = np.nan
    gaps = base.categories.copy()
    for place, tag in enumerate(contract.numbers):
        if tag.missing is Missing.IMPUTE:
            holes[:, place] = np.nan
    for place, tag in enumerate(contract.categories):
        if tag.missing is Missing.IMPUTE:
            gaps[:, place] = ""
    if any(tag.missing is Missing.IMPUTE for tag in contract.inputs):
        cases["missing:all"] = _rows(holes, gaps, blank)
    return cases


def _number_cases(contract: Contract, base: Rows) -> Iterator[tuple[str, Rows]]:
    for place, tag in enumerate(contract.numbers):
        if tag.missing is Missing.IMPUTE:
            yield f"missing:{tag.name}", _with_numbers(base, place, [np.nan])
        inside, outside = _range_values(tag)
        if inside:
            yield f"boundary:{tag.name}", _with_numbers(base, place, inside)
        if outside and tag.out_of_range is not OutOfRange.REJECT:
            yield f"outside:{tag.name}", _with_numbers(base, place, outside)


def _range_values(tag: Input) -> tuple[list[float], list[float]]:
    if tag.type is TagType.BOOLEAN:
        return [0.0, 1.0], []
    if tag.range is None:
        return [], []
    low, high = np.float32(tag.range[0]), np.float32(tag.range[1])
    if tag.type is TagType.INTEGER:
        return [float(low), float(high)], [float(low) - 1, float(high) + 1]
    infinity = np.float32(np.inf)
    inside = [low, np.nextafter(low, infinity), np.nextafter(high, -infinity), high]
    span = high - low
    outside = [low - span, np.nextafter(low, -infinity), np.nextafter(high, infinity), high + span]
    return [float(v) for v in inside if low <= v <= high], [float(v) for v in outside]


def _category_cases(contract: Contract, base: Rows) -> Iterator[tuple[str, Rows]]:
    for place, tag in enumerate(contract.categories):
        if tag.missing is Missing.IMPUTE:
            yield f"missing:{tag.name}", _with_categories(base, place, [""])
        if tag.unknown is Unknown.OTHER:
            yield f"unknown:{tag.name}", _with_categories(base, place, [_NEVER_SEEN])
        yield f"value:{tag.name}", _with_categories(base, place, list(tag.values))


def _signal_cases(contract: Contract, base: Rows) -> Iterator[tuple[str, Rows]]:
    """Make signals that lack samples, that stand still, and that are zero."""
    if base.signals is None:
        return
    for signal in contract.signals:
        gone = base.signals.copy()
        if contract.by_name[signal.tag].missing is Missing.IMPUTE:
            gone[:, signal.start] = np.nan
            yield f"missing:{signal.name}", _rows(base.numbers, base.categories, gone)
        still = base.signals.copy()
        still[:, signal.columns] = still[:, [signal.start]]
        yield f"still:{signal.name}", _rows(base.numbers, base.categories, still)
        still = base.signals.copy()
        still[:, signal.columns] = 0.0
        yield f"zero:{signal.name}", _rows(base.numbers, base.categories, still)


def _with_numbers(base: Rows, place: int, values: list[float]) -> Rows:
    numbers = np.tile(base.numbers, (len(values), 1))
    numbers[:, place] = np.repeat(np.array(values, np.float32), len(base))
    return _rows(numbers, np.tile(base.categories, (len(values), 1)), _tiled(base, len(values)))


def _with_categories(base: Rows, place: int, values: list[str]) -> Rows:
    categories = np.tile(base.categories, (len(values), 1))
    categories[:, place] = np.repeat(np.array(values, object), len(base))
    return _rows(np.tile(base.numbers, (len(values), 1)), categories, _tiled(base, len(values)))


def _tiled(base: Rows, times: int) -> NDArray[np.float32] | None:
    return None if base.signals is None else np.tile(base.signals, (times, 1))


def _rows(
    numbers: NDArray[np.float32], categories: NDArray[np.object_], signals: NDArray[np.float32] | None
) -> Rows:
    n = len(numbers)
    return Rows(numbers, categories, [None] * n, [None] * n, [()] * n, signals)
