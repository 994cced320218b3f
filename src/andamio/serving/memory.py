"""How much memory this box has left for one more version."""

from __future__ import annotations

from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def available_bytes(meminfo: Path = _MEMINFO, group: Path = _GROUP) -> int | None:
    """Return what may still be taken: of the box, or of the container's share where that is less.

    Returns:
        Bytes; None where the system does not tell.
    """
    told = [found for found in (_of_the_box(meminfo), _of_the_group(group)) if found is not None]
    return min(told, default=None)


def _of_the_box(meminfo: Path) -> int | None:
    found = _named(meminfo, "MemAvailable:")
    return None if found is None else found * 1024


def _of_the_group(group: Path) -> int | None:
    cap, taken = _number(group / "memory.max"), _number(group / "memory.current")
    if cap is None or taken is None:
        return None
    # The kernel gives file pages back before anybody has to die.
    return max(cap - taken + (_named(group / "memory.stat", "inactive_file") or 0), 0)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _named(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.split()[:1] == [name]), None)
    except (OSError, ValueError, IndexError):
        return None
