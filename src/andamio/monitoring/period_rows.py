"""The rows of a stretch of the past, by event time, in bounded memory: the newest so many."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from andamio.journal import Cursor
from andamio.monitoring.stream import Arrivals, Passed, Stream


def rows_of_period(
    stream: Stream, start: float = -math.inf, end: float = math.inf, *, most: int
) -> Arrivals | None:
    """Return the newest rows of a period in the order of their event times; None when it holds none.

    Args:
        stream: What is read.
        start: The first event time, in seconds since 1970.
        end: Where the period ends.
        most: How many rows at most.
    """
    kept: deque[Arrivals] = deque()
    held = 0
    for arrivals in stream.read(Cursor(), Passed()):
        within = arrivals.take((arrivals.times >= start) & (arrivals.times < end))
        if not len(within):
            continue
        kept.append(within)
        held += len(within)
        while held - len(kept[0]) >= most:
            held -= len(kept.popleft())
    if not kept:
        return None
    together = _joined(kept, held)
    return together.take(np.argsort(together.times, kind="stable")[-most:])


def _joined(kept: deque[Arrivals], held: int) -> Arrivals:
    names = tuple(dict.fromkeys(name for one in kept for name in one.names))
    place = {name: i for i, name in enumerate(names)}
    return Arrivals(
        times=np.concatenate([one.times for one in kept]),
        arrived=np.concatenate([one.arrived for one in kept]),
        records=np.zeros(held, np.int64),
        assets=np.concatenate(
            [np.array([place[n] for n in one.names], np.int64)[one.assets] for one in kept]
        ),
        names=names,
        numbers=np.concatenate([one.numbers for one in kept]),
        categories=np.concatenate([one.categories for one in kept]),
        scores=np.concatenate([one.scores for one in kept]),
    )
