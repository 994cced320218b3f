"""Read the moments of rows as whole ticks, and write those of a grid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.spelling import spelled
from andamio.contracts.window import Clock
from andamio.features.windows.plan import TICKS
from andamio.features.windows.samples import NEVER, Ticks

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_START = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_LARGEST = 2.0**60 / TICKS


def read_ticks(times: Sequence[str | None]) -> tuple[Ticks, NDArray[np.bool_]]:
    """Read moments: ISO 8601, in UTC where no zone is named, or the number of a column that counts.

    Returns:
        The ticks, and which of the texts are a moment; both of shape ``(times,)``.
    """
    found = [NEVER if text is None else _tick(text.strip()) for text in times]
    ticks = np.array(found, np.int64)
    return ticks, ticks != NEVER


def dated_after(times: Sequence[str | None], ticks: Ticks, moment: datetime) -> NDArray[np.bool_]:
    """Tell which rows bear a date after a moment; a number of a column that counts bears none.

    Args:
        times: As ``read_ticks`` takes them.
        ticks: As it gives them.
        moment: Aware of its zone.
    """
    after = ticks > (moment - _START) // _TICK
    for place in np.flatnonzero(after).tolist():
        after[place] = not is_count(times[place])
    return after


def is_count(time: str | None) -> bool:
    """Tell a number of a column that counts from a date."""
    return _NUMBER.fullmatch((time or "").strip()) is not None


def ticks_of_seconds(seconds: NDArray[np.float64]) -> tuple[Ticks, NDArray[np.bool_]]:
    """Turn seconds or counts into ticks; NaN is no moment."""
    known = np.isfinite(seconds) & (np.abs(seconds) < _LARGEST)
    ticks = np.round(np.where(known, seconds, 0.0) * TICKS).astype(np.int64)
    ticks[~known] = NEVER
    return ticks, known


def moment_texts(ticks: Ticks, clock: Clock) -> NDArray[np.object_]:
    """Write moments of a grid: ISO 8601 in UTC, or the number of a count."""
    texts = np.empty(len(ticks), object)
    if clock == "counts":
        texts[:] = [spelled(tick / TICKS) for tick in ticks.tolist()]
        return texts
    whole = ticks % TICKS == 0
    moments: NDArray[np.datetime64] = ticks.astype("datetime64[us]")
    if whole.any():
        texts[whole] = np.char.add(np.datetime_as_string(moments[whole], "s"), "+00:00")
    if not whole.all():
        texts[~whole] = np.char.add(np.datetime_as_string(moments[~whole], "us"), "+00:00")
    return texts


def _tick(text: str) -> int:
    if _NUMBER.fullmatch(text):
        count = float(text)
        return round(count * TICKS) if abs(count) < _LARGEST else NEVER
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return NEVER
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _START) // _TICK
