"""Faults of sensors in words: what the tag did, by how much, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from andamio.contracts.contract import Contract
from andamio.errors import Text, text
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.statistics.faults import Fault, FaultKind

Words = dict[str, str | float | Text]

_LOOK = text("look at the sensor and its cable, and compare with a reading at the machine")


def finding_of(fault: Fault, contract: Contract, asset: str) -> Finding:
    """Say a fault in words.

    Args:
        fault: What the watch found.
        contract: Names and units of the tags.
        asset: The asset it was found on, "" for none.
    """
    tag = contract.numbers[fault.tag] if fault.tag >= 0 else None
    unit = f" {tag.unit}" if tag is not None and tag.unit else ""
    words: Words = {
        "tag": tag.name if tag is not None else "",
        "of_asset": text(" of {asset}", asset=asset) if asset else "",
        "unit": unit,
    }
    if FaultKind.SWAPPED is fault.kind:
        words["other"] = contract.numbers[int(fault.evidence["other"])].name
    what, fix = _SAID[fault.kind](fault, words)
    data: dict[str, object] = {name: _short(value) for name, value in fault.evidence.items()}
    if fault.conversion:
        data["conversion"] = fault.conversion
    if fault.until is not None:
        data["until"] = _moment(fault.until).isoformat()
        what = (
            text("{what} (it is over)", what=what)
            if fault.tag >= 0 and fault.kind is not FaultKind.SPIKE
            else what
        )
    over = fault.until is not None
    return Finding(
        kind=fault.kind.value,
        level=Level.NOTICE if over else Level.ALARM,
        what=what,
        fix=fix,
        tag=tag.name if tag is not None else None,
        asset=asset or None,
        since=_moment(fault.since),
        cause=Cause.PIPELINE if fault.kind in (FaultKind.CLOCK, FaultKind.GAP) else Cause.SENSOR,
        certainty=fault.certainty,
        data=data,
    )


def _stuck(fault: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "{tag}{of_asset} reads exactly {value}{unit} and does not move; in training it never did for so long",
        **words,
        value=_short(fault.evidence["value"]),
    ), _LOOK


def _spike(fault: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "{tag}{of_asset} jumped by {size}{unit} for a moment and came back",
        **words,
        size=_short(fault.evidence["size"]),
    ), text("if it comes again, look for a loose contact or interference on the cable")


def _dropout(_: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "{tag}{of_asset} does not arrive any more", tag=words["tag"], of_asset=words["of_asset"]
    ), text("check the sensor, its connection, and whatever carries its values to this box")


def _sentinel(fault: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        '{tag}{of_asset} reads {value}, which stands for "no value" and is no measurement',
        tag=words["tag"],
        of_asset=words["of_asset"],
        value=_short(fault.evidence["value"]),
    ), text("check the sensor, its connection, and whatever carries its values to this box")


def _clipped(fault: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "{tag}{of_asset} ends again and again at exactly {value}{unit}, as if it were cut off there",
        **words,
        value=_short(fault.evidence["value"]),
    ), text("check the measuring range of the sensor and of the input card")


def _unit(fault: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "{tag}{of_asset} changed its unit or scale ({conversion}): {before} became {after}, declared{unit}",
        tag=words["tag"],
        of_asset=words["of_asset"],
        unit=words["unit"] or text(" no unit"),
        conversion=fault.conversion,
        before=_short(fault.evidence["before"]),
        after=_short(fault.evidence["after"]),
    ), text("correct the unit or the scale where the value is sent; somebody changed a setting there")


def _offset(fault: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "{tag}{of_asset} stepped by {size}{unit} at once and stayed there; nothing else moved with it",
        **words,
        size=_short(fault.evidence["size"]),
    ), text(
        "check the calibration of the sensor; if the process was changed on purpose, train with the new rows"
    )


def _drift(fault: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "{tag}{of_asset} is slowly leaving what the other tags say it should read, by {size}{unit} so far",
        **words,
        size=_short(fault.evidence["size"]),
    ), text(
        "check the calibration of the sensor; if the process was changed on purpose, train with the new rows"
    )


def _swapped(_: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "{tag}{of_asset} reads what {other} used to read, and the other way round",
        tag=words["tag"],
        of_asset=words["of_asset"],
        other=words["other"],
    ), text("check the wiring and the assignment of the two channels")


def _gap(fault: Fault, words: Words) -> tuple[Text, Text]:
    return text(
        "no row{of_asset} came for {minutes} {minutes:minute|minutes}",
        of_asset=words["of_asset"],
        minutes=_short(fault.evidence["seconds"] / 60),
    ), text("ask whoever sends the rows what happened in that time; nothing was judged in it")


def _clock(fault: Fault, words: Words) -> tuple[Text, Text]:
    seconds = fault.evidence["seconds"]
    fix = text("set the clock of whatever sends the rows; let it follow a time server, in UTC")
    if seconds < 0:
        return text(
            "the clock of the rows{of_asset} went back by {seconds} s",
            of_asset=words["of_asset"],
            seconds=_short(-seconds),
        ), fix
    return text(
        "the clock of the rows{of_asset} runs {seconds} s ahead: they come before their own time",
        of_asset=words["of_asset"],
        seconds=_short(seconds),
    ), fix


_SAID: dict[FaultKind, Callable[[Fault, Words], tuple[Text, Text]]] = {
    FaultKind.STUCK: _stuck,
    FaultKind.SPIKE: _spike,
    FaultKind.DROPOUT: _dropout,
    FaultKind.SENTINEL: _sentinel,
    FaultKind.CLIPPED: _clipped,
    FaultKind.UNIT: _unit,
    FaultKind.OFFSET: _offset,
    FaultKind.DRIFT: _drift,
    FaultKind.SWAPPED: _swapped,
    FaultKind.GAP: _gap,
    FaultKind.CLOCK: _clock,
}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _short(value: float) -> float:
    return float(f"{value:.4g}") if np.isfinite(value) else 0.0
