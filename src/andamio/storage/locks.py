"""Hold a file or a folder against other processes; the system lets go when the holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from andamio.errors import Busy, Text, text
from andamio.storage.files import before

_PAUSE_S = 0.01


class Lock:
    """An exclusive ``flock`` on a file that says in its text which process holds it.

    Take it with ``hold`` or ``folder_lock``; use it in a ``with`` block or call ``release``.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self, *, remove: bool = False) -> None:
        """Let go; with ``remove`` the file goes too, so that names used once leave nothing behind."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        if remove:
            before("unlink", self.path)
            self.path.unlink(missing_ok=True)
        os.close(descriptor)


def folder_lock(folder: Path, what: Text, *, patience_s: float = 0.0) -> Lock:
    """Hold a folder by its ``.lock`` file; see ``hold``."""
    return hold(folder / ".lock", what, patience_s=patience_s)


def hold(path: Path, what: Text, *, patience_s: float = 0.0) -> Lock:
    """Hold ``path`` against every other process and every other holder in this one.

    Args:
        path: The lock's file, made if absent. Its folder must exist.
        what: The thing held, as the refused one reads it: "the store of bundles".
        patience_s: How long to wait for another holder, in seconds.

    Raises:
        Busy: Another process holds it; the error names the process.
    """
    before("lock", path)
    deadline = time.monotonic() + patience_s
    while True:
        descriptor = _try(path)
        if descriptor is not None:
            _sign(descriptor)
            return Lock(path, descriptor)
        if time.monotonic() >= deadline:
            raise _busy(path, what)
        time.sleep(_PAUSE_S)


def is_held(path: Path) -> bool:
    """Tell whether some living process holds this lock's file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _try(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A holder that removed the file while we opened it leaves us a lock on nothing.
        if _is_same_file(descriptor, path):
            return descriptor
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(descriptor)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _sign(descriptor: int) -> None:
    # Only for people: on a full disk the lock holds without its text.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _busy(path: Path, what: Text) -> Busy:
    try:
        holder = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        holder = ""
    return Busy(
        text("{what} is held by another process", what=what),
        where=text("{path}", path=path),
        why=text("process {pid} is at work on it", pid=holder or "?"),
        fix=text("wait until it ends and try again; a lock frees itself when its process ends"),
        data={"pid": int(holder)} if holder.isdigit() else {},
    )
