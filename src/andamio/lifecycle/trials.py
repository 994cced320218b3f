"""Stand a version beside the champion: as a canary, in an A/B trial, as a shadow; promote it, or end it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from andamio.bundles.assignment import plan
from andamio.bundles.deployment import Deployment, Served
from andamio.bundles.exchangeable import check_exchangeable
from andamio.errors import VersionNotFound, text
from andamio.lifecycle.change import Change, Decision, carry_out
from andamio.lifecycle.deploying import judged
from andamio.lifecycle.reconciling import held_in_step
from andamio.lifecycle.switchboard import Switchboard

if TYPE_CHECKING:
    from andamio.registry import Registry


@dataclass(frozen=True, slots=True)
class Plan:
    """How a version is tried.

    Attributes:
        kind: "canary", "ab" or "shadow".
        share: Per cent of the assets that it answers; a shadow answers none.
        assets: The assets known, for an A/B trial: they are split evenly.
    """

    kind: Literal["canary", "ab", "shadow"]
    share: float = 0.0
    assets: Sequence[str] = ()

    def applied(self, there: Deployment, model: str, served: Served) -> Deployment:
        """Return the deployment with the version tried.

        Raises:
            RouteRefused: There is no champion, or the version answers already.
        """
        if self.kind == "shadow":
            return there.shadowing(model, served)
        route = there.models.get(model)
        return there.trying(model, plan(route, self.kind, served, self.share, self.assets))


def try_out(
    registry: Registry,
    board: Switchboard,
    model: str,
    number: int,
    wanted: Plan,
    *,
    actor: str,
    reason: str,
    despite_gates: str | None = None,
) -> Change:
    """Let a version stand beside the champion; returns when every living scoring process has followed.

    Args:
        registry: Knows the version; keeps the aliases and the audit log.
        board: Where it is decided what answers.
        model: The model.
        number: The version.
        wanted: How it is tried.
        actor: Who decides it.
        reason: Why, in that person's words.
        despite_gates: Why a version that failed a gate may answer all the same. A shadow answers nobody,
            so it needs no reason.

    Raises:
        VersionNotFound: There is no such version.
        NotDeployable: It failed a gate and ``despite_gates`` was not given.
        RouteRefused: There is no champion, or the version answers already or cannot answer its rows.
        NotTrusted: Its bundle is not as it was signed.
        WorkersRefused: A scoring process could not load it; nothing was changed in the end.
        Busy: Another change is under way.
    """
    version = registry.version(model, number)
    remarks = {} if wanted.kind == "shadow" else judged(board, version, despite_gates)
    served = Served(number, version.digest)
    decision = Decision(wanted.kind, model, actor, reason, remarks)
    with held_in_step(registry, board) as there:
        changed = wanted.applied(there, model, served)
        check_beside(board, there, model, served)
        return carry_out(registry, board, decision, there, changed)


def promote(
    registry: Registry,
    board: Switchboard,
    model: str,
    *,
    actor: str,
    reason: str,
    despite_gates: str | None = None,
) -> Change:
    """Make the challenger the champion: the canary or the B of an A/B trial, or else the shadow.

    Raises:
        NotFound: Nobody challenges the champion.
        NotDeployable: The challenger failed a gate and ``despite_gates`` was not given.
        NotTrusted: Its bundle is not as it was signed.
        WorkersRefused: A scoring process could not load it; nothing was changed in the end.
        Busy: Another change is under way.
    """
    with held_in_step(registry, board) as there:
        wanted = there.promoting(model)
        champion = wanted.models[model].champion
        version = registry.find_digest(model, champion.digest)
        if version is None:
            raise VersionNotFound(
                text("the registry does not know the challenger of {model}", model=model),
                fix=text("andamio promote {model} --file-only works without the registry", model=model),
            )
        decision = Decision("promote", model, actor, reason, judged(board, version, despite_gates))
        return carry_out(registry, board, decision, there, wanted)


def end_trials(registry: Registry, board: Switchboard, model: str, *, actor: str, reason: str) -> Change:
    """Let the champion answer alone: a canary, an A/B trial and a shadow end.

    Raises:
        NotFound: It does already.
        RouteRefused: The model has no champion.
        WorkersRefused: A scoring process could not follow; nothing was changed in the end.
        Busy: Another change is under way.
    """
    with held_in_step(registry, board) as there:
        wanted = there.ending_trials(model)
        return carry_out(registry, board, Decision("trial-end", model, actor, reason), there, wanted)


def check_beside(board: Switchboard, there: Deployment, model: str, served: Served) -> None:
    """Check that a version may answer the champion's rows, before anything is written.

    Raises:
        RouteRefused: It may not, or there is no champion.
        NotTrusted: Its bundle is not as it was signed.
    """
    route = there.models.get(model)
    if route is not None:
        champion = board.open(model, route.champion.digest)
        other = board.open(model, served.digest)
        check_exchangeable(f"{model}@{served.version}", champion, other)
