"""Bring back, as one, the model, features, contract and reference that answered before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from andamio.lifecycle.change import Change, Decision, carry_out
from andamio.lifecycle.reconciling import held_in_step
from andamio.lifecycle.switchboard import Switchboard

if TYPE_CHECKING:
    from andamio.registry import Registry


def roll_back(registry: Registry, board: Switchboard, model: str, *, actor: str, reason: str) -> Change:
    """Let the version answer that answered before this one; done twice, the one before that.

    While a canary or an A/B trial is under way, that is what is undone first: the champion answers alone.
    A version that was rolled back is off the stack: a rollback after the next deploy does not return to it.

    Args:
        registry: Keeps the alias and the audit log.
        board: Where it is decided what answers.
        model: The model.
        actor: Who decides it.
        reason: Why, in that person's words.

    Raises:
        NotFound: The model is not deployed, or nothing answered before.
        NotTrusted: The bundle to go back to is not as it was signed; nothing was changed.
        WorkersRefused: A scoring process could not load it; nothing was changed in the end.
        Busy: Another deploy or rollback is under way.
    """
    with held_in_step(registry, board) as there:
        wanted = there.rolling_back(model)
        board.open(model, wanted.models[model].champion.digest)
        return carry_out(registry, board, Decision("rollback", model, actor, reason), there, wanted)
