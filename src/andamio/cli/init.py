"""``andamio init``: a plant's folder from a history file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from andamio.cli.output import Json, Output
from andamio.connectors.csv import CsvOptions
from andamio.contracts import read_contract
from andamio.contracts.contract import Kind
from andamio.contracts.draft import Draft, tag_name
from andamio.data.reading import read_source
from andamio.data.source import ReadOptions
from andamio.errors import UsageError, text
from andamio.kernel.settings import DEFAULT_KEYS
from andamio.language import current_language, say
from andamio.lifecycle.founding import check_free, found_plant
from andamio.lifecycle.sketching import Wishes, sketch
from andamio.storage.files import saying_when_full


def command(
    plant: Annotated[Path, typer.Argument(metavar="PLANT", help=say("the new folder"))],
    from_: Annotated[
        Path, typer.Option("--from", metavar="FILE", help=say("a history file: CSV, xlsx or Parquet"))
    ],
    target: Annotated[
        str,
        typer.Option(metavar="COLUMN", help=say("the column to be foretold; none where nothing is labelled")),
    ] = "",
    name: Annotated[
        str,
        typer.Option(
            metavar="MODEL", help=say("the model's name (default: from the target, or from the file)")
        ),
    ] = "",
    kind: Annotated[
        str,
        typer.Option(metavar="classification|regression|anomaly", help=say("what is asked of the model")),
    ] = "",
    time: Annotated[str, typer.Option(metavar="COLUMN", help=say("the column of the clock"))] = "",
    asset: Annotated[str, typer.Option(metavar="COLUMN", help=say("the column that names the machine"))] = "",
    keep: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help=say("keep a column that looks like a leak"))
    ] = None,
    time_zone: Annotated[
        str, typer.Option(metavar="ZONE", help=say("where the plant's clocks stand"))
    ] = "America/Bogota",
    json: Json = False,
) -> None:
    """Read the file, draft a contract, and make the folder."""
    out = Output(json=json)
    zone = _zone(time_zone)
    check_free(plant)
    source = read_source(from_, ReadOptions(csv=CsvOptions(), zone=zone))
    wishes = Wishes(
        target=target or None,
        kind=_kind(kind, target),
        time=time or None,
        asset=asset or None,
        keep=tuple(keep or ()),
    )
    draft, leaks = sketch(source, _slug(from_.stem), wishes)
    model = name or _slug(target or from_.stem)
    with saying_when_full(plant):
        founded = found_plant(
            plant, model, draft, language=current_language(), time_zone=time_zone, keys=DEFAULT_KEYS
        )
    contract = read_contract(founded.contract)
    out.say("{folder} is a plant now.", folder=plant, style="green")
    for note in source.notes:
        out.say("  {note}", note=note)
    for finding in source.findings:
        out.say("  ! {what}", what=finding.what, style="yellow")
    out.say("")
    out.say(
        "The contract {file} is a draft: {n} inputs.",
        file=founded.contract.relative_to(plant.absolute()),
        n=len(contract.inputs),
    )
    if draft.target is None:
        out.say("  Anomalies: what is usual is learnt, and nothing needs a label")
    else:
        out.say("  {kind} of “{target}”", kind=_kind_name(draft.kind), target=draft.target)
    _say_columns(out, draft)
    for leak in leaks:
        if not leak.excluded:
            out.say("  look at: “{column}”: {reason}", column=leak.column, reason=leak.reason, style="yellow")
    if draft.kind is Kind.REGRESSION and draft.classes <= 10:
        out.say(
            "  “{target}” has only {n} values; if they are classes: --kind classification",
            target=target,
            n=draft.classes,
        )
    out.say("Keep a copy of the signing key, away from this box: {key}", key=founded.key)
    out.blank()
    out.say("Next: read the contract, answer its questions, then")
    out.say(
        "  cd {folder} && andamio data add {file} --to {data}",
        folder=plant,
        file=from_.absolute(),
        data=draft.data,
    )
    out.say("  andamio train {model}", model=model)
    out.data(
        {
            "plant": str(founded.folder),
            "contract": str(founded.contract),
            "model": model,
            "dataset": draft.data,
            "kind": draft.kind,
            "inputs": [tag.name for tag in contract.inputs],
            "left_out": [{"column": column, "reason": say(reason)} for column, reason in draft.left_out],
            "leaks": [
                {
                    "column": leak.column,
                    "kind": leak.kind,
                    "excluded": leak.excluded,
                    "reason": say(leak.reason),
                }
                for leak in leaks
            ],
            "key": str(founded.key),
        }
    )


def _slug(name: str) -> str:
    return tag_name(name).replace("_", "-")


def _say_columns(out: Output, draft: Draft) -> None:
    if draft.time:
        out.say("  clock: “{column}”", column=draft.time)
    if draft.window is not None:
        out.say(
            "  a decision sees the last {n} rows; without [window] in the contract each row stands alone",
            n=draft.window,
        )
    if draft.asset:
        out.say("  machine: “{column}”", column=draft.asset)
    for header, reason in draft.left_out:
        out.say("  left out: “{column}”: {reason}", column=header, reason=reason)


def _kind(written: str, target: str) -> Kind | None:
    if written and written not in set(Kind):
        raise UsageError(
            text("there is no kind {kind}", kind=written),
            fix=text("--kind classification, --kind regression or --kind anomaly"),
        )
    if written in {Kind.CLASSIFICATION, Kind.REGRESSION} and not target:
        raise UsageError(
            text("--kind {kind} needs a target", kind=written),
            fix=text(
                "name the column to be foretold with --target, or leave --kind out to watch for anomalies"
            ),
        )
    return Kind(written) if written else None


def _kind_name(kind: Kind) -> str:
    names = {Kind.CLASSIFICATION: say("Classification"), Kind.REGRESSION: say("Regression")}
    return names.get(kind, say("Anomalies, known ones in the column"))


def _zone(written: str) -> ZoneInfo:
    try:
        return ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            text("there is no time zone {zone}", zone=written), fix=text("write it as America/Bogota or UTC")
        ) from error
