"""Write files so that a power cut leaves the old one or the new one, never a half of either."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from andamio.errors import DiskFull, FileRefused, NotFound, text

_STAGING = ".staging-"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_OS_ERROR = re.compile(r"\bos error (\d+)\b")


def _nobody_listens(_step: str, _path: Path) -> None:
    """Let every step happen."""


# Crash tests replace this to stop the process at every step that changes the disk.
_before: Callable[[str, Path], None] = _nobody_listens


def before(step: str, path: Path) -> None:
    """Announce a step that is about to change the disk.

    The steps are write, fsync, rename, mkdir, unlink, truncate and lock.
    """
    _before(step, path)


def require_file(path: Path) -> None:
    """Check that a file that somebody named can be one.

    Raises:
        NotFound: There is none.
        FileRefused: It is a folder.
    """
    if not path.exists():
        raise NotFound(text("there is no file {path}", path=path), fix=text("check the name and the folder"))
    if path.is_dir():
        raise FileRefused(
            text("{path} is a folder, not a file", path=path), fix=text("name one file inside it")
        )


def replace_file(path: Path, content: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """Write ``content`` to ``path`` atomically, and durably unless told otherwise.

    A temporary file beside it is written and fsynced, renamed over it, and the folder is fsynced.
    What a killed writer left beside it is removed.

    Raises:
        DiskFull: There is no room; the old file is untouched.
    """
    remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(3)}.tmp")
    with saying_when_full(path):
        try:
            write_file(temporary, content, mode=mode, durable=durable)
            before("rename", path)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    if durable:
        sync_folder(path.parent)


def write_file(path: Path, content: bytes, *, mode: int = 0o644, durable: bool = False) -> None:
    """Write a file that must not exist yet; nobody reads it before a later step publishes it."""
    before("write", path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(content)
        if durable:
            before("fsync", path)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path, *, mode: int = 0o755) -> None:
    """Make a folder and those above it, each durably; those that exist are left as they are."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    with saying_when_full(path):
        for folder in reversed(missing):
            before("mkdir", folder)
            folder.mkdir(mode=mode, exist_ok=True)
            sync_folder(folder.parent)


@contextmanager
def staging_folder(store: Path) -> Iterator[Path]:
    """Give an unseen folder inside ``store`` to build in; it is gone afterwards unless it was published.

    Raises:
        DiskFull: There is no room, for it or for what was written into it.
    """
    folder = store / f"{_STAGING}{os.getpid()}-{secrets.token_hex(4)}"
    with saying_when_full(folder):
        before("mkdir", folder)
        folder.mkdir()
        try:
            yield folder
        finally:
            if folder.exists():
                remove_folder(folder)


def remove_abandoned_staging(store: Path) -> None:
    """Remove what killed builders left in ``store``; call it while holding the store's lock."""
    for folder in store.glob(f"{_STAGING}*"):
        remove_folder(folder)


def publish_folder(staging: Path, path: Path) -> None:
    """Make a finished staging folder appear under its final name in one step, durably.

    Every file and folder inside is fsynced first. If ``path`` exists already the staging folder is
    dropped: names are content addresses, so what is there is the same.
    """
    with saying_when_full(path):
        for folder, _, names in os.walk(staging):
            for name in names:
                before("fsync", Path(folder, name))
                _sync(Path(folder, name))
            before("fsync", Path(folder))
            _sync(Path(folder))
        if path.exists():
            remove_folder(staging)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        before("rename", path)
        staging.rename(path)
    sync_folder(path.parent)


def remove_file(path: Path) -> None:
    """Remove a file, if it is there."""
    before("unlink", path)
    path.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Remove a folder that nothing refers to; a half-removed one is never opened, only removed again."""
    before("unlink", path)
    shutil.rmtree(path, ignore_errors=True)


def sync_folder(path: Path) -> None:
    """Make a rename or an unlink inside a folder survive a power cut."""
    before("fsync", path)
    _sync(path)


@contextmanager
def saying_when_full(path: Path) -> Iterator[None]:
    """Turn "no space left", of the system or of a library, into an error that says where and what to do."""
    try:
        yield
    except Exception as error:
        if not is_full(error):
            raise
        raise DiskFull(
            text("the disk is full"),
            where=text("{path}", path=path),
            why=text("nothing was changed: the file that was there is still there"),
            fix=text("free some space on this disk and run the command again"),
        ) from error


def is_full(error: Exception) -> bool:
    """Tell whether there is no room left, on the disk or in the quota; libraries say so in their text."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    said = _OS_ERROR.search(str(error))
    return said is not None and int(said[1]) in _FULL


def remove_abandoned(path: Path) -> None:
    """Remove what killed writers of ``path`` left beside it; those of the living stay."""
    for leftover in path.parent.glob(f".{escape(path.name)}.*.tmp"):
        maker = leftover.name.removeprefix(f".{path.name}.").split(".")[0]
        if not maker.isdigit() or (int(maker) != os.getpid() and not is_alive(int(maker))):
            with suppress(OSError):
                remove_file(leftover)


def is_alive(pid: int) -> bool:
    """Tell whether a process of this box runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
