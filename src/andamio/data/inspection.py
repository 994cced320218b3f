"""Turn what the numbers of a file look like into findings a person can act on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from andamio.data.damage import find_mangled
from andamio.data.digits import Digits
from andamio.data.findings import Finding, FindingKind
from andamio.data.mangled import Mangled
from andamio.data.plausibility import Bounds, bounds_of
from andamio.data.source import Source
from andamio.errors import Text, text

_EXAMPLES = 3
_JUMP = 1000.0
_RARE = 0.01
_FOUR_DIGITS = 1000.0
_LONE_ZERO_SHARE = 0.001


def inspect(source: Source) -> None:
    """Add to ``source.findings`` the numbers that are mangled, impossible, or far from all others."""
    bounds = {
        name: limits
        for name in source.digits
        if (limits := bounds_of(name, source.units.get(name))) is not None
    }
    mangled = find_mangled(source.digits, bounds, suspicious=bool(source.strange))
    for name, digits in source.digits.items():
        if name in source.strange or name in mangled:
            source.findings.append(_mangled(source, name, mangled.get(name)))
            continue
        if mangled or source.strange:
            source.findings.extend(_doubtful(source, name, digits))
        if limits := bounds.get(name):
            source.findings.extend(_impossible(source, name, digits, limits))
        source.findings.extend(_jumps(source, name, digits))


def _mangled(source: Source, name: str, mangled: Mangled | None) -> Finding:
    strange = source.strange.get(name, [])
    rows: list[int] = list(strange)
    likely = dict.fromkeys(strange, "")
    if mangled is not None:
        found = source.digits[name].rows[mangled.positions]
        rows += [int(row) for row in found]
        likely |= {
            int(row): "" if np.isnan(value) else f"{value:.12g}"
            for row, value in zip(found[:_EXAMPLES], mangled.likely, strict=False)
        }
    rows.sort()
    shown = rows[:_EXAMPLES]
    return Finding(
        kind=FindingKind.MANGLED,
        column=name,
        what=_REASONS[mangled.reason if mangled else "marks"](name, len(rows)),
        count=len(rows),
        lines=source.lines_of(rows),
        examples=source.written(name, shown),
        likely=[likely.get(row, "") for row in shown],
        data={"reason": mangled.reason if mangled else "marks"},
    )


def _lost_mark(column: str, n: int) -> Text:
    return text('"{column}" lost decimal marks (cells: {n})', column=column, n=n)


def _groups(column: str, n: int) -> Text:
    return text('"{column}" has decimal marks in the wrong place (cells: {n})', column=column, n=n)


def _clusters(column: str, n: int) -> Text:
    return text('"{column}" lies on two scales, powers of ten apart (cells: {n})', column=column, n=n)


def _last_digits(column: str, n: int) -> Text:
    return text(
        '"{column}" lost decimal marks: none of its whole numbers ends in 0 (cells: {n})', column=column, n=n
    )


def _beyond_physics(column: str, n: int) -> Text:
    return text('"{column}" lost decimal marks: its values are impossible (cells: {n})', column=column, n=n)


def _above_siblings(column: str, n: int) -> Text:
    return text(
        '"{column}" lies powers of ten above the columns named like it (cells: {n})', column=column, n=n
    )


def _contradictory(column: str, n: int) -> Text:
    return text(
        '"{column}" has cells that contradict how the rest is written (cells: {n})', column=column, n=n
    )


_REASONS = {
    "lost-mark": _lost_mark,
    "groups-of-three": _groups,
    "clusters": _clusters,
    "last-digits": _last_digits,
    "bounds": _beyond_physics,
    "siblings": _above_siblings,
    "marks": _contradictory,
}


def _impossible(source: Source, name: str, digits: Digits, bounds: Bounds) -> list[Finding]:
    outside = digits.rows[(digits.values < bounds.low) | (digits.values > bounds.high)]
    if len(outside) == 0:
        return []
    return [
        _finding(
            source,
            FindingKind.IMPOSSIBLE,
            name,
            outside.tolist(),
            text(
                '"{column}" has values that are impossible for {what} (rows: {n})',
                column=name,
                n=len(outside),
                what=bounds.name,
            ),
        )
    ]


def _doubtful(source: Source, name: str, digits: Digits) -> list[Finding]:
    """Find columns that could have lost every mark, in a file where others lost theirs."""
    whole = (digits.decimals == 0) & (digits.sizes >= _FOUR_DIGITS)
    if len(digits) == 0 or not whole.all():
        return []
    what = text(
        '"{column}" holds only large whole numbers, and other columns lost decimal marks', column=name
    )
    return [_finding(source, FindingKind.DOUBTFUL, name, digits.rows.tolist(), what)]


def _jumps(source: Source, name: str, digits: Digits) -> list[Finding]:
    """Find a few values a thousand times above the rest, and lone zeros far below it."""
    sizes = digits.sizes
    if len(sizes) < 20:
        return []
    usual = float(np.quantile(sizes, 1 - _RARE))
    if usual > 0 and np.any(sizes > _JUMP * usual):
        rows = digits.rows[sizes > _JUMP * usual].tolist()
        what = text(
            '"{column}" has values a thousand times above all others (rows: {n})', column=name, n=len(rows)
        )
        return [_finding(source, FindingKind.JUMP, name, rows, what)]
    zeros = digits.values == 0
    others = digits.values[~zeros]
    few = 0 < zeros.sum() <= max(1, _LONE_ZERO_SHARE * len(sizes))
    if few and others.min() > 0 and others.min() > 0.5 * float(np.median(others)):
        rows = digits.rows[zeros].tolist()
        what = text(
            '"{column}" has zeros where every other value is far from zero (rows: {n})',
            column=name,
            n=len(rows),
        )
        return [_finding(source, FindingKind.JUMP, name, rows, what)]
    return []


def _finding(source: Source, kind: FindingKind, name: str, rows: Sequence[int], what: Text) -> Finding:
    return Finding(
        kind=kind,
        column=name,
        what=what,
        count=len(rows),
        lines=source.lines_of(rows),
        examples=source.written(name, rows[:_EXAMPLES]),
    )
