"""``andamio rollback``: bring back, as one, what was in production before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from andamio.cli.deciding import FileOnly, ModelName, Reason, decide
from andamio.cli.output import Json, Output
from andamio.errors import text
from andamio.language import say
from andamio.lifecycle import Change, end_trials, end_trials_here, roll_back, step_back

if TYPE_CHECKING:
    from andamio.app import Plant


def command(
    name: ModelName,
    reason: Reason = "",
    file_only: FileOnly = False,
    trial: Annotated[
        bool, typer.Option("--trial", help=say("end the canary, A/B trial and shadow; the champion stays"))
    ] = False,
    *,
    json: Json = False,
) -> None:
    """Go back to the version before, and return when every scoring process serves it."""
    out = Output(json=json)
    model = name.partition("@")[0]
    way_out = text("andamio rollback {model} --file-only works without the database", model=model)
    undo, undo_here = (end_trials, end_trials_here) if trial else (roll_back, step_back)

    def registered(plant: Plant) -> Change:
        return undo(plant.registry, plant.switchboard, model, actor=plant.actor, reason=reason)

    change = decide(
        out,
        reason,
        way_out=None if file_only else way_out,
        here=lambda board: undo_here(board, model),
        registered=registered,
    )
    if change.old != change.new:
        out.say("Model, features, contract and reference came back as one.")
    else:
        out.say(
            "The trial has ended; a rollback of {new} itself: andamio rollback {model}",
            new=f"{model}@{change.new.version}",
            model=model,
        )
