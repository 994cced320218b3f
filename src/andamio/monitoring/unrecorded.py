"""Is everything recorded? A full disk, and what was answered while it was full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from andamio.errors import text
from andamio.monitoring.findings import Finding, Level
from andamio.monitoring.observation import Observation

FEWEST_FREE_BYTES = 1024 * 1024
_NEWS = timedelta(days=7)


def unrecorded_findings(seen: Observation, at: datetime) -> list[Finding]:
    """Find a disk without room for the journal, and answers that were given without a record.

    A gap alarms for a week; after that it is only noticed, and it stays.
    """
    findings = []
    if seen.free_bytes is not None and seen.free_bytes < FEWEST_FREE_BYTES:
        findings.append(
            Finding(
                kind="disk-full",
                level=Level.ALARM,
                what=text(
                    "the disk of the journal is full: {left} kB are left", left=seen.free_bytes // 1024
                ),
                fix=text(
                    "free some space on this disk; until then rows are refused, or answered without a record "
                    "where the contract says so"
                ),
                data={"free_bytes": seen.free_bytes},
            )
        )
    if seen.gap is not None:
        until = datetime.fromtimestamp(seen.gap.until, UTC)
        findings.append(
            Finding(
                kind="unrecorded",
                level=Level.ALARM if at - until < _NEWS else Level.NOTICE,
                since=datetime.fromtimestamp(seen.gap.since, UTC),
                what=text(
                    "{n} {n:row was|rows were} answered and not recorded: the disk was full", n=seen.gap.rows
                ),
                fix=text(
                    "they are in no journal: ask whoever sent them, if they matter; keep more room free"
                ),
                data={"rows": seen.gap.rows, "until": until.isoformat()},
            )
        )
    return findings
