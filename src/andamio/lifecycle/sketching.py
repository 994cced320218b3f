"""Sketch a contract from a history file: what each column seems to be, what gives the target away."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from andamio.contracts.contract import Kind, TagType
from andamio.contracts.draft import ColumnSketch, Draft
from andamio.contracts.reading.inputs import LONGEST
from andamio.contracts.samples import count_samples, read_samples
from andamio.data.clock import find_time_column
from andamio.data.source import Source
from andamio.errors import Fault, InputRefused, Text, UnitUnknown, text
from andamio.kernel.units import parse_unit
from andamio.training.leakage import Leak, find_leaks
from andamio.training.target import label_texts, positive_class

_MOST_VALUES = 50
_MOST_CLASSES_AS_NUMBERS = 3
_WINDOW, _FEWEST_WINDOWS = 20, 10
_BEAT = 0.9  # this share of the rows follows the one before within three usual steps
_ASSET_WORDS = re.compile(
    r"pump|asset|machine|unit|motor|line|equipo|m[aá]quina|bomba|l[ií]nea|engine|tag", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the person said; None leaves it to the sketch, and without a target nothing is foretold."""

    target: str | None
    kind: Kind | None = None
    time: str | None = None
    asset: str | None = None
    keep: tuple[str, ...] = ()


def sketch(source: Source, data: str, wishes: Wishes) -> tuple[Draft, list[Leak]]:
    """Sketch a contract.

    Args:
        source: The history file, as read.
        data: Name of the dataset that the file will be added to.
        wishes: What the person said.

    Returns:
        The draft, and what was found to give the target away or only to number the rows.

    Raises:
        InputRefused: A named column is not in the file, or the target says nothing; all faults at once.
    """
    frame = _with_lists(source.frame, wishes.target)
    _check_columns(frame.columns, wishes)
    time = wishes.time or find_time_column(frame)
    asset = wishes.asset or _asset(frame, wishes.target)
    kind = Kind.ANOMALY
    if wishes.target is not None:
        kind = wishes.kind or _kind(frame[wishes.target])
    target = None if kind is Kind.ANOMALY else wishes.target
    leaks = find_leaks(frame, target, time, asset, regression=kind is Kind.REGRESSION)
    left_out = {
        leak.column: leak.reason for leak in leaks if leak.excluded and leak.column not in wishes.keep
    }
    columns = []
    for name in frame.columns:
        if name in {wishes.target, time, asset} or name in left_out:
            continue
        column = _column(frame[name], name, source.units.get(name))
        if isinstance(column, ColumnSketch):
            columns.append(column)
        else:
            left_out[name] = column
    if not columns:
        raise _nothing_left(left_out, wishes)
    labels: list[str] = []
    if wishes.target is not None:
        labels = sorted({label for label in label_texts(frame[wishes.target]) if label})
    positive = None
    if wishes.target is not None and kind is Kind.CLASSIFICATION:
        positive = _positive(frame[wishes.target], labels)
    return (
        Draft(
            kind=kind,
            data=data,
            target=wishes.target,
            columns=tuple(columns),
            positive=positive,
            time=time,
            asset=asset,
            classes=len(labels),
            left_out=tuple(left_out.items()),
            window=_window(frame, columns, time, asset) if kind is Kind.ANOMALY else None,
        ),
        leaks,
    )


def _with_lists(frame: pl.DataFrame, target: str | None) -> pl.DataFrame:
    """Read columns whose every cell is a written list, as a CSV holds waveforms, as columns of lists."""
    return frame.with_columns(
        pl.Series(name, _lists(frame[name]), dtype=pl.List(pl.Float32))
        for name, dtype in frame.schema.items()
        if dtype == pl.String and name != target and _is_listed(frame[name])
    )


def _is_listed(column: pl.Series) -> bool:
    known = column.drop_nulls()
    if not len(known) or not known.str.strip_chars().str.starts_with("[").all():
        return False
    return all(count_samples(cell, typed=False) is not None for cell in known)


def _lists(column: pl.Series) -> list[list[float] | None]:
    lists: list[list[float] | None] = []
    for cell in column:
        length = count_samples(cell, typed=False) or 0
        lists.append(read_samples([cell], length, typed=False)[0][0].tolist() if length else None)
    return lists


def _nothing_left(left_out: Mapping[str, Text], wishes: Wishes) -> InputRefused:
    """Say why each column was left out: without one there is nothing to learn from."""
    faults = [
        Fault("input-refused", text("“{column}” was left out: {reason}", column=name, reason=reason))
        for name, reason in left_out.items()
    ]
    return InputRefused(
        text("the file holds no column to learn from, besides {named}", named=_named(wishes)),
        fix=text("add columns that are known when an answer is wanted, or keep one with --keep COLUMN"),
        faults=faults,
    )


def _named(wishes: Wishes) -> str:
    named = [name for name in (wishes.target, wishes.time, wishes.asset) if name is not None]
    return ", ".join(f"“{name}”" for name in named) or "–"


def _check_columns(columns: Sequence[str], wishes: Wishes) -> None:
    named = [("--target", wishes.target), ("--time", wishes.time), ("--asset", wishes.asset)]
    named += [("--keep", column) for column in wishes.keep]
    faults = [
        Fault(
            "column-unknown",
            text("{option} names “{column}”, and the file has no such column", option=option, column=column),
            fix=_nearest(column, columns),
        )
        for option, column in named
        if column is not None and column not in columns
    ]
    if faults:
        raise InputRefused(text("the file does not have the columns that were named"), faults=faults)


def _nearest(column: str, columns: Sequence[str]) -> Text:
    by_lower = {name.lower(): name for name in columns}
    close = difflib.get_close_matches(column.lower(), by_lower, n=1)
    if close:
        return text("did you mean “{column}”?", column=by_lower[close[0]])
    return text("its columns are: {columns}", columns=", ".join(columns))


def _kind(target: pl.Series) -> Kind:
    """Texts, yes/no and two or three whole numbers are classes; other numbers are measured."""
    if not target.dtype.is_numeric():
        return Kind.CLASSIFICATION
    values = target.drop_nulls().unique()
    whole = bool((values == values.round()).all())
    return (
        Kind.CLASSIFICATION
        if len(values) <= 2 or (whole and len(values) <= _MOST_CLASSES_AS_NUMBERS)
        else Kind.REGRESSION
    )


def _window(
    frame: pl.DataFrame, columns: Sequence[ColumnSketch], time: str | None, asset: str | None
) -> int | None:
    """Choose how many rows a decision is to see; None of rows that come without a beat."""
    if time is None or not any(column.type is TagType.NUMBER for column in columns):
        return None
    dtype = frame.schema[time]
    if not (dtype.is_temporal() or dtype.is_numeric()):
        return None
    ticks = frame[time].to_physical().cast(pl.Int64 if dtype.is_temporal() else pl.Float64)
    machines = frame[asset] if asset is not None else pl.repeat(0, frame.height, eager=True)
    told = pl.DataFrame({"tick": ticks, "machine": machines}).drop_nulls().sort("machine", "tick")
    steps = told.select(pl.col("tick").diff().over("machine")).to_series().drop_nulls().to_numpy()
    steps = steps[steps > 0]
    if len(steps) < _FEWEST_WINDOWS * _WINDOW:
        return None
    return _WINDOW if np.mean(steps <= 3 * np.median(steps)) >= _BEAT else None


def _positive(target: pl.Series, labels: Sequence[str]) -> str | None:
    if len(labels) != 2:
        return None
    found = label_texts(target)
    return labels[positive_class(labels, [found.count(label) for label in labels])]


def _asset(frame: pl.DataFrame, target: str | None) -> str | None:
    """Find the column that names the machine: few texts, each on many rows, and a header that says so."""
    for name, dtype in frame.schema.items():
        if name == target or dtype != pl.String or not _ASSET_WORDS.search(name):
            continue
        kinds = frame[name].n_unique()
        if 2 <= kinds <= max(2, frame.height // 20) and frame[name].null_count() == 0:
            return name
    return None


def _column(column: pl.Series, name: str, unit: str | None) -> ColumnSketch | Text:
    missing = column.null_count()
    if missing == len(column):
        return text("it is empty")
    if column.dtype == pl.Boolean:
        return ColumnSketch(header=name, type=TagType.BOOLEAN, missing=missing)
    if column.dtype.is_numeric():
        values = column.drop_nulls()
        if values.n_unique() == 1 and len(values) > 1:
            return text("it never changes")
        if set(values.unique()) == {0, 1}:
            return ColumnSketch(header=name, type=TagType.BOOLEAN, missing=missing)
        return ColumnSketch(
            header=name,
            type=TagType.NUMBER,
            unit=_known_unit(unit),
            low=float(values.min()),  # type: ignore[arg-type]  # a numeric column's least value
            high=float(values.max()),  # type: ignore[arg-type]
            missing=missing,
        )
    if isinstance(column.dtype, pl.List):
        return _waveform(column, name, unit)
    if column.dtype != pl.String:
        return text("it is a time; only one column can be the clock")
    values = column.drop_nulls().unique().sort()
    if len(values) == 1:
        return text("it never changes")
    if len(values) > _MOST_VALUES:
        return text("it has {n} different texts: too many for a category", n=len(values))
    return ColumnSketch(header=name, type=TagType.CATEGORY, values=tuple(values.to_list()), missing=missing)


def _waveform(column: pl.Series, name: str, unit: str | None) -> ColumnSketch | Text:
    lengths = column.drop_nulls().list.len().unique().sort().to_list()
    if len(lengths) > 1:
        return text("its rows have between {least} and {most} samples", least=lengths[0], most=lengths[-1])
    if not 2 <= lengths[0] <= LONGEST:
        return text("its rows have {n} samples; a waveform has 2 to {most}", n=lengths[0], most=LONGEST)
    # A row lacks samples where it is empty itself, or where one of them is missing or no number.
    whole = column.list.eval(pl.element().is_finite().fill_null(value=False)).list.all()
    missing = int((~whole.fill_null(value=False)).sum())
    return ColumnSketch(
        header=name, type=TagType.WAVEFORM, unit=_known_unit(unit), missing=missing, length=lengths[0]
    )


def _known_unit(unit: str | None) -> str | None:
    if unit is None:
        return None
    try:
        parse_unit(unit)
    except UnitUnknown:
        return None
    return unit
