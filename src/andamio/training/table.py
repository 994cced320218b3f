"""The table that a model learns from: the rows that the contract accepts, with a known target."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from andamio.contracts.cells import Cells
from andamio.contracts.contract import Contract, Kind
from andamio.contracts.headers import table_columns
from andamio.contracts.rows import Rows
from andamio.contracts.table import TableValidator, TableVerdict
from andamio.errors import Fault, Text, TrainingDataRefused, text
from andamio.features.windows import TICKS
from andamio.training.horizons import look_ahead
from andamio.training.target import Target, nothing_known, read_target
from andamio.training.timeline import read_times
from andamio.training.windows import read_ends, read_moments

FEWEST_ROWS = 20
Index = NDArray[np.int64]


class Dataset(Protocol):
    """What training needs of a dataset version."""

    @property
    def name(self) -> str:
        """Name of the dataset."""

    @property
    def version(self) -> int:
        """Version number."""

    @property
    def digest(self) -> str:
        """Digest of its content."""

    @property
    def frame(self) -> pl.DataFrame:
        """The table."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that training does not use, and why."""

    reason: Text
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is to be learnt: accepted rows with their known targets.

    Attributes:
        contract: What the model promises.
        rows: The raw tags, as the scorer would receive them.
        target: Shape ``(rows,)``: float64 for regression, int64 class index for classification.
        classes: Labels by index; empty for regression.
        positive: Index of the class that gates and threshold speak of; None unless there are two.
        times: Seconds (or the number of a counting column), shape ``(rows,)``; None without a time column.
        assets: Asset of each row, shape ``(rows,)``; None without an asset column.
        copies: Equal numbers mark rows whose inputs are exact copies of one another, shape ``(rows,)``.
        source: Row numbers in the dataset version, shape ``(rows,)``.
        left_out: Rows of the dataset that are not here, by reason.
        spans: From the first sample that a row sees to the last moment that its label looks to, in
            millionths, shape ``(rows, 2)``; None where a row is a moment alone.
        moments: The moment of each row in millionths, shape ``(rows,)``; None as ``spans``.
    """

    contract: Contract
    rows: Rows
    target: NDArray[np.float64] | NDArray[np.int64]
    classes: tuple[str, ...]
    positive: int | None
    times: NDArray[np.float64] | None
    assets: NDArray[np.object_] | None
    copies: Index
    source: Index
    left_out: tuple[LeftOut, ...] = ()
    spans: Index | None = None
    moments: Index | None = None

    def __len__(self) -> int:
        return len(self.target)

    @property
    def is_regression(self) -> bool:
        """Tell whether the target is a number."""
        return self.contract.kind is Kind.REGRESSION

    @property
    def is_anomaly(self) -> bool:
        """Tell whether rows are only said to be usual or not; then most are merely presumed to be usual."""
        return self.contract.kind is Kind.ANOMALY

    def take(self, index: Index) -> Problem:
        """Return the rows of ``index``, in that order."""
        return dataclasses.replace(
            self,
            rows=self.rows.take(index),
            target=self.target[index],
            times=None if self.times is None else self.times[index],
            assets=None if self.assets is None else self.assets[index],
            copies=self.copies[index],
            source=self.source[index],
            spans=None if self.spans is None else self.spans[index],
            moments=None if self.moments is None else self.moments[index],
        )


def read_problem(contract: Contract, frame: pl.DataFrame) -> Problem:
    """Make the problem from a table: check every row by the contract, read target, time and asset.

    Args:
        contract: What the model promises.
        frame: A dataset version's table; columns as the contract's ``column`` names them.

    Raises:
        TrainingDataRefused: A column is missing, the target has one class, too few rows are left.
    """
    found = table_columns(contract, frame.columns)
    _check_columns(contract, frame, found.faults)
    columns = {tag: cells_of(frame.to_series(place)) for tag, place in found.places.items()}
    verdict = TableValidator(contract.by_rows).check(columns, units=found.units)
    if contract.window is not None or contract.horizon is not None:
        return _over_time(contract, frame, verdict)
    target = _read(contract, frame)
    times = read_times(frame[contract.time]) if contract.time else None
    keep = verdict.accepted & target.known
    if times is not None:
        keep &= np.isfinite(times)
    left_out = _left_out(contract, verdict, target.known, keep)
    _check_enough(contract, int(keep.sum()), left_out)
    source = np.flatnonzero(keep)
    rows = verdict.rows.take(np.flatnonzero(keep[verdict.accepted]))
    assets = _assets(frame, contract, source)
    values = target.values[source]
    return Problem(
        contract=contract,
        rows=rows,
        target=values,
        classes=target.classes,
        positive=target.positive,
        times=None if times is None else times[source],
        assets=assets,
        copies=copies_of(rows),
        source=source,
        left_out=left_out,
    )


def _read(contract: Contract, frame: pl.DataFrame) -> Target:
    return read_target(frame[contract.target], contract) if contract.target else nothing_known(frame.height)


def _over_time(contract: Contract, frame: pl.DataFrame, verdict: TableVerdict) -> Problem:
    """Make the problem of windows, and of labels that look ahead."""
    seconds = read_times(frame[contract.time or ""])
    moments = read_moments(contract, frame, seconds)
    ends = read_ends(contract, frame, verdict.rows, verdict.accepted, moments)
    reaches, during = ends.ticks, np.zeros(len(ends.ticks), np.bool_)
    if contract.horizon is None:
        whole = _read(contract, frame)
        target = dataclasses.replace(whole, values=whole.values[ends.source], known=whole.known[ends.source])
    else:
        outlook = look_ahead(contract, frame, moments, ends, contract.horizon)
        target, reaches, during = outlook.target, outlook.reaches, outlook.during
    left_out = [*_left_out(contract, verdict, verdict.accepted, verdict.accepted & moments.known)]
    unsaid = ~target.known & ~during
    for reason, rows in (
        (text("no window ends there"), ends.unused),
        (text("the event is on already"), int(during.sum())),
        (text('no usable value in the target "{target}"', target=contract.target), int(unsaid.sum()))
        if contract.horizon is None
        else (text("the horizon reaches beyond what is known"), int(unsaid.sum())),
    ):
        left_out += [LeftOut(reason, rows)] if rows else []
    keep = target.known
    _check_enough(contract, int(keep.sum()), left_out)
    ends = ends.take(keep)
    names = np.array([moments.assets[code] for code in ends.codes.tolist()], dtype=object)
    return Problem(
        contract=contract,
        rows=ends.rows,
        target=target.values[keep],
        classes=target.classes,
        positive=target.positive,
        times=ends.ticks / TICKS,
        assets=names if contract.asset else None,
        copies=np.arange(len(ends.ticks), dtype=np.int64),
        source=ends.source,
        left_out=tuple(left_out),
        spans=np.column_stack([ends.begins, reaches[keep]]).astype(np.int64),
        moments=ends.ticks,
    )


def cells_of(column: pl.Series) -> Cells:
    """Take the cells of a column; the samples of waveforms need not become Python objects."""
    return cast("Cells", column) if isinstance(column.dtype, pl.List) else column.to_list()


def copies_of(rows: Rows) -> Index:
    """Number the rows so that exact copies (all tags equal) share a number; shape ``(rows,)``."""
    codes = [np.unique(rows.numbers[:, j], return_inverse=True)[1] for j in range(rows.numbers.shape[1])]
    codes += [
        np.unique(rows.categories[:, j].astype(str), return_inverse=True)[1]
        for j in range(rows.categories.shape[1])
    ]
    if rows.signals is not None:
        codes.append(_same_signals(rows.signals))
    if not codes:
        return np.arange(len(rows), dtype=np.int64)
    return np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _same_signals(signals: NDArray[np.float32]) -> Index:
    """Number the rows by their samples; a zero is a zero, whatever its sign."""
    packed = np.ascontiguousarray(signals + np.float32(0.0)).view(f"V{4 * signals.shape[1]}").reshape(-1)
    places: dict[bytes, int] = {}
    return np.array([places.setdefault(one.tobytes(), len(places)) for one in packed], dtype=np.int64)


def _assets(frame: pl.DataFrame, contract: Contract, source: Index) -> NDArray[np.object_] | None:
    if not contract.asset:
        return None
    names = frame[contract.asset].cast(pl.String).fill_null("").to_list()
    return np.array([names[i] for i in source.tolist()], dtype=object)


def _check_columns(contract: Contract, frame: pl.DataFrame, missing: Sequence[Fault]) -> None:
    roles = {"target": contract.target or None, "time": contract.time, "asset": contract.asset}
    roles |= {"cycle": contract.window.cycle} if contract.window is not None else {}
    faults = list(missing)
    for role, column in roles.items():
        if not column or column in frame.columns:
            continue
        near = difflib.get_close_matches(column, frame.columns, n=1)
        faults.append(
            Fault(
                "training-data",
                text('dataset {data} has no column "{column}"', data=contract.data, column=column),
                why=text("[window] {role} names it", role=role)
                if role == "cycle"
                else text("[model] {role} names it", role=role),
                fix=text('did you mean "{near}"?', near=near[0])
                if near
                else text("its columns are: {columns}", columns=", ".join(frame.columns)),
            )
        )
    if faults:
        raise TrainingDataRefused(
            text("{model} cannot be trained on dataset {data}", model=contract.name, data=contract.data),
            faults=faults,
        )


def _left_out(
    contract: Contract, verdict: TableVerdict, known: NDArray[np.bool_], keep: NDArray[np.bool_]
) -> tuple[LeftOut, ...]:
    """Count the rows that are not used; a row with several faults counts under each."""
    accepted = verdict.accepted
    out = [
        LeftOut(text("the contract rejects {tag} ({code})", tag=tag, code=code), rows)
        for (tag, code), rows in sorted(verdict.counts().items(), key=lambda item: (-item[1], item[0]))
    ]
    no_target = int((accepted & ~known).sum())
    if no_target:
        out.append(
            LeftOut(text('no usable value in the target "{target}"', target=contract.target), no_target)
        )
    no_time = int((accepted & known & ~keep).sum())
    if no_time:
        out.append(LeftOut(text('no readable time in "{time}"', time=contract.time), no_time))
    return tuple(out)


def _check_enough(contract: Contract, rows: int, left_out: Sequence[LeftOut]) -> None:
    if rows >= FEWEST_ROWS:
        return
    raise TrainingDataRefused(
        text(
            "{model} has {rows} usable rows; training needs at least {fewest}",
            model=contract.name,
            rows=rows,
            fewest=FEWEST_ROWS,
        ),
        faults=[
            Fault("training-data", text("{rows} rows left out: {reason}", rows=item.rows, reason=item.reason))
            for item in left_out
        ],
        fix=text("add history with  andamio data add FILE --to {data}", data=contract.data),
    )
