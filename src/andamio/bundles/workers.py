"""What each scoring process says of itself: the generation it serves and what it could not open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from andamio.errors import Busy, text
from andamio.kernel.clock import iso, now
from andamio.storage.files import make_folder, remove_file, replace_file
from andamio.storage.locks import hold

_PATIENCE_S = 2.0


class WorkerReport(msgspec.Struct, frozen=True, kw_only=True):
    """One living worker: since when it serves which generation, and by model what went wrong."""

    worker: str
    pid: int
    generation: int
    since: str
    errors: Mapping[str, str] = {}
    address: str | None = None


class WorkerPost:
    """A worker's place in the folder of reports, held by a lock for as long as the process lives.

    The lock, not the file, tells that the worker lives: a killed worker's report counts for nothing.
    """

    def __init__(self, folder: Path, worker: str, *, address: str | None = None) -> None:
        """Take the place.

        Raises:
            Busy: A living process has this worker's name.
        """
        make_folder(folder)
        self._path = folder / f"{worker}.json"
        self._worker = worker
        self._address = address
        self._lock = hold(
            folder / f"{worker}.lock",
            text("the place of worker {worker}", worker=worker),
            patience_s=_PATIENCE_S,
        )

    def report(self, generation: int, errors: Mapping[str, str] | None = None) -> None:
        """Say which generation answers here from now on; ``errors`` by model."""
        report = WorkerReport(
            worker=self._worker,
            pid=os.getpid(),
            generation=generation,
            since=iso(now()),
            errors=errors or {},
            address=self._address,
        )
        # Worth nothing after a power cut, so it need not survive one.
        replace_file(self._path, msgspec.json.encode(report), durable=False)

    def close(self) -> None:
        """Leave the place."""
        remove_file(self._path)
        self._lock.release(remove=True)


def worker_reports(folder: Path) -> list[WorkerReport]:
    """Return the reports of the living workers, by name, and clear away those of the dead."""
    reports = []
    for path in sorted(folder.glob("*.json")):
        if path.name.startswith("."):
            continue
        try:
            _clear_if_dead(path)
        except Busy:
            report = _read(path)
            if report is not None:
                reports.append(report)
    return reports


def _clear_if_dead(path: Path) -> None:
    lock = hold(path.with_suffix(".lock"), text("the place of worker {worker}", worker=path.stem))
    remove_file(path)
    lock.release(remove=True)


def _read(path: Path) -> WorkerReport | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=WorkerReport)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
