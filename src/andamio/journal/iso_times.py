"""Read ISO 8601 times by the thousand, as digits in a table of characters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

import numpy as np
from numpy.typing import NDArray

from andamio.journal.truth import moment_of

_SHORTEST = len("2026-01-01T00:00:00")
_SIGNS = ((4, b"-"), (7, b"-"), (13, b":"), (16, b":"))
_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)


def read_times(texts: NDArray[np.uint8] | Sequence[str | None], zone: tzinfo = UTC) -> NDArray[np.float64]:
    """Read times as seconds since 1970, as ``moment_of`` reads each; NaN for what is none.

    Args:
        texts: The texts, or their characters where all are of one length, shape ``(texts, length)``.
        zone: The time zone of times that do not name one: the plant's.
    """
    if isinstance(texts, np.ndarray):
        quick = _quick(texts) if texts.shape[1] >= _SHORTEST else None
        if quick is not None:
            return quick
        texts = [row.tobytes().decode(errors="replace") for row in texts]
    found = [None if one is None else moment_of(one, zone) for one in texts]
    return np.array([np.nan if one is None else one for one in found], dtype=np.float64)


def _quick(table: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Read times that are all written alike and name one zone; None where that is not so."""
    rest = table[0, _SHORTEST:].tobytes()
    fraction, zone_text = _parted(rest)
    offset = _offset(zone_text)
    zone_at = _SHORTEST + fraction
    if offset is None or not _alike(table, zone_at, fraction):
        return None
    digits = (table[:, list(_DIGITS)] - 48).astype(np.int64)
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    month, day, hour, minute, second = (digits[:, i] * 10 + digits[:, i + 1] for i in range(4, 14, 2))
    if not _sound(year, month, day, hour, minute, second):
        return None
    days = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    start = days.astype("datetime64[D]")
    if (day > (days + 1).astype("datetime64[D]").astype(np.int64) - start.astype(np.int64)).any():
        return None
    seconds = (start.astype(np.int64) + day - 1) * 86_400 + hour * 3600 + minute * 60 + second - offset
    found: NDArray[np.float64] = seconds + _fraction(table[:, _SHORTEST + 1 : zone_at])
    return found


def _parted(rest: bytes) -> tuple[int, bytes]:
    """Part what follows the seconds into the length of the fraction, with its point, and the zone."""
    if rest[:1] != b".":
        return 0, rest
    digits = next((i for i in range(1, len(rest)) if not rest[i : i + 1].isdigit()), len(rest))
    return digits, rest[digits:]


def _offset(zone: bytes) -> int | None:
    if zone == b"Z":
        return 0
    if len(zone) == 6 and zone[:1] in b"+-" and zone[3:4] == b":" and (zone[1:3] + zone[4:]).isdigit():
        hours, minutes = int(zone[1:3]), int(zone[4:])
        if hours < 24 and minutes < 60:
            return (-1 if zone[:1] == b"-" else 1) * (hours * 3600 + minutes * 60)
    return None


def _alike(table: NDArray[np.uint8], zone_at: int, fraction: int) -> bool:
    """Check that signs, zone and separator are the same in every row, and digits where they belong."""
    places = [*_DIGITS, *range(_SHORTEST + 1, _SHORTEST + fraction)]
    digits = table[:, places]
    return bool(
        fraction in {0, 4, 7}
        and table[0, 10] in b"T "
        and (table[:, 10] == table[0, 10]).all()
        and all((table[:, at] == sign[0]).all() for at, sign in _SIGNS)
        and (fraction == 0 or (table[:, _SHORTEST] == ord(".")).all())
        and (table[:, zone_at:] == table[0, zone_at:]).all()
        and ((digits >= ord("0")) & (digits <= ord("9"))).all()
    )


def _sound(*parts: NDArray[np.int64]) -> bool:
    year, month, day, hour, minute, second = parts
    return bool(
        (year >= 1).all()
        and ((month >= 1) & (month <= 12) & (day >= 1)).all()
        and ((hour < 24) & (minute < 60) & (second < 60)).all()
    )


def _fraction(digits: NDArray[np.uint8]) -> NDArray[np.float64]:
    if not digits.shape[1]:
        return np.zeros(len(digits))
    weights = 10.0 ** -np.arange(1, digits.shape[1] + 1)
    return np.round((digits - 48.0) @ weights, 6)
