"""What ``deploy``, ``promote`` and ``rollback`` share: options, and the way with a registry or without."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from andamio.cli.output import Output
from andamio.cli.what_answers import has_registry, local_switchboard, offering, tell
from andamio.errors import Text
from andamio.language import say
from andamio.lifecycle import Change, Switchboard

if TYPE_CHECKING:
    from andamio.app import Plant

ModelName = Annotated[str, typer.Argument(metavar="NAME", help=say("the model's name"))]
Reason = Annotated[str, typer.Option(help=say("why, for the audit log"))]
DespiteGates = Annotated[
    str, typer.Option(metavar="REASON", help=say("deploy although a gate failed, and why"))
]
FileOnly = Annotated[
    bool, typer.Option("--file-only", help=say("without the registry, when its database is away"))
]


def decide(
    out: Output,
    reason: str,
    *,
    way_out: Text | None,
    here: Callable[[Switchboard], Change],
    registered: Callable[[Plant], Change],
) -> Change:
    """Carry out a change and tell it, through the registry where there is one.

    Args:
        out: Tells it.
        reason: Why, in the person's words.
        way_out: What to offer when the database is away; None leaves the registry out at once.
        here: The change by the deployment file alone.
        registered: The change through the registry.
    """
    if way_out is None or not has_registry():
        board = local_switchboard()
        change, told = here(board), None
    else:
        from andamio.app import Plant

        with offering(way_out):
            plant = Plant.open()
            change, board, told = registered(plant), plant.switchboard, reason
    tell(out, change, patience_s=board.patience_s, reason=told)
    return change
