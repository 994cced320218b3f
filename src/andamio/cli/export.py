"""``andamio export``: a version for a runtime that is not onnxruntime, proven answer by answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from andamio.app import Plant
from andamio.cli.output import Json, Output
from andamio.errors import UsageError, text
from andamio.exports import TARGETS, export_bundle
from andamio.language import say


def command(
    version: Annotated[str, typer.Argument(metavar="NAME@VERSION", help=say("the version to export"))],
    to: Annotated[str, typer.Option(metavar="TARGET", help=say("what for: openvino or c"))],
    folder: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help=say("a folder that is not there yet"))
    ],
    *,
    json: Json = False,
) -> None:
    """Write a version for another runtime; nothing is written when it would answer otherwise."""
    out = Output(json=json)
    if to not in TARGETS:
        raise UsageError(
            text("there is no target {to}", to=to),
            fix=text("the targets are {targets}", targets=", ".join(TARGETS)),
        )
    plant = Plant.open()
    found = plant.registry.resolve(version)
    bundle = plant.switchboard.open(found.model, found.digest)
    exported = export_bundle(bundle, found.reference, to, folder)
    out.data({**exported.facts, "folder": str(exported.folder)})
    parity = exported.facts["parity"]
    out.say(
        "{reference} as {target}: {folder}", style="bold", reference=found.reference, target=to, folder=folder
    )
    for name, size in exported.facts["files"].items():
        out.say("  {file}: {size} bytes", file=name, size=size)
    out.say(
        "Over {rows} rows it decides as the bundle does, and no number differs by more than {most}"
        " (allowed: {tolerance}).",
        rows=parity["rows"],
        most=float(f"{parity['max_abs_difference']:.2g}"),
        tolerance=parity["tolerance"],
    )
    out.say(
        "Rows must come checked: the contract's ranges and refusals are not in it. README.md there says how."
    )
