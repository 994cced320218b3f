"""``andamio promote``: make the challenger the champion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from andamio.cli.deciding import DespiteGates, FileOnly, ModelName, Reason, decide
from andamio.cli.output import Json, Output
from andamio.errors import text
from andamio.lifecycle import Change, promote, promote_here

if TYPE_CHECKING:
    from andamio.app import Plant


def command(
    name: ModelName,
    reason: Reason = "",
    despite_gates: DespiteGates = "",
    file_only: FileOnly = False,
    *,
    json: Json = False,
) -> None:
    """Let the canary, the B of an A/B trial or else the shadow answer everything."""
    out = Output(json=json)
    model = name.partition("@")[0]
    way_out = text("andamio promote {model} --file-only works without the database", model=model)

    def registered(plant: Plant) -> Change:
        return promote(
            plant.registry,
            plant.switchboard,
            model,
            actor=plant.actor,
            reason=reason,
            despite_gates=despite_gates,
        )

    change = decide(
        out,
        reason,
        way_out=None if file_only else way_out,
        here=lambda board: promote_here(board, model),
        registered=registered,
    )
    out.say("Back to the version before, with its features: andamio rollback {model}", model=change.model)
