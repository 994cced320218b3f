"""What the flow of an asset's rows itself shows: late rows, rows from the past, a clock that leapt."""

from __future__ import annotations

from datetime import UTC, datetime

from andamio.errors import text
from andamio.monitoring.asset_line import AssetLine, Patience
from andamio.monitoring.findings import Cause, Finding, Level

_NEWS_S = 86_400.0


def flow_findings(line: AssetLine, patience: Patience) -> list[Finding]:
    """State what is odd about how an asset's rows arrive. Nothing of it is an alarm by itself."""
    return [*_late(line), *_lagging(line, patience), *_ahead(line, patience)]


def unwatched_finding(rows: int, most: int) -> Finding:
    """State that there are more assets than one watch can hold."""
    return Finding(
        kind="unwatched",
        level=Level.ALARM,
        cause=Cause.PIPELINE,
        what=text(
            "{rows} {rows:row is|rows are} of assets beyond the first {most}, and nobody watches "
            "{rows:it|them}",
            rows=rows,
            most=most,
        ),
        fix=text("check the names of the assets: does something send a new name with every row?"),
        data={"rows": rows, "most": most},
    )


def _late(line: AssetLine) -> list[Finding]:
    counts = line.counts
    if not counts.late or line.arrival - counts.latest_late > _NEWS_S:
        return []
    return [
        Finding(
            kind="late",
            level=Level.NOTICE,
            cause=Cause.PIPELINE,
            asset=line.name or None,
            since=_moment(counts.latest_late),
            what=text(
                "{rows} {rows:row|rows} came so late that only a replay sees {rows:it|them}", rows=counts.late
            ),
            fix=text("andamio monitor replay MODEL shows what they would have raised"),
            data={"rows": counts.late, "in_a_row": counts.late_in_a_row},
        )
    ]


def _lagging(line: AssetLine, patience: Patience) -> list[Finding]:
    if not line.lags(patience):
        return []
    return [
        Finding(
            kind="backfill",
            level=Level.NOTICE,
            cause=Cause.PIPELINE,
            asset=line.name or None,
            since=_moment(line.newest),
            what=text(
                "its rows happened {hours} {hours:hour|hours} before they came; what is new in them "
                "raises no alarm",
                hours=round(line.delay / 3600, 1),
            ),
            fix=text("if a gateway sends what it had stored, wait until it has done so"),
            data={"delay_s": line.delay},
        )
    ]


def _ahead(line: AssetLine, patience: Patience) -> list[Finding]:
    ahead = line.newest - line.arrival
    if not ahead > patience.ahead_s:
        return []
    return [
        Finding(
            kind="clock",
            level=Level.NOTICE,
            cause=Cause.PIPELINE,
            asset=line.name or None,
            since=_moment(line.arrival),
            what=text(
                "its rows say that they happened {minutes} {minutes:minute|minutes} after they came",
                minutes=round(ahead / 60),
            ),
            fix=text("set the clock of whatever sends them, or of this box"),
            data={"ahead_s": ahead, "leaps": line.counts.leaps},
        )
    ]


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
