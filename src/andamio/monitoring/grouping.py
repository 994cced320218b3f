"""What several machines say together is one statement: a shaken row of pumps is no six findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from andamio.errors import text
from andamio.monitoring.findings import Finding

_ALIKE = ("drift", "prediction-drift", "season")


def together(findings: Iterable[Finding]) -> list[Finding]:
    """Merge findings of one kind and tag on several assets into one, in the place of the first.

    The one tells the words of the surest, which other assets say the like, and since the earliest.
    """
    alike: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in findings:
        key = (finding.kind, finding.tag) if finding.kind in _ALIKE else (f"{id(finding)}", None)
        alike.setdefault(key, []).append(finding)
    return [_merged(group) for group in alike.values()]


def _merged(group: list[Finding]) -> Finding:
    assets = sorted({finding.asset for finding in group if finding.asset})
    if len(assets) < 2:
        return group[0]
    surest = max(group, key=lambda finding: finding.certainty or 0.0)
    begun = [finding.since for finding in group if finding.since is not None]
    return replace(
        surest,
        asset=None,
        since=min(begun, default=None),
        what=text(
            "{what}; the like on {others}",
            what=surest.what,
            others=", ".join(asset for asset in assets if asset != surest.asset),
        ),
        data={**surest.data, "assets": assets},
    )
