"""The memory of ``andamio score``, in one file: windows, courses, and what the last run was about to do.

A run replaces the file twice: once with what it is about to do and what is remembered after that, and once
without the first when it is done. Whatever a crash left undone the next run does before anything else, and a
file that was scored already, the last one, is not scored again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from andamio.errors import Text, WindowsRefused, text
from andamio.journal import Archive, Journal, records_since
from andamio.kernel.digests import sha256
from andamio.serving.batch.run import BatchResult
from andamio.serving.batch.settling import Intent, outstanding, publish
from andamio.storage.files import replace_file

_FORM = 2
_DIGEST = 32


class LastRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The latest file: its digest, by whom it was scored, where its answers went, and what came of it."""

    input_sha256: str
    model: str
    version: int
    digest: str
    output: str
    result: Mapping[str, Any]


class _Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An intent, and for each worker of the journal that may hold records of it, from which segment on."""

    intent: Intent
    places: Mapping[str, int]


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    form: int
    windows: bytes
    courses: Mapping[str, Mapping[str, float]]
    last: LastRun
    open: _Open | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class Remembered(NamedTuple):
    """What goes on from file to file."""

    windows: bytes
    courses: Mapping[str, Mapping[str, float]]


class StateFile:
    """The file of the memory; it need not be there yet.

    Raises:
        WindowsRefused: It is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _read(path) if path.exists() else None

    @property
    def remembered(self) -> Remembered | None:
        """What the files so far left behind."""
        return None if self._kept is None else Remembered(self._kept.windows, self._kept.courses)

    @property
    def last(self) -> LastRun | None:
        """The latest file."""
        return None if self._kept is None else self._kept.last

    @property
    def unsettled(self) -> Path | None:
        """The file of answers that a crash may have left undone; its run or the next must hold it."""
        return None if self._kept is None or self._kept.open is None else Path(self._kept.last.output)

    def settle(self, journal: Journal, folder: Path, archive: Archive | None) -> None:
        """Do what a killed run was about to do, as far as it did not.

        Args:
            journal: Where records go.
            folder: The journal's folder.
            archive: Where closed segments were moved to, if they were.
        """
        kept = self._kept
        if kept is None or kept.open is None:
            return
        intent, places = kept.open.intent, kept.open.places
        left = outstanding(intent.records, records_since(folder, places, archive=archive))
        if left:
            # Killed again, the next run must look where this one writes.
            worker, number = journal.place
            self._write(msgspec.structs.replace(kept, open=_Open(intent, {worker: number, **places})))
            journal.append_now(left)
        publish(intent.files)
        self._write(msgspec.structs.replace(kept, open=None))

    def move_on(self, remembered: Remembered, last: LastRun, intent: Intent, journal: Journal) -> None:
        """Write down what is about to be done, and what is remembered after it."""
        worker, number = journal.place
        self._write(_Kept(_FORM, *remembered, last, _Open(intent, {worker: number})))

    def done(self) -> None:
        """Write down that it was done."""
        if self._kept is not None:
            self._write(msgspec.structs.replace(self._kept, open=None))

    def _write(self, kept: _Kept) -> None:
        body = _encode(kept)
        replace_file(self._path, bytes.fromhex(sha256(body)) + body)
        self._kept = kept


def result_kept(result: BatchResult) -> Mapping[str, Any]:
    """Write down what came of a file."""
    rejected = None if result.rejected is None else str(result.rejected)
    return {name: getattr(result, name) for name in BatchResult.__slots__} | {"rejected": rejected}


def result_again(kept: Mapping[str, Any]) -> BatchResult:
    """Read what ``result_kept`` wrote."""
    rejected = kept["rejected"]
    return BatchResult(**{**kept, "rejected": None if rejected is None else Path(rejected)})


def _read(path: Path) -> _Kept:
    content = path.read_bytes()
    digest, body = content[:_DIGEST], content[_DIGEST:]
    if bytes.fromhex(sha256(body)) != digest:
        raise _unreadable(path, text("its content is not what was written"))
    try:
        kept = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(path, text("{reason}", reason=error)) from error
    if kept.form != _FORM:
        raise _unreadable(path, text("another release wrote it"))
    return kept


def _unreadable(path: Path, why: Text) -> WindowsRefused:
    return WindowsRefused(
        text("the kept windows cannot be read"),
        where=text("{path}", path=path),
        why=why,
        fix=text("begin anew with another file for the state"),
    )
