"""``andamio audit``: read the audit log, and verify that nobody changed it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from andamio.app import Plant
from andamio.cli.output import Json, Output
from andamio.cli.versions import moment
from andamio.errors import Text, UsageError, text
from andamio.language import say
from andamio.registry import AuditEntry, heads_of_bundles, read_kept_head
from andamio.storage.files import replace_file

ACTIONS: dict[str, Text] = {
    "version-registered": text("made a version"),
    "deploy-intended": text("decided to deploy"),
    "deploy-completed": text("deployed"),
    "deploy-failed": text("failed to deploy"),
    "deploy-abandoned": text("found a deploy that had been interrupted"),
    "rollback-intended": text("decided to roll back to"),
    "rollback-completed": text("rolled back to"),
    "rollback-failed": text("failed to roll back to"),
    "rollback-abandoned": text("found a rollback that had been interrupted"),
    "canary-intended": text("decided to try as a canary"),
    "canary-completed": text("let answer as a canary"),
    "canary-failed": text("failed to try as a canary"),
    "canary-abandoned": text("found a canary that had been interrupted"),
    "ab-intended": text("decided to compare in an A/B trial"),
    "ab-completed": text("let answer in an A/B trial"),
    "ab-failed": text("failed to compare in an A/B trial"),
    "ab-abandoned": text("found an A/B trial that had been interrupted"),
    "shadow-intended": text("decided to let listen as a shadow"),
    "shadow-completed": text("let listen as a shadow"),
    "shadow-failed": text("failed to let listen as a shadow"),
    "shadow-abandoned": text("found a shadow that had been interrupted"),
    "promote-intended": text("decided to promote"),
    "promote-completed": text("promoted"),
    "promote-failed": text("failed to promote"),
    "promote-abandoned": text("found a promotion that had been interrupted"),
    "trial-end-intended": text("decided to end the trials beside"),
    "trial-end-completed": text("ended the trials beside"),
    "trial-end-failed": text("failed to end the trials beside"),
    "trial-end-abandoned": text("found the end of a trial that had been interrupted"),
    "alias-moved": text("moved the alias"),
    "token-created": text("made an access token"),
    "token-rotated": text("gave an access token a new secret"),
    "token-revoked": text("took an access token away"),
    "alarm-acknowledged": text("acknowledged the alarm"),
    "alarm-shelved": text("shelved the alarm"),
    "alarm-unshelved": text("took from the shelf the alarm"),
    "alarm-out-of-service": text("took out of service the alarm"),
    "alarm-in-service": text("put back into service the alarm"),
    "alarm-commented": text("remarked on the alarm"),
    "journal-prune-intended": text("decided to prune old rows of"),
    "journal-prune-completed": text("pruned old rows of"),
    "registry-reconciled": text("brought the registry to what answers"),
}


def command(
    about: Annotated[
        str,
        typer.Argument(
            metavar="[NAME[@VERSION]]", help=say("only what was done to this model"), show_default=False
        ),
    ] = "",
    last: Annotated[int, typer.Option(min=1, help=say("how many of the newest rows to show"))] = 30,
    verify: Annotated[
        bool, typer.Option("--verify", help=say("check every row, and the heads that bundles and files kept"))
    ] = False,
    kept_head: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help=say("a kept head to verify against: a bundle, a report or a file")),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="FILE", help=say("write the signed head, to be kept elsewhere"))
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Read, verify or keep."""
    out = Output(json=json)
    plant = Plant.open()
    if keep is not None:
        _keep(out, plant, keep)
    elif verify or kept_head:
        _verify(out, plant, kept_head or [])
    else:
        _read(out, plant, about, last)


def _read(out: Output, plant: Plant, about: str, last: int) -> None:
    entries = plant.audit.entries(subject=about or None, newest=last)
    out.data({"rows": [_as_data(entry) for entry in entries]})
    if not entries and about:
        out.say("The audit log has no rows about {about}.", about=about)
        return
    if not entries:
        out.say("The audit log has no rows yet.")
        return
    out.table(
        [say("row"), say("time"), say("who"), say("what"), say("which"), say("why")],
        [
            [
                str(entry.seq),
                moment(entry.time, plant),
                entry.actor,
                say(ACTIONS[entry.action]) if entry.action in ACTIONS else entry.action,
                entry.subject,
                entry.reason or "–",
            ]
            for entry in entries
        ],
        right=(0,),
    )
    out.say("Next: andamio audit --verify checks that nobody changed it.")


def _verify(out: Output, plant: Plant, files: list[Path]) -> None:
    kept = [read_kept_head(file) for file in files]
    heads = [*kept, *heads_of_bundles(plant.folder.bundles)]
    found = plant.registry.verify(heads, plant.trusted).require(plant.database.place)
    out.data({"holds": True, "rows": found.rows, "heads": found.heads, "head": found.hash})
    out.say("{n} rows: each is as it was written, and none is missing.", n=found.rows, style="green")
    if found.heads:
        out.say("{n} heads that were kept in bundles and files agree.", n=found.heads)
    else:
        out.say(
            "No kept head was compared: rows cut off at the end could not be seen. andamio audit --keep FILE",
            style="yellow",
        )


def _keep(out: Output, plant: Plant, file: Path) -> None:
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise UsageError(
            text("the head cannot be written to {path}", path=file),
            fix=text("name a new file in a folder that is there"),
        )
    head = plant.audit.head(plant.signer)
    replace_file(file, msgspec.json.format(msgspec.json.encode(head), indent=2) + b"\n")
    out.data({"file": file, "head": head})
    out.say("The signed head of row {seq} is in {file}.", seq=head.seq, file=file)
    out.say("Keep it off this box; later: andamio audit --verify --kept-head {file}", file=file)


def _as_data(entry: AuditEntry) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(entry),
        "old": entry.old_value(),
        "new": entry.new_value(),
    }
