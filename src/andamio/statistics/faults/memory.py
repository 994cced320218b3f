"""A watch's memory as small named arrays, so that it survives a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.fault import Fault, FaultKind
from andamio.statistics.faults.signals import Tail

_EVIDENCE = (
    "size",
    "value",
    "factor",
    "before",
    "after",
    "run",
    "other",
    "seconds",
    "outside",
    "beside",
    "shift",
)
_KINDS = tuple(FaultKind)

Arrays = dict[str, NDArray[np.generic]]


def write_tail(tail: Tail) -> Arrays:
    """Return what is kept of the past as arrays."""
    return {f"tail.{item.name}": np.asarray(getattr(tail, item.name)) for item in fields(tail)}


def read_tail(state: Mapping[str, NDArray[np.generic]]) -> Tail:
    """Read what ``write_tail`` returned."""
    kept = {item.name: np.array(state[f"tail.{item.name}"]) for item in fields(Tail) if item.name != "seen"}
    return Tail(seen=int(state["tail.seen"]), **kept)


def write_faults(faults: Sequence[tuple[int, Fault]]) -> Arrays:
    """Return faults, each with the row at which it ended or -1, as arrays."""
    numbers = [
        [
            _KINDS.index(f.kind),
            f.tag,
            f.since,
            f.found,
            np.nan if f.until is None else f.until,
            f.certainty,
            row,
            *(f.evidence.get(name, np.nan) for name in _EVIDENCE),
        ]
        for row, f in faults
    ]
    return {
        "faults.numbers": np.array(numbers, np.float64).reshape(len(numbers), 7 + len(_EVIDENCE)),
        "faults.conversions": np.array([f.conversion for _, f in faults], dtype=np.str_),
    }


def read_faults(state: Mapping[str, NDArray[np.generic]]) -> list[tuple[int, Fault]]:
    """Read what ``write_faults`` returned."""
    found = []
    for numbers, conversion in zip(state["faults.numbers"], state["faults.conversions"], strict=True):
        kind, tag, since, until_found, until, certainty, row, *evidence = (
            float(number) for number in numbers
        )
        fault = Fault(
            kind=_KINDS[int(kind)],
            tag=int(tag),
            since=since,
            found=until_found,
            until=None if np.isnan(until) else until,
            certainty=certainty,
            evidence={n: v for n, v in zip(_EVIDENCE, evidence, strict=True) if not np.isnan(v)},
            conversion=str(conversion),
        )
        found.append((int(row), fault))
    return found
