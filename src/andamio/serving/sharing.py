"""One page of metrics for all the workers: each shows its counts to the others in memory that they share.

Every worker writes down what it has counted once a second, and before it shows a page; whoever is asked
adds the others' to its own. So no scrape ever shows less than the one before, whichever worker answers it:
what a worker has shown is written down, and the one that is raised in its place goes on counting from there.
Nothing of this is on the way of a request, and nothing is written to the disk.

Counters and histograms are added up. Of the gauges, those that measure a part of the whole are added (of
living workers), ``andamio_deployment_generation`` and the start are the lowest, all the others the highest.
"""

from __future__ import annotations

import asyncio
import logging
import mmap
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import msgspec
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

_log = logging.getLogger("andamio.serving")
_EVERY_S = 1.0
_HALF = 2 * 1024 * 1024
_HEAD = 8
_TRIES = 5
_PARTS = frozenset(
    {
        "andamio_requests_in_flight",
        "andamio_connections",
        "bentoml_service_request_in_progress",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
    }
)
_LOWEST = frozenset({"andamio_deployment_generation", "process_start_time_seconds"})
_GAUGE = "gauge"

Labels = tuple[tuple[str, str], ...]


class Family(msgspec.Struct, frozen=True, array_like=True):
    """One metric as it is written down: its name, its kind, what it means, its samples."""

    name: str
    kind: str
    meaning: str
    samples: list[tuple[str, Labels, float]]


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """What one worker has counted, and which process that was."""

    pid: int
    families: list[Family]


class _Slot:
    """A worker's place in the memory: two halves in turn, so that a page half written is never read."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 1 + 2 * _HALF)

    def write(self, content: bytes) -> None:
        if len(content) > _HALF - _HEAD:
            _log.error("the metrics of this worker are too long to be shared: %d bytes", len(content))
            return
        half = 1 - self._memory[0]
        start = 1 + half * _HALF
        head = len(content).to_bytes(4, "big") + zlib.crc32(content).to_bytes(4, "big")
        self._memory[start : start + _HEAD + len(content)] = head + content
        self._memory[0] = half

    def read(self) -> bytes:
        for _ in range(_TRIES):
            start = 1 + self._memory[0] * _HALF
            head = self._memory[start : start + _HEAD]
            size = int.from_bytes(head[:4], "big")
            content = self._memory[start + _HEAD : start + _HEAD + size]
            if zlib.crc32(content) == int.from_bytes(head[4:], "big"):
                return content
        return b""


class Board:
    """What all the workers have counted. Made before they part, so that all of them have it.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int) -> None:
        self._slots = [_Slot() for _ in range(workers)]

    def post(self, number: int, collect: Callable[[], Iterable[Metric]]) -> Post:
        """Take the place of worker ``number``, from 1, and what was counted there before."""
        return Post(self._slots, number - 1, collect)


class Post:
    """One worker's place."""

    def __init__(self, slots: list[_Slot], place: int, collect: Callable[[], Iterable[Metric]]) -> None:
        self._slots = slots
        self._place = place
        self._collect = collect
        before = _read(slots[place])
        self._before = [family for family in before.families if family.kind != _GAUGE]

    async def run(self) -> None:
        """Write down what is counted until cancelled."""
        while True:
            self.write()
            await asyncio.sleep(_EVERY_S)

    def write(self) -> list[Family]:
        """Write down what is counted, and return it."""
        families = _added([self._before, [_family(metric) for metric in self._collect()]])
        self._slots[self._place].write(msgspec.msgpack.encode(Counted(os.getpid(), families)))
        return families

    def collect(self) -> Iterator[Metric]:
        """Write down what is counted, add what the others have, and yield it all."""
        counted = [self.write()]
        for place, slot in enumerate(self._slots):
            if place != self._place:
                other = _read(slot)
                living = _lives(other.pid)
                counted.append([found for found in other.families if living or found.kind != _GAUGE])
        return map(_metric, _added(counted))


def _added(counted: Iterable[Iterable[Family]]) -> list[Family]:
    known: dict[str, Family] = {}
    values: dict[str, dict[tuple[str, Labels], float]] = {}
    for families in counted:
        for family in families:
            known.setdefault(family.name, family)
            _add(family, values.setdefault(family.name, {}))
    return [
        Family(name, family.kind, family.meaning, [(*which, value) for which, value in values[name].items()])
        for name, family in known.items()
    ]


def _add(family: Family, values: dict[tuple[str, Labels], float]) -> None:
    join = _joining(family)
    for name, labels, value in family.samples:
        which = name, labels
        values[which] = join(values[which], value) if which in values else value


def _joining(family: Family) -> Callable[[float, float], float]:
    if family.kind != _GAUGE or family.name in _PARTS:
        return float.__add__
    return min if family.name in _LOWEST else max


def _family(metric: Metric) -> Family:
    samples = [(found.name, tuple(found.labels.items()), float(found.value)) for found in metric.samples]
    return Family(metric.name, metric.type, metric.documentation, samples)


def _metric(family: Family) -> Metric:
    metric = Metric(family.name, family.meaning, family.kind)
    metric.samples = [Sample(name, dict(labels), value) for name, labels, value in family.samples]
    return metric


def _read(slot: _Slot) -> Counted:
    with suppress(msgspec.DecodeError):
        return msgspec.msgpack.decode(slot.read(), type=Counted)
    return Counted(0, [])


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return process > 0
