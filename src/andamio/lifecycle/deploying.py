"""Put a version to work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from andamio.bundles.deployment import Served
from andamio.errors import Fault, NotDeployable, text
from andamio.lifecycle.change import Change, Decision, carry_out
from andamio.lifecycle.reconciling import reconcile_held
from andamio.lifecycle.switchboard import Switchboard

if TYPE_CHECKING:
    from andamio.registry import Registry, Version


def deploy(
    registry: Registry,
    board: Switchboard,
    model: str,
    number: int,
    *,
    actor: str,
    reason: str,
    despite_gates: str | None = None,
) -> Change:
    """Let a version answer, and return when every living scoring process serves it.

    Args:
        registry: Knows the version; keeps the alias and the audit log.
        board: Where it is decided what answers.
        model: The model.
        number: The version.
        actor: Who decides it.
        reason: Why, in that person's words.
        despite_gates: Why a version that failed a gate may answer all the same; it goes into the audit log.

    Raises:
        VersionNotFound: There is no such version.
        NotDeployable: It failed a gate and ``despite_gates`` was not given.
        NotTrusted: Its bundle is not as it was signed.
        WorkersRefused: A scoring process could not load it; the one before was put back.
        Busy: Another deploy or rollback is under way.
    """
    version = registry.version(model, number)
    if not version.deployable and not (despite_gates or "").strip():
        raise _not_deployable(version)
    board.open(model, version.digest)
    remarks = {} if version.deployable else {"despite_gates": despite_gates}
    decision = Decision("deploy", model, actor, reason, remarks)
    with board.hold():
        reconcile_held(registry, board)
        there = board.read()
        wanted = there.deploying(model, Served(number, version.digest))
        return carry_out(registry, board, decision, there, wanted)


def _not_deployable(version: Version) -> NotDeployable:
    gates = version.gates.items()
    failed = [name for name, gate in gates if isinstance(gate, dict) and not gate.get("passed")]
    return NotDeployable(
        text("{version} did not pass its gates", version=version.reference),
        fix=text(
            "andamio show {version} tells what is missing; to deploy it all the same, give a reason: "
            "--despite-gates REASON",
            version=version.reference,
        ),
        faults=[Fault("gate-failed", text("the gate {gate} failed", gate=name)) for name in failed],
        data={"version": version.reference, "gates": dict(version.gates)},
    )
