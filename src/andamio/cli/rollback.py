"""``andamio rollback``: bring back, as one, what was in production before."""

from __future__ import annotations

from typing import Annotated

import typer

from andamio.cli.output import Json, Output
from andamio.cli.what_answers import has_registry, local_switchboard, offering, tell
from andamio.errors import text
from andamio.language import say
from andamio.lifecycle import Change, Switchboard, end_trials, end_trials_here, roll_back, step_back


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("the model's name"))],
    reason: Annotated[str, typer.Option(help=say("why, for the audit log"))] = "",
    file_only: Annotated[
        bool, typer.Option("--file-only", help=say("without the registry, when its database is away"))
    ] = False,
    trial: Annotated[
        bool, typer.Option("--trial", help=say("end the canary, A/B trial and shadow; the champion stays"))
    ] = False,
    *,
    json: Json = False,
) -> None:
    """Go back to the version before, and return when every scoring process serves it."""
    out = Output(json=json)
    model = name.partition("@")[0]
    if file_only or not has_registry():
        board = local_switchboard()
        change, told = (end_trials_here if trial else step_back)(board, model), None
    else:
        with offering(text("andamio rollback {model} --file-only works without the database", model=model)):
            change, board, told = *_roll_back_registered(model, reason, trial=trial), reason
    tell(out, change, patience_s=board.patience_s, reason=told)
    if change.old != change.new:
        out.say("Model, features, contract and reference came back as one.")
    else:
        out.say(
            "The trial has ended; a rollback of {new} itself: andamio rollback {model}",
            new=f"{model}@{change.new.version}",
            model=model,
        )


def _roll_back_registered(model: str, reason: str, *, trial: bool) -> tuple[Change, Switchboard]:
    from andamio.app import Plant

    plant = Plant.open()
    undo = end_trials if trial else roll_back
    change = undo(plant.registry, plant.switchboard, model, actor=plant.actor, reason=reason)
    return change, plant.switchboard
