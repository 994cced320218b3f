"""``andamio promote``: make the challenger the champion."""

from __future__ import annotations

from typing import Annotated

import typer

from andamio.cli.output import Json, Output
from andamio.cli.what_answers import has_registry, local_switchboard, offering, tell
from andamio.errors import text
from andamio.language import say
from andamio.lifecycle import Change, Switchboard, promote, promote_here


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("the model's name"))],
    reason: Annotated[str, typer.Option(help=say("why, for the audit log"))] = "",
    despite_gates: Annotated[
        str, typer.Option(metavar="REASON", help=say("deploy although a gate failed, and why"))
    ] = "",
    file_only: Annotated[
        bool, typer.Option("--file-only", help=say("without the registry, when its database is away"))
    ] = False,
    *,
    json: Json = False,
) -> None:
    """Let the canary, the B of an A/B trial or else the shadow answer everything."""
    out = Output(json=json)
    model = name.partition("@")[0]
    if file_only or not has_registry():
        board = local_switchboard()
        change, told = promote_here(board, model), None
    else:
        with offering(text("andamio promote {model} --file-only works without the database", model=model)):
            change, board, told = *_promote_registered(model, reason, despite_gates), reason
    tell(out, change, patience_s=board.patience_s, reason=told)
    out.say("Back to the version before, with its features: andamio rollback {model}", model=change.model)


def _promote_registered(model: str, reason: str, despite_gates: str) -> tuple[Change, Switchboard]:
    from andamio.app import Plant

    plant = Plant.open()
    change = promote(
        plant.registry,
        plant.switchboard,
        model,
        actor=plant.actor,
        reason=reason,
        despite_gates=despite_gates,
    )
    return change, plant.switchboard
