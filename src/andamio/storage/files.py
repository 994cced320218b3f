"""Write files so that a power cut leaves the old one or the new one, never a half of either."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from andamio.errors import DiskFull, text


def _before(step: str, path: Path) -> None:
    """Stand before every step that changes the disk; crash tests replace it to stop the process there."""


def replace_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write ``content`` to ``path`` atomically and durably.

    A temporary file beside it is written and fsynced, renamed over it, and the folder is fsynced.

    Raises:
        DiskFull: There is no room; the old file is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with saying_when_full(path):
        try:
            _before("write", temporary)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            try:
                with os.fdopen(descriptor, "wb", closefd=False) as file:
                    file.write(content)
                _before("fsync", temporary)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            _before("rename", path)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def publish_folder(staging: Path, path: Path) -> None:
    """Make a finished staging folder appear under its final name in one step, durably.

    Every file and folder inside is fsynced first. If ``path`` exists already the staging folder is
    dropped: names are content addresses, so what is there is the same.
    """
    with saying_when_full(path):
        for folder, _, names in os.walk(staging):
            for name in names:
                _before("fsync", Path(folder, name))
                _sync(Path(folder, name))
            _sync(Path(folder))
        if path.exists():
            shutil.rmtree(staging)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        _before("rename", path)
        staging.rename(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make a rename or an unlink inside a folder survive a power cut."""
    _before("fsync", path)
    _sync(path)


@contextmanager
def saying_when_full(path: Path) -> Iterator[None]:
    """Turn "no space left" into an error that says where and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(
            text("the disk is full"),
            where=text("{path}", path=path),
            why=text("nothing was changed: the file that was there is still there"),
            fix=text("free some space on this disk and run the command again"),
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
