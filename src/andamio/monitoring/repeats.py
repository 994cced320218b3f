"""Sensors by the profile alone, for bundles without ``sensors.*``: stuck, missing; and ranges left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Input, TagType
from andamio.errors import text
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.observation import Observation
from andamio.statistics.profile import Profile
from andamio.statistics.runs import by_group, last_run

FEWEST_REPEATS = 8
_PATIENCE = 3  # a value may repeat so many times longer than it ever did in training
_FEWEST_MISSING = 10


def findings_by_profile(
    seen: Observation, rows: NDArray[np.int64], contract: Contract, profile: Profile
) -> list[Finding]:
    """Look at the rows of one version for faults of single sensors, per tag and asset."""
    findings: list[Finding] = []
    for place, tag in enumerate(contract.numbers):
        if tag.type is TagType.NUMBER:
            findings += _stuck(seen, rows, tag, place, int(profile.longest_run[place]))
        findings += _missing(seen, rows, tag, place, float(profile.missing[place]))
    return findings


def stuck_rows(
    seen: Observation, rows: NDArray[np.int64], place: int, longest: int
) -> dict[str, NDArray[np.int64]]:
    """Return, per asset, the rows at the end in which a tag has repeated one value for too long."""
    limit = max(FEWEST_REPEATS, _PATIENCE * longest)
    stuck = {}
    for asset, members in by_group(seen.assets[rows].tolist()).items():
        of_asset = rows[members]
        repeats = last_run(seen.numbers[of_asset, place])
        if repeats >= limit:
            stuck[asset] = of_asset[-repeats:]
    return stuck


def _stuck(seen: Observation, rows: NDArray[np.int64], tag: Input, place: int, longest: int) -> list[Finding]:
    return [
        Finding(
            kind="stuck",
            level=Level.ALARM,
            cause=Cause.SENSOR,
            tag=tag.name,
            asset=asset or None,
            since=moment(seen, held[0]),
            what=text(
                "{tag}{of_asset} has read exactly {value}{unit} for {n} rows",
                tag=tag.name,
                of_asset=text(" of {asset}", asset=asset) if asset else "",
                value=float(np.round(float(seen.numbers[held[-1], place]), 4)),
                unit=f" {tag.unit}" if tag.unit else "",
                n=len(held),
            ),
            fix=text(
                "look at the sensor and its cable; in training it never repeated a value more than {n} times",
                n=longest,
            ),
            data={"rows": len(held), "value": float(seen.numbers[held[-1], place])},
        )
        for asset, held in stuck_rows(seen, rows, place, longest).items()
    ]


def _missing(
    seen: Observation, rows: NDArray[np.int64], tag: Input, place: int, usual: float
) -> list[Finding]:
    absent = np.isnan(seen.numbers[rows, place])
    share = float(absent.mean()) if rows.size else 0.0
    if absent.sum() < _FEWEST_MISSING or share <= max(3 * usual, usual + 0.05):
        return []
    return [
        Finding(
            kind="missing",
            level=Level.ALARM,
            cause=Cause.SENSOR,
            tag=tag.name,
            since=moment(seen, rows[int(np.argmax(absent))]),
            what=text(
                "{tag} is missing in {share} % of the rows; in training it was {usual} %",
                tag=tag.name,
                share=round(100 * share, 1),
                usual=round(100 * usual, 1),
            ),
            fix=text("check the sensor, its connection, and whatever carries its values to this box"),
            data={"share": share, "usual": usual},
        )
    ]


def range_findings(seen: Observation, rows: NDArray[np.int64], contract: Contract) -> list[Finding]:
    """Notice tags that the contract flagged as outside their range."""
    findings = []
    for tag in contract.inputs:
        ends = (f"{tag.name}:out-of-range", f"{tag.name}:clipped")
        flagged = [row for row in rows if _has(seen.predictions[row].flags, ends)]
        if len(flagged) >= max(_FEWEST_MISSING, 0.02 * rows.size) and tag.range:
            findings.append(
                Finding(
                    kind="out-of-range",
                    level=Level.NOTICE,
                    tag=tag.name,
                    since=moment(seen, flagged[0]),
                    what=text(
                        "{tag} left its range {low} to {high}{unit} in {n} rows",
                        tag=tag.name,
                        low=tag.range[0],
                        high=tag.range[1],
                        unit=f" {tag.unit}" if tag.unit else "",
                        n=len(flagged),
                    ),
                    fix=text("if the process really goes there, widen the range and train with such rows"),
                    data={"rows": len(flagged)},
                )
            )
    return findings


def _has(flags: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(flag in wanted for flag in flags)


def moment(seen: Observation, row: int | np.int64) -> datetime:
    """Return the time of a row."""
    return datetime.fromtimestamp(float(seen.times[row]), UTC)
