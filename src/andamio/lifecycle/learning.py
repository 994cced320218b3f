"""From a trained candidate to a registered version: bundle, registry, audit, report, in that order.

Killed anywhere, the plant has the version or it has not: the bundle appears in one step, registry and audit
are one commit, and a report that is missing can be written again from the bundle.
"""

from __future__ import annotations

import platform
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from andamio.bundles import Bundle, Signer, build_bundle
from andamio.kernel import clock
from andamio.language import speak
from andamio.registry import NewVersion, Registry, Version
from andamio.reports import Report, render_report
from andamio.storage.files import make_folder, replace_file
from andamio.training.operation import unanswered
from andamio.training.run import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntVersion:
    """A candidate that has become a version.

    Attributes:
        version: As registered; the one that was there before when the bundle's bytes are the same.
        bundle: As opened again from the store.
        candidate: What training told.
        report: The page.
        known: Whether the same bundle had been registered before.
    """

    version: Version
    bundle: Bundle
    candidate: Candidate
    report: Path
    known: bool


def register_candidate(
    candidate: Candidate,
    registry: Registry,
    signer: Signer,
    *,
    store: Path,
    reports: Path,
    actor: str,
    language: str,
    note: str = "",
) -> LearntVersion:
    """Make a candidate a version.

    Args:
        candidate: Trained and judged; a failed gate does not keep it from being registered.
        registry: Where it gets its number.
        signer: Signs the bundle and the head of the audit log.
        store: The folder of bundles.
        reports: The folder of reports.
        actor: Who trained it.
        language: Of the report.
        note: In that person's words.

    Raises:
        Busy: Another process holds the store or the database.
        DiskFull: There is no room; what was finished before stays.
    """
    model = candidate.parts.model
    head = registry.audit.head(signer)
    record = {
        "created_at": clock.iso(clock.now()),
        "created_by": actor,
        "host": socket.gethostname(),
        "system": platform.platform(),
        "audit_head": msgspec.to_builtins(head),
        **candidate.record,
    }
    bundle = build_bundle(candidate.parts, store, signer, record)
    known = registry.find_digest(model, bundle.digest)
    version = known or registry.register(NewVersion.of(bundle, note=note), actor=actor)
    page = write_report(version, bundle, reports, language)
    return LearntVersion(
        version=version, bundle=bundle, candidate=candidate, report=page, known=known is not None
    )


def write_report(version: Version, bundle: Bundle, reports: Path, language: str) -> Path:
    """Write a version's page from its bundle; writing it again gives the same page."""
    make_folder(reports)
    page = reports / f"{version.reference}.html"
    report = Report(
        reference=version.reference,
        digest=bundle.digest,
        contract=bundle.contract,
        evaluation=bundle.evaluation,
        parity=bundle.parity,
        lineage=bundle.lineage,
        threshold=bundle.info.threshold,
        made_at=datetime.fromisoformat(version.created_at),
        made_by=version.created_by,
        audit_head=_mapping(bundle.record.get("audit_head")),
        unanswered=[cost for _, cost in unanswered(bundle.contract)],
    )
    with speak(language):
        replace_file(page, render_report(report).encode())
    return page


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
