"""Performance over the whole journal and its archive, however long: by time, by slice, by version.

The truths are read first and kept as sorted arrays (``truths``); then the predictions stream past them and
only sums stay (``cube``). With ``known_by`` the same is told as it was known at an earlier moment.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo
from andamio.contracts.contract import Contract
from andamio.journal import Archive, Judged, PredictionRecord, read_journal
from andamio.journal.truth import moment_of
from andamio.monitoring.performance.cube import Cube, Sums
from andamio.monitoring.performance.measuring import class_of, number_of
from andamio.monitoring.performance.truths import Matched, Truths, gather_truths
from andamio.statistics.delays import Delays


@dataclass(slots=True)
class History:
    """What the journal tells of one model's answers whose truth is known.

    Attributes:
        cube: Sums of the judged rows.
        delays: How long after the event the truth first came.
        answered: Rows answered, judged or not, by version.
        alarms: Rows decided for the event, judged or not.
        alarms_judged: Those of them that are judged.
        unreadable: Truths that are no class of the model, or no number.
        first: The first event of any row, seconds since 1970; None before it.
        until: The last.
    """

    cube: Cube = field(default_factory=Cube)
    delays: Delays = field(default_factory=Delays)
    answered: dict[int, int] = field(default_factory=dict)
    alarms: int = 0
    alarms_judged: int = 0
    unreadable: int = 0
    first: float | None = None
    until: float | None = None


def read_history(
    folder: Path,
    contract: Contract,
    info: GraphInfo,
    *,
    zone: tzinfo = UTC,
    archive: Archive | None = None,
    known_by: float | None = None,
) -> History:
    """Read the journal twice: its truths, then its predictions.

    Args:
        folder: The journal's.
        contract: Names the model and what it is sliced by.
        info: Classes of its graph; a version with others is not judged.
        zone: The time zone of times that do not name one: the plant's.
        archive: The journal's past.
        known_by: Tells it as it was known at this moment, seconds since 1970; None as it is known now.
    """
    place = {label: i for i, label in enumerate(info.classes)}

    def read(value: float | str) -> float | None:
        return class_of(value, place) if place else number_of(value)

    truths = gather_truths(folder, contract.name, read, zone=zone, archive=archive, known_by=known_by)
    history = History(unreadable=truths.unreadable)
    for record in read_journal(folder, archive=archive):
        if not isinstance(record, PredictionRecord) or record.model != contract.name:
            continue
        if known_by is None or record.time <= known_by:
            _take(history, record, truths, contract, info)
    return history


def history_of(judged: Iterable[Judged], info: GraphInfo, *, zone: tzinfo = UTC) -> History:
    """Make the history of judged rows of classes that are at hand; what was not judged is not in it."""
    history, place = History(), {label: i for i, label in enumerate(info.classes)}
    for item in judged:
        truth, row = class_of(item.truth.value, place), item.prediction
        if truth is None or row.decision is None:
            continue
        told = moment_of(row.event_time, zone) if row.event_time else None
        time = np.array([row.time if told is None else told])
        first = item.replaced[0] if item.replaced else item.truth
        history.delays.add(first.time - time)
        history.answered[row.version] = history.answered.get(row.version, 0) + 1
        sums = _class_sums(np.array([row.decision]), np.array([float(truth)]), info)
        history.cube.add(row.version, time, [row.asset or ""], {}, sums)
    return history


def _take(
    history: History, record: PredictionRecord, truths: Truths, contract: Contract, info: GraphInfo
) -> None:
    rows = len(record.ids)
    history.answered[record.version] = history.answered.get(record.version, 0) + rows
    history.first = min(record.time, record.time if history.first is None else history.first)
    history.until = max(record.time, record.time if history.until is None else history.until)
    decision = None if record.decision is None else np.frombuffer(record.decision, "<i8")
    alarms = None if decision is None or info.positive is None else decision == info.positive
    history.alarms += 0 if alarms is None else int(alarms.sum())
    matched = truths.match(record)
    if not len(matched.rows):
        return
    if info.classes:
        sums = None if decision is None else _class_sums(decision[matched.rows], matched.truth, info)
    else:
        sums = _value_sums(record, matched)
    if sums is None:
        return
    history.alarms_judged += 0 if alarms is None else int(alarms[matched.rows].sum())
    times = _times(record, matched.rows, truths.zone)
    history.delays.add(matched.told - times)
    assets = [(record.assets[i] or "") if record.assets else "" for i in matched.rows.tolist()]
    history.cube.add(record.version, times, assets, _slices(record, matched, contract, assets), sums)


def _times(record: PredictionRecord, rows: NDArray[np.int64], zone: tzinfo) -> NDArray[np.float64]:
    if not record.event_times:
        return np.full(len(rows), record.time)
    told = [record.event_times[i] for i in rows.tolist()]
    moments = [moment_of(text, zone) if text else None for text in told]
    return np.array([record.time if moment is None else moment for moment in moments])


def _slices(
    record: PredictionRecord, matched: Matched, contract: Contract, assets: Sequence[str]
) -> dict[str, Sequence[str]]:
    gates = contract.accept.slices
    names = [tag.name for tag in contract.categories]
    wanted = [name for name in names if gates is None or name in gates.by]
    found: dict[str, Sequence[str]] = {}
    width = len(record.categories) // max(len(record.ids), 1)
    for name in wanted if width == len(names) else ():
        column = names.index(name)
        found[name] = [record.categories[i * width + column] for i in matched.rows.tolist()]
    if record.assets and contract.asset:
        found[contract.asset] = assets
    return found


def _class_sums(decision: NDArray[np.int64], truth: NDArray[np.float64], info: GraphInfo) -> Sums:
    """Return per row: 1, wrong, event, missed, false alarm."""
    true = truth.astype(np.int64)
    event = np.zeros(len(true), bool) if info.positive is None else true == info.positive
    wrong = decision != true
    false = wrong & ~event if info.positive is not None else np.zeros(len(true), bool)
    return np.stack([np.ones(len(true)), wrong, event, wrong & event, false], axis=1).astype(np.float64)


def _value_sums(record: PredictionRecord, matched: Matched) -> Sums | None:
    """Return per row: 1, the error's size, the error, whether it has an interval, whether it lies outside."""
    if record.value is None:
        return None
    value, lower, upper = (
        np.full(len(matched.rows), math.nan)
        if column is None
        else np.frombuffer(column, "<f4")[matched.rows].astype(np.float64)
        for column in (record.value, record.lower, record.upper)
    )
    error = value - matched.truth
    ended = np.isfinite(lower) & np.isfinite(upper)
    outside = ended & ((matched.truth < lower) | (matched.truth > upper))
    return np.stack([np.ones(len(error)), np.abs(error), error, ended, outside], axis=1).astype(np.float64)
