"""``andamio rollback``: bring back, as one, what was in production before."""

from __future__ import annotations

from typing import Annotated

import typer

from andamio.cli.output import Json, Output
from andamio.cli.what_answers import has_registry, local_switchboard, offering, tell
from andamio.errors import text
from andamio.language import say
from andamio.lifecycle import Change, Switchboard, roll_back, step_back


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("the model's name"))],
    reason: Annotated[str, typer.Option(help=say("why, for the audit log"))] = "",
    file_only: Annotated[
        bool, typer.Option("--file-only", help=say("without the registry, when its database is away"))
    ] = False,
    *,
    json: Json = False,
) -> None:
    """Go back to the version before, and return when every scoring process serves it."""
    out = Output(json=json)
    model = name.partition("@")[0]
    if file_only or not has_registry():
        board = local_switchboard()
        change, told = step_back(board, model), None
    else:
        with offering(text("andamio rollback {model} --file-only works without the database", model=model)):
            change, board, told = *_roll_back_registered(model, reason), reason
    tell(out, change, patience_s=board.patience_s, reason=told)
    out.say("Model, features, contract and reference came back as one.")


def _roll_back_registered(model: str, reason: str) -> tuple[Change, Switchboard]:
    from andamio.app import Plant

    plant = Plant.open()
    change = roll_back(plant.registry, plant.switchboard, model, actor=plant.actor, reason=reason)
    return change, plant.switchboard
