"""One change of what answers, carried out so that an interruption anywhere can be made good.

Intent into the audit log, the file replaced, the workers waited for, then registry and log completed in
one transaction. The file is the truth: a change counts from the moment it is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from andamio.bundles.deployment import Deployment, Route, Served
from andamio.errors import AndamioError, Busy, Unequipped
from andamio.lifecycle.switchboard import Switchboard, Switched

if TYPE_CHECKING:
    # Only for the types: a box without a database deploys too.
    from andamio.registry import AuditEntry, Registry

Verb = Literal["deploy", "rollback", "canary", "ab", "shadow", "promote", "trial-end"]
VERBS: tuple[Verb, ...] = ("deploy", "rollback", "canary", "ab", "shadow", "promote", "trial-end")
CHAMPION, CHALLENGER, SHADOW = "champion", "challenger", "shadow"


@dataclass(frozen=True, slots=True)
class Change:
    """What a verb did.

    Attributes:
        model: The model.
        old: The champion before, None for a first deployment.
        new: The champion now.
        generation: The deployment file's.
        followed: The scoring processes that serve it; empty when none runs.
        late: The scoring processes that had not followed when the patience ended.
        recorded: Whether registry and audit log know it already; else the next start completes them.
        before: How the model was answered before, None for a first deployment.
        after: How it is answered now.
    """

    model: str
    old: Served | None
    new: Served
    generation: int
    followed: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    recorded: bool = True
    before: Route | None = None
    after: Route | None = None

    @property
    def changed(self) -> bool:
        """Whether other versions are at work than before, or the same ones otherwise."""
        if self.after is not None:
            return not self.after.same_work(self.before)
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided a change, and why; ``remarks`` go into the audit row of the intent."""

    verb: Verb
    model: str
    actor: str
    reason: str
    remarks: Mapping[str, object] = field(default_factory=dict)


def carry_out(
    registry: Registry, board: Switchboard, decision: Decision, there: Deployment, wanted: Deployment
) -> Change:
    """Carry a decision out. The caller holds the switchboard.

    Args:
        registry: Where intent and completion are written.
        board: Where it is decided what answers.
        decision: Who wants it and why.
        there: What answers now, as it was read.
        wanted: The same, changed for the model.

    Raises:
        WorkersRefused: A scoring process could not load the version; the one before was put back.
    """
    old, new = there.models.get(decision.model), wanted.models[decision.model]
    if new.same_work(old):
        return unchanged(decision.model, new, there.generation)
    intent = _write_intent(registry, decision, old, new)
    try:
        switched = board.switch(wanted, decision.model)
    except AndamioError as error:
        close_failed(registry, intent, decision.verb, error)
        raise
    return told_as_change(
        decision.model,
        old,
        new,
        switched,
        recorded=_record(registry, intent, decision, new, switched.deployment.generation),
    )


def unchanged(model: str, route: Route, generation: int) -> Change:
    """Tell that everybody does already what was wanted."""
    return Change(model, route.champion, route.champion, generation, before=route, after=route)


def told_as_change(
    model: str, old: Route | None, new: Route, switched: Switched, *, recorded: bool = True
) -> Change:
    """Tell what a switch did."""
    return Change(
        model=model,
        old=old.champion if old else None,
        new=new.champion,
        generation=switched.deployment.generation,
        followed=switched.followed,
        late=switched.late,
        recorded=recorded,
        before=old,
        after=new,
    )


def complete(
    registry: Registry,
    intent: AuditEntry,
    *,
    decision: Decision,
    route: Route,
    generation: int,
    closed_by: str,
) -> None:
    """Let the aliases name who is at work, and close the intent, in one transaction."""
    with registry.database.writing() as connection:
        for alias, served in aliases_of(route).items():
            known = registry.find_digest(decision.model, served.digest, within=connection) if served else None
            registry.aliases.move(
                decision.model,
                alias,
                known.number if known else None,
                actor=decision.actor,
                reason=decision.reason,
                within=connection,
            )
        registry.audit.append(
            f"{decision.verb}-completed",
            intent.subject,
            actor=closed_by,
            new=told(route, intent=intent.seq, generation=generation),
            within=connection,
        )


def aliases_of(route: Route | None) -> dict[str, Served | None]:
    """Return what every alias names while a route is in force."""
    trial = route.trial if route else None
    return {
        CHAMPION: route.champion if route else None,
        CHALLENGER: trial.challenger if trial else None,
        SHADOW: route.shadow if route else None,
    }


def told(route: Route | None, **more: object) -> dict[str, object]:
    """Tell the audit log what answers, and what a rollback would go back to."""
    return {"route": msgspec.to_builtins(route), **more}


def _write_intent(registry: Registry, decision: Decision, old: Route | None, new: Route) -> AuditEntry:
    return registry.audit.append(
        f"{decision.verb}-intended",
        f"{decision.model}@{_subject(decision.verb, new).version}",
        actor=decision.actor,
        reason=decision.reason,
        old=told(old),
        new=told(new, **decision.remarks),
    )


def _subject(verb: Verb, route: Route) -> Served:
    """The version that a verb is about."""
    trial = route.trial.challenger if route.trial is not None else None
    named = {"canary": trial, "ab": trial, "shadow": route.shadow}.get(verb)
    return named or route.champion


def close_failed(registry: Registry, intent: AuditEntry, verb: Verb, error: AndamioError) -> None:
    """Close an intent whose version could not be put to work."""
    said = {"code": error.code, "what": str(error), "data": dict(error.data)}
    registry.audit.append(
        f"{verb}-failed",
        intent.subject,
        actor=intent.actor,
        old=intent.new_value(),
        new={"intent": intent.seq, "error": said},
    )


def _record(
    registry: Registry, intent: AuditEntry, decision: Decision, route: Route, generation: int
) -> bool:
    """Complete the books; when the database does not let us, the next start does it from the file."""
    try:
        complete(
            registry, intent, decision=decision, route=route, generation=generation, closed_by=decision.actor
        )
    except (Busy, Unequipped):
        return False
    return True
