"""What several machines say together is one statement: a shaken row of pumps is no six findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from andamio.errors import text
from andamio.monitoring.findings import Cause, Finding

_ALIKE = frozenset({"drift", "prediction-drift", "season"})
# On one machine a sensor; on several at once no sensor fails like that: the process moved them, or what
# carries their values stands still.
_MOVED = frozenset({"offset", "sensor-drift", "spike", "unit"})
_SILENT = frozenset({"stuck", "dropout", "sentinel", "missing"})


def together(findings: Iterable[Finding]) -> list[Finding]:
    """Merge findings of one kind and tag on several assets into one, in the place of the first.

    The one tells the words of the surest, which other assets say the like, and since the earliest. What looks
    like a fault of one sensor is none where several machines show it: then its cause is another.
    """
    alike: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in findings:
        known = finding.kind in _ALIKE | _MOVED | _SILENT
        key = (finding.kind, finding.tag) if known else (f"{id(finding)}", None)
        alike.setdefault(key, []).append(finding)
    merged = [_merged(group) for group in alike.values()]
    drifting = {finding.tag for finding in merged if finding.kind == "drift"}
    return [one for one in merged if not (_is_common(one) and one.kind in _MOVED and one.tag in drifting)]


def _merged(group: list[Finding]) -> Finding:
    assets = sorted({finding.asset for finding in group if finding.asset})
    if len(assets) < 2:
        return group[0]
    surest = max(group, key=lambda finding: finding.certainty or 0.0)
    begun = [finding.since for finding in group if finding.since is not None]
    cause = surest.cause
    if surest.kind in _MOVED:
        cause = Cause.PROCESS
    elif surest.kind in _SILENT:
        cause = Cause.PIPELINE
    return replace(
        surest,
        asset=None,
        cause=cause,
        since=min(begun, default=None),
        what=text(
            "{what}; the like on {others}",
            what=surest.what,
            others=", ".join(asset for asset in assets if asset != surest.asset),
        ),
        data={**surest.data, "assets": assets},
    )


def _is_common(finding: Finding) -> bool:
    return "assets" in finding.data
