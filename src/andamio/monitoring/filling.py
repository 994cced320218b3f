"""How long the disk has room for the samples of signals that the journal keeps."""

from __future__ import annotations

from andamio.contracts.contract import Contract
from andamio.errors import text
from andamio.monitoring.findings import Finding, Level
from andamio.monitoring.observation import Observation

_DAY_S = 86_400.0
_FEWEST_ROWS = 100
_SHORTEST_S = 3600.0
_DAYS = 90
_SAMPLE_BYTES = 4


def filling_findings(seen: Observation, contract: Contract) -> list[Finding]:
    """Notice where the samples of signals would fill the disk within three months.

    How many rows come in a day is taken from the latest ones, where they span an hour or more.
    """
    moments = [row.time for row in seen.predictions]
    if not contract.signals or seen.free_bytes is None or len(moments) < _FEWEST_ROWS:
        return []
    span = max(moments) - min(moments)
    if span < _SHORTEST_S:
        return []
    row_bytes = _SAMPLE_BYTES * sum(signal.length for signal in contract.signals)
    daily = len(moments) / span * _DAY_S * row_bytes * contract.operation.keep_signals
    days = seen.free_bytes / daily if daily else float("inf")
    if days >= _DAYS:
        return []
    return [
        Finding(
            kind="journal-grows",
            level=Level.NOTICE,
            what=text(
                "the samples of signals fill {megabytes} MB a day; the disk has room for "
                "{days} {days:day|days}",
                megabytes=float(f"{daily / 1e6:.2g}"),
                days=int(days),
            ),
            fix=text(
                "[operation] keep_signals in the contract keeps a share of them; [journal] keep_days prunes"
            ),
            data={"bytes_a_day": round(daily), "free_bytes": seen.free_bytes},
        )
    ]
