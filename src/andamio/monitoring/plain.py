"""Findings and episodes as plain data, in the language of the moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from andamio.errors import Text, text
from andamio.kernel import clock
from andamio.language import say
from andamio.monitoring.findings import Cause, Finding
from andamio.monitoring.following import Episode
from andamio.monitoring.watch import Watch

_CAUSES: dict[Cause, Text] = {
    Cause.SENSOR: text("sensor"),
    Cause.SEASON: text("season or operating point"),
    Cause.PROCESS: text("process"),
    Cause.CONCEPT: text("the model's own knowledge"),
    Cause.PIPELINE: text("what carries the data"),
}


def cause_name(cause: Cause) -> Text:
    """Return where a finding comes from, in words."""
    return _CAUSES[cause]


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return a finding for a program."""
    return {
        "kind": finding.kind,
        "level": finding.level.value,
        "cause": None if finding.cause is None else finding.cause.value,
        "certainty": finding.certainty,
        "asset": finding.asset,
        "tag": finding.tag,
        "since": None if finding.since is None else clock.iso(finding.since),
        "what": say(finding.what),
        "try": say(finding.fix),
        "data": dict(finding.data),
    }


def episode_data(episode: Episode) -> dict[str, Any]:
    """Return an episode of a replay for a program."""
    return {
        "kind": episode.kind,
        "level": episode.level.value,
        "cause": None if episode.cause is None else episode.cause.value,
        "asset": episode.asset or None,
        "tag": episode.tag,
        "since": iso_time(episode.since),
        "raised": iso_time(episode.raised),
        "cleared": iso_time(episode.cleared),
        "what": say(episode.what),
        "try": say(episode.fix),
    }


def assets_data(watch: Watch) -> list[dict[str, Any]]:
    """Return how far each asset has come, for a program."""
    return [
        {
            "asset": name or None,
            "rows": asset.line.counts.fed,
            "late": asset.line.counts.late,
            "waiting": 0 if asset.line.waiting is None else len(asset.line.waiting),
            "until": iso_time(asset.line.released),
        }
        for name, asset in sorted(watch.assets.items())
    ]


def iso_time(seconds: float | None) -> str | None:
    """Write a moment as ISO 8601 in UTC; None for none."""
    found = moment_at(seconds)
    return None if found is None else clock.iso(found)


def moment_at(seconds: float | None) -> datetime | None:
    """Return a moment in UTC; None for none, and for what no calendar holds."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
