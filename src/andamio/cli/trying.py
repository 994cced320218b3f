"""The options of ``andamio deploy`` that try a version instead of letting it answer everything."""

from __future__ import annotations

import math

from andamio.errors import UsageError, text
from andamio.kernel.settings import find_plant
from andamio.lifecycle import Plan, known_assets


def read_plan(model: str, canary: str, ab: str, *, shadow: bool) -> Plan | None:
    """Read how a version is to be tried; None when it is to answer everything.

    Raises:
        UsageError: Two ways are named, or a share is not one.
    """
    if (bool(canary), bool(ab), shadow).count(True) > 1:
        raise UsageError(
            text("a version is tried in one way at a time"),
            fix=text("give one of --canary SHARE, --ab SHARE, --shadow"),
        )
    if shadow:
        return Plan("shadow")
    if canary:
        return Plan("canary", _share(canary))
    if ab:
        return Plan("ab", _share(ab), known_assets(find_plant().journal, model))
    return None


def _share(written: str) -> float:
    try:
        share = float(written.removesuffix("%").strip())
    except ValueError:
        share = math.nan
    if not 0 < share < 100:
        raise UsageError(
            text("{written} is not a share between 0 and 100 per cent", written=written),
            fix=text(
                "write it as a number, such as 10; a version for all assets is deployed without a share"
            ),
        )
    return share
