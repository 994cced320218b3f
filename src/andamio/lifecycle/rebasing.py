"""Decide that what the process does now is normal: learn the monitor's reference anew, or take that back.

The decision has a reason, the audit log hears of it before and after, and the bundle stays as it is: what is
learnt lies signed beside it (``monitoring.references``). The rows go through the very function that learns
the reference at training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Bundle, Outputs, Signer
from andamio.contracts.rows import Rows
from andamio.errors import RebaseRefused, UsageError, text
from andamio.kernel import clock
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.opening import Watched
from andamio.monitoring.period_rows import rows_of_period
from andamio.monitoring.references import Learnt, References, digest_of_arrays
from andamio.monitoring.stream import Arrivals
from andamio.registry import AuditLog
from andamio.training.reference import reference
from andamio.training.table import Problem

FEWEST_ROWS = 500
MOST_ROWS = 100_000
# What live rows cannot tell, because it rests on the truth of training or on its evaluation.
_OF_TRAINING = ("target.", "loss.", "background.", "conditions.")
_CHUNK = 5000


def rebase(
    watched: Watched,
    references: References,
    signer: Signer,
    audit: AuditLog,
    *,
    actor: str,
    reason: str,
    start: float = -math.inf,
    end: float = math.inf,
    anyway: bool = False,
) -> Learnt:
    """Learn what normal is from the rows of a period; the newest hundred thousand of them at most.

    Args:
        watched: The version, brought up to what the journal holds.
        references: Where rebases of the model are kept.
        signer: The plant's key.
        audit: Hears of it before and after.
        actor: Who decides.
        reason: Why.
        start: The first event time, in seconds since 1970.
        end: Where the period ends.
        anyway: Although an alarm says that a sensor is broken.

    Raises:
        UsageError: There is no reason.
        RebaseRefused: There are too few rows, or an alarm of a sensor stands.
    """
    if not reason.strip():
        raise UsageError(
            text("a rebase needs a reason"),
            fix=text('say why the process is another now: --reason "new impeller since November"'),
        )
    if not anyway:
        _refuse_broken_sensors(watched.watch.standing())
    rows = rows_of_period(watched.follower.stream, start, end, most=MOST_ROWS)
    found = len(rows) if rows is not None else 0
    if rows is None or found < FEWEST_ROWS:
        raise RebaseRefused(
            text("the period holds {rows} rows, and {fewest} are needed", rows=found, fewest=FEWEST_ROWS),
            fix=text("name a longer period with --from and --to, or wait for more rows"),
            data={"rows": found},
        )
    arrays = _learn(watched.bundle, rows)
    learnt = Learnt(
        model=watched.model,
        version=watched.served.version,
        bundle=watched.bundle.digest,
        arrays=digest_of_arrays(arrays),
        rows=found,
        since=float(rows.times[0]),
        until=float(rows.times[-1]),
        at=clock.iso(clock.now()),
        actor=actor,
        reason=reason.strip(),
    )
    subject, old = f"{watched.model}@{watched.served.version}", references.current(watched.bundle.digest)
    said = {"reference": learnt.id, "rows": found, "since": learnt.since, "until": learnt.until}
    audit.append("rebase-intended", subject, actor=actor, reason=learnt.reason, old=old, new=said)
    references.add(learnt, arrays, signer)
    audit.append("rebased", subject, actor=actor, reason=learnt.reason, old=old, new=said)
    return learnt


def undo_rebase(
    model: str, version: int, bundle: str, references: References, audit: AuditLog, *, actor: str, reason: str
) -> str:
    """Go back to what the monitor compared with before; return the id of the rebase that no longer counts.

    Raises:
        NotFound: There is no rebase.
    """
    subject, old = f"{model}@{version}", references.current(bundle)
    if old is None:
        references.undo(bundle)  # it says kindly that there is none
    audit.append("rebase-undo-intended", subject, actor=actor, reason=reason, old=old)
    undone = references.undo(bundle)
    now = references.current(bundle)
    audit.append("rebase-undone", subject, actor=actor, reason=reason, old=undone, new=now)
    return undone


def _refuse_broken_sensors(standing: Sequence[Finding]) -> None:
    broken = [one for one in standing if one.cause is Cause.SENSOR and one.level is Level.ALARM]
    if broken:
        tags = sorted({one.tag or "–" for one in broken})
        raise RebaseRefused(
            text("an alarm says that a sensor is broken: {tags}", tags=", ".join(tags)),
            why=text("what is learnt now would take the fault for normal"),
            fix=text("mend it and learn from the rows after that with --from; or add --anyway"),
            data={"tags": tags},
        )


def _learn(bundle: Bundle, rows: Arrivals) -> dict[str, NDArray[np.generic]]:
    if bundle.contract.signals:
        raise RebaseRefused(
            text("{model} reads waveforms or windows", model=bundle.model),
            why=text("what is usual for them is learnt at training only"),
            fix=text("train again with the new history: andamio train {model}", model=bundle.model),
        )
    assets = [rows.names[code] or None for code in rows.assets.tolist()]
    count = len(rows)
    asked = Rows(rows.numbers, rows.categories, assets, [None] * count, [()] * count)
    is_regression = bundle.contract.kind.value == "regression"
    problem = Problem(
        contract=bundle.contract,
        rows=asked,
        target=np.zeros(count, np.float64) if is_regression else np.zeros(count, np.int64),
        classes=() if is_regression else bundle.info.classes[:1],
        positive=None,
        times=rows.times,
        assets=np.array([asset or "" for asset in assets], dtype=object) if any(assets) else None,
        copies=np.arange(count),
        source=np.arange(count),
    )
    learnt = reference(problem, _answers(bundle, asked), bundle.info)
    kept = {name: array for name, array in bundle.reference().items() if name.startswith(_OF_TRAINING)}
    return {name: array for name, array in learnt.items() if not name.startswith(_OF_TRAINING)} | kept


def _answers(bundle: Bundle, rows: Rows) -> Outputs:
    graph = bundle.graph()
    starts = range(0, len(rows), _CHUNK)
    parts = [graph.run(rows.take(np.arange(at, min(at + _CHUNK, len(rows))))) for at in starts]
    return _joined(parts)


def _joined(parts: Sequence[Outputs]) -> Outputs:
    first = parts[0]
    names = ("features", "probabilities", "decision", "value", "lower", "upper", "health")
    found = {
        name: None
        if getattr(first, name) is None
        else np.concatenate([getattr(part, name) for part in parts])
        for name in names
    }
    return Outputs(**found)
