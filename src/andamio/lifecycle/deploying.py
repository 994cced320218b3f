"""Put a version to work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from andamio.bundles.deployment import Served
from andamio.errors import Fault, NotDeployable, text
from andamio.lifecycle.change import Change, Decision, carry_out
from andamio.lifecycle.reconciling import held_in_step
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
    remarks = judged(board, version, despite_gates)
    decision = Decision("deploy", model, actor, reason, remarks)
    with held_in_step(registry, board) as there:
        wanted = there.deploying(model, Served(number, version.digest))
        return carry_out(registry, board, decision, there, wanted)


def judged(board: Switchboard, version: Version, despite_gates: str | None) -> Mapping[str, object]:
    """Let a version pass by its gates, or by a person's reason; returns what the audit log is to say.

    Raises:
        NotDeployable: It failed a gate and no reason was given.
        NotTrusted: Its bundle is not as it was signed.
    """
    # What the bundle says of its gates was signed; a row of the registry can be edited.
    passed = board.open(version.model, version.digest).evaluation["deployable"] and version.deployable
    if not passed and not (despite_gates or "").strip():
        raise _not_deployable(version)
    return {} if passed else {"despite_gates": despite_gates}


def _not_deployable(version: Version) -> NotDeployable:
    failed = [gate for gate in version.gates if gate["passed"] is False]
    return NotDeployable(
        text("{version} did not pass its gates", version=version.reference),
        fix=text(
            "andamio show {version} tells what is missing; to deploy it all the same, give a reason: "
            "--despite-gates REASON",
            version=version.reference,
        ),
        faults=[_gate_fault(gate) for gate in failed],
        data={"version": version.reference, "gates": version.gates},
    )


def _gate_fault(gate: Mapping[str, Any]) -> Fault:
    value = gate["value"]
    measured = text("it is {value}", value=float(f"{value:.4g}")) if value is not None else None
    return Fault(
        "gate-failed",
        text("the gate {gate} failed", gate=gate["gate"]),
        where=text("{where}", where=gate["where"])
        if gate["where"] not in {"all", "parity", "graph"}
        else None,
        why=measured,
        data=gate,
    )
