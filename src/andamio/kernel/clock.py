"""The one source of the time of day: always aware, always UTC inside the house."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 in UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True)
class SinceBoot:
    """How long this box has been up, which no setting of its clock can change; ``boot`` names the start."""

    boot: str
    seconds: float


def since_boot() -> SinceBoot | None:
    """Return how long this box has been up, its sleep included; None where the system does not say.

    Two readings with the same ``boot``, by whatever processes, lie exactly as far apart as they say.
    """
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return SinceBoot(boot, time.clock_gettime(time.CLOCK_BOOTTIME))
