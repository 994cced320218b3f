"""Bring the registry to the deployment file: the file is the truth of what answers.

A crash between the file and the registry, a copy of the folder put back from a backup, a change made while
the database was away: each leaves the two apart. Start-up calls this before anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from andamio.bundles.deployment import Deployment, Route, replace_damaged_deployment
from andamio.bundles.workers import worker_reports
from andamio.errors import Busy
from andamio.lifecycle.change import VERBS, Decision, aliases_of, complete, told
from andamio.lifecycle.switchboard import Switchboard

if TYPE_CHECKING:
    from andamio.registry import AuditEntry, Registry

HOUSE = "andamio"
"""The actor of what the house does by itself."""

_ENDINGS = ("completed", "failed", "abandoned")
_TOLD = (*(f"{verb}-completed" for verb in VERBS), "registry-reconciled")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What had to be made good.

    Attributes:
        closed: The audit row that closed an interrupted change, such as "deploy-completed".
        moved: The models of which an alias in the registry was brought to the file.
        unknown: The models that are answered by a bundle the registry does not know.
    """

    closed: str | None = None
    moved: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether something was written."""
        return self.closed is not None or bool(self.moved)


def reconcile(registry: Registry, board: Switchboard) -> Reconciled:
    """Close what was interrupted and bring the registry's aliases to the deployment file.

    A deploy that is under way at this moment in another process is left to it.

    Raises:
        DeploymentDamaged: The file cannot be read; ``repair_deployment`` writes it again.
    """
    try:
        lock = board.hold(patience_s=0)
    except Busy:
        return Reconciled()
    with lock:
        return reconcile_held(registry, board)


@contextmanager
def held_in_step(registry: Registry, board: Switchboard) -> Iterator[Deployment]:
    """Hold what answers for a change; gives what answers now, to which the registry was brought.

    Raises:
        Busy: Another change is under way.
        DeploymentDamaged: The file cannot be read.
    """
    with board.hold():
        reconcile_held(registry, board)
        yield board.read()


def reconcile_held(registry: Registry, board: Switchboard) -> Reconciled:
    """Do the same as ``reconcile`` where the caller holds the switchboard."""
    there = board.read()
    intent = open_intent(registry)
    closed = _close(registry, intent, there) if intent is not None else None
    moved, unknown = _follow(registry, there)
    return Reconciled(closed, tuple(moved), tuple(unknown))


def open_intent(registry: Registry) -> AuditEntry | None:
    """Return the intent that nothing closed; the switchboard's lock lets there be one at most."""
    actions = [f"{verb}-{ending}" for verb in VERBS for ending in ("intended", *_ENDINGS)]
    last = registry.audit.entries(actions=actions, newest=1)
    return last[0] if last and last[0].action.endswith("-intended") else None


def _close(registry: Registry, intent: AuditEntry, there: Deployment) -> str:
    verb = next(verb for verb in VERBS if intent.action == f"{verb}-intended")
    model = intent.subject.rpartition("@")[0]
    wanted, route = route_told(intent), there.models.get(model)
    if route is not None and wanted is not None and wanted.same_work(route):
        decision = Decision(verb, model, intent.actor, intent.reason)
        complete(
            registry,
            intent,
            decision=decision,
            route=route,
            generation=there.generation,
            closed_by=HOUSE,
        )
        return f"{verb}-completed"
    registry.audit.append(
        f"{verb}-abandoned",
        intent.subject,
        actor=HOUSE,
        old=told(wanted),
        new=told(route, intent=intent.seq, generation=there.generation),
    )
    return f"{verb}-abandoned"


def _follow(registry: Registry, there: Deployment) -> tuple[list[str], list[str]]:
    """Let every alias name who is at work; what works unregistered leaves its alias empty."""
    named = {(change.model, change.alias): change.version for change in registry.aliases.all()}
    moved, unknown = [], []
    for model in sorted({*there.models, *(model for model, _ in named)}):
        for alias, served in aliases_of(there.models.get(model)).items():
            known = registry.find_digest(model, served.digest) if served else None
            if served is not None and known is None and model not in unknown:
                unknown.append(model)
            old, new = named.get((model, alias)), known.number if known else None
            if old != new:
                _move(registry, f"{model}@{alias}", old, new, there)
                if model not in moved:
                    moved.append(model)
    return moved, unknown


def _move(registry: Registry, subject: str, old: int | None, new: int | None, there: Deployment) -> None:
    model, _, alias = subject.rpartition("@")
    with registry.database.writing() as connection:
        registry.aliases.move(model, alias, new, actor=HOUSE, reason="", within=connection)
        registry.audit.append(
            "registry-reconciled",
            subject,
            actor=HOUSE,
            old=old,
            new=told(there.models.get(model), generation=there.generation),
            within=connection,
        )


def repair_deployment(registry: Registry, board: Switchboard) -> Deployment:
    """Write a damaged deployment file again, as the audit log remembers what answered.

    A file that can be read is left as it is.

    Returns:
        What is in the file now.
    """
    with board.hold():
        models: dict[str, Route] = {}
        generations = [report.generation for report in worker_reports(board.workers)]
        for entry in registry.audit.entries(actions=_TOLD):
            model = entry.subject.rpartition("@")[0]
            generations.append(int(entry.new_value()["generation"]))
            route = route_told(entry)
            if route is None:
                models.pop(model, None)
            else:
                models[model] = route
        return replace_damaged_deployment(board.deployment, models, above=max(generations, default=0))


def route_told(entry: AuditEntry) -> Route | None:
    """Read what an audit row told of a route."""
    return msgspec.convert(entry.new_value()["route"], Route | None)
