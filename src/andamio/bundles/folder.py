"""Read a bundle's folder once, into memory, trusting nothing that the file system says.

What is checked afterwards is what was read, so a file that changes meanwhile changes nothing. For the
same reason a hard link is harmless: nothing is ever read a second time or written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from andamio.bundles.contents import CAPS
from andamio.bundles.refusal import Suspicious, fault, refused
from andamio.errors import Fault, NotFound, text

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_folder(path: Path) -> Mapping[str, bytes]:
    """Return the content of every file of a bundle's folder.

    Raises:
        NotFound: There is no such folder.
        BundleRefused: A file is missing, too many or too large, or not a plain file.
    """
    folder = _open_folder(path)
    try:
        with os.scandir(folder) as entries:
            faults = _name_faults({entry.name for entry in entries})
        if faults:
            raise refused(path, faults)
        contents: dict[str, bytes] = {}
        for name, cap in CAPS.items():
            try:
                contents[name] = _read(folder, name, cap)
            except Suspicious as suspicion:
                faults.append(fault(name, suspicion.what))
    finally:
        os.close(folder)
    if faults:
        raise refused(path, faults)
    return contents


def _open_folder(path: Path) -> int:
    try:
        return os.open(path, _FLAGS | os.O_DIRECTORY)
    except FileNotFoundError as error:
        raise NotFound(
            text("there is no such bundle in the store"),
            where=text("{path}", path=path),
            fix=text(
                "put the folder back from a backup, or deploy another version; andamio models lists them"
            ),
        ) from error
    except OSError as error:
        raise refused(path, [fault(path.name, text("it is not a folder of its own"))]) from error


def _name_faults(names: set[str]) -> list[Fault]:
    missing = [fault(name, text("the file is missing")) for name in sorted(CAPS.keys() - names)]
    return missing + [
        fault(name, text("the file does not belong here")) for name in sorted(names - CAPS.keys())
    ]


def _read(folder: int, name: str, cap: int) -> bytes:
    try:
        descriptor = os.open(name, _FLAGS, dir_fd=folder)
    except OSError as error:
        raise Suspicious(
            text("it cannot be opened as a plain file: {reason}", reason=error.strerror)
        ) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Suspicious(text("it is not a plain file"))
        if status.st_size > cap:
            raise Suspicious(
                text("it has {size} bytes; at most {cap} are allowed", size=status.st_size, cap=cap)
            )
        return _read_at_most(descriptor, status.st_size)
    finally:
        os.close(descriptor)


def _read_at_most(descriptor: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(descriptor, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
