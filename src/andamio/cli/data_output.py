"""What ``andamio data`` says: what was guessed, found and done, briefly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from andamio.cli.output import Output
from andamio.data import Added, Checked, DatasetVersion, Finding, Profile
from andamio.data.check import Place, Reason
from andamio.data.findings import written_lines
from andamio.data.profile import ColumnProfile
from andamio.language import say
from andamio.language.rendering import fault_json

_NAMES = {"\t": "tab", " ": "spaces", "\x1f": "none"}
_FINDINGS = 8
_PLACES = 6
_WIDE = 26


def say_added(out: Output, file: str, added: Added) -> None:
    """Say what an addition guessed, found and did."""
    record = added.record
    if added.unchanged:
        out.say(
            "{file} was added before; nothing changed. Dataset {dataset} stays at version {version}.",
            file=file, dataset=added.dataset, version=added.version,
        )  # fmt: skip
        return
    _say_guess(out, file, record.guess)
    for note in added.notes[:_FINDINGS]:
        out.say("  note     {note}", note=note)
    for finding in added.findings[:_FINDINGS]:
        choice = record.choices.get(finding.column or "")
        out.say("  found    {what}", what=finding.what, style="yellow")
        out.say("           lines {lines}", lines=written_lines(finding.lines))
        if finding.blocks and choice:
            out.say("           decided: {choice}", choice=_choice(choice))
    more = len(added.findings) - _FINDINGS
    if more > 0:
        out.say("  … more findings: {n}; --json lists them all", n=more)
    out.blank()
    out.say(
        "Dataset {dataset}, version {version}. Rows: {rows}; new: {added}.",
        dataset=added.dataset, version=added.version, rows=record.rows, added=record.added, style="bold",
    )  # fmt: skip
    if record.already:
        out.say("  rows that were there already and were left out: {n}", n=record.already)
    out.say("  digest {digest}; the file is kept at {raw}", digest=added.digest[:12], raw=record.raw)
    out.say("Next: andamio data show {dataset}", dataset=added.dataset)


def _say_guess(out: Output, file: str, guess: Mapping[str, object]) -> None:
    if guess.get("format") != "csv":
        out.say("{file}: read as {format}", file=file, format=str(guess.get("format", "")))
        return
    encoding, delimiter, decimal = (str(guess[key]) for key in ("encoding", "delimiter", "decimal"))
    out.say(
        '{file}: read as {encoding}, fields by "{delimiter}", decimals with "{decimal}"',
        file=file, encoding=encoding, delimiter=_NAMES.get(delimiter, delimiter), decimal=decimal,
    )  # fmt: skip
    if guess.get("thousands"):
        out.say('  thousands are grouped with "{mark}"', mark=str(guess["thousands"]))
    if guess.get("dates"):
        out.say(
            "  dates are {order}; clocks stand in {zone}",
            order=_order(str(guess["dates"])),
            zone=str(guess["zone"]),
        )


def added_json(added: Added) -> dict[str, object]:
    """Write an addition for a program."""
    record = added.record
    return {
        "dataset": added.dataset,
        "version": added.version,
        "digest": added.digest,
        "unchanged": added.unchanged,
        "rows": record.rows,
        "added": 0 if added.unchanged else record.added,
        "already": record.already,
        "raw": record.raw,
        "columns": record.columns,
        "time": record.time,
        "guess": record.guess,
        "choices": record.choices,
        "notes": [say(note) for note in added.notes],
        "findings": [finding_json(finding) for finding in added.findings],
    }


def say_checked(out: Output, result: Checked) -> None:
    """Say how many rows a contract accepts, and why not the others."""
    out.say(
        "{dataset}@{version} against {model}: rows accepted: {accepted} of {rows}",
        dataset=result.dataset, version=result.version, model=result.model,
        accepted=result.accepted, rows=result.rows,
        style="green" if result.good else "red",
    )  # fmt: skip
    for fault in result.columns:
        out.say("  {what}", what=fault.what)
    for reason in result.reasons:
        out.say("  rows refused: {n}, for example: {example}", n=reason.count, example=reason.example)
        out.say("     {code}, {places}", code=reason.code, places=_written_places(reason))
    if result.flagged:
        out.say("  accepted rows with values that the policies change or flag: {n}", n=result.flagged)


def say_profile(out: Output, version: DatasetVersion, described: Profile) -> None:
    """Show a version as one table, and where it came from."""
    out.say(
        "{dataset}@{version}: digest {digest}, rows: {rows}, columns: {columns}",
        dataset=version.name, version=version.version, rows=described.rows, columns=len(described.columns),
        digest=version.digest[:12], style="bold",
    )  # fmt: skip
    record = version.record
    if record is not None:
        out.say(
            "  last added {when} from {file} (rows: {n})", when=record.at, file=record.file, n=record.added
        )
        if record.time:
            out.say('  ordered in time by "{column}"', column=record.time)
        for column, choice in record.choices.items():
            out.say('  damaged "{column}": {choice}', column=column, choice=_choice(choice))
    if described.duplicates:
        out.say("  rows that are exact copies of an earlier one: {n}", n=described.duplicates)
    out.blank()
    out.table(
        [say("column"), say("type"), say("missing"), say("lowest"), say("median"), say("highest")],
        [_profile_row(column) for column in described.columns],
        right=(2, 3, 4, 5),
    )


def _profile_row(column: ColumnProfile) -> list[str]:
    missing = say("{n}", n=column.missing) if column.missing else ""
    if column.top:
        shown = ", ".join(f"{value[:_WIDE]} ({count})" for value, count in column.top[:2])
        if column.distinct > 2:
            shown += say(" … {n} different", n=column.distinct)
        return [column.name, _type(column.type), missing, shown, "", ""]
    spans = [_written(value) for value in (column.low, column.median, column.high)]
    return [column.name, _type(column.type), missing, *spans]


def _written(value: float | datetime | None) -> str:
    return "" if value is None else say("{value}", value=value)


def _written_places(reason: Reason) -> str:
    lines: dict[int, list[int]] = {}
    for place in reason.places:
        lines.setdefault(place.version, []).append(place.line)
    parts = [
        say("lines {lines} of version {version}'s file", lines=written_lines(found, _PLACES), version=version)
        for version, found in lines.items()
    ]
    return "; ".join(parts)


def finding_json(finding: Finding) -> dict[str, object]:
    """Write a finding for a program, with all its lines."""
    return {
        "kind": str(finding.kind),
        "blocks": finding.blocks,
        "column": finding.column,
        "what": say(finding.what),
        "count": finding.count,
        "lines": list(finding.lines),
        "examples": list(finding.examples),
        "likely": list(finding.likely),
    }


def checked_json(result: Checked) -> dict[str, object]:
    """Write a check for a program."""
    return {
        "dataset": result.dataset,
        "version": result.version,
        "digest": result.digest,
        "model": result.model,
        "good": result.good,
        "rows": result.rows,
        "accepted": result.accepted,
        "flagged": result.flagged,
        "columns": [fault_json(fault) for fault in result.columns],
        "reasons": [
            {
                "tag": reason.tag,
                "code": reason.code,
                "count": reason.count,
                "example": say(reason.example),
                "places": [_place_json(place) for place in reason.places],
            }
            for reason in result.reasons
        ],
    }


def _place_json(place: Place) -> dict[str, int]:
    return {"version": place.version, "line": place.line}


def _type(kind: str) -> str:
    words = {
        "number": say("number"),
        "integer": say("whole number"),
        "boolean": say("yes or no"),
        "time": say("date"),
        "text": say("text"),
        "waveform": say("waveform"),
    }
    return words[kind]


def _choice(choice: str) -> str:
    words = {
        "set-missing": say("mangled cells are missing"),
        "drop-column": say("the column was left out"),
        "keep": say("kept as it is"),
    }
    return words[choice]


def _order(order: str) -> str:
    words = {
        "day-first": say("day first"),
        "month-first": say("month first"),
        "year-first": say("year first"),
    }
    return words[order]
