"""Keep the file as the plant gave it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from secrets import token_hex

from andamio.storage.files import before, make_folder, remove_file, saying_when_full, sync_folder

_BLOCK = 1 << 20
_UNSAFE = re.compile(r"[^\w.+-]+")


def keep_raw(file: Path, folder: Path, digest: str) -> Path:
    """Copy a file to ``folder/<digest12>-<name>``, unless it lies there already, and return the copy.

    Raises:
        DiskFull: There is no room for the copy; nothing is left of it.
    """
    kept = folder / f"{digest[:12]}-{_UNSAFE.sub('_', file.name)[-100:]}"
    if kept.exists():
        return kept
    make_folder(folder)
    for leftover in folder.glob(".*.tmp"):
        remove_file(leftover)
    temporary = folder / f".{kept.name}.{token_hex(3)}.tmp"
    with saying_when_full(kept):
        try:
            _copy(file, temporary)
            before("rename", kept)
            temporary.rename(kept)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    sync_folder(folder)
    return kept


def _copy(file: Path, copy: Path) -> None:
    before("write", copy)
    with file.open("rb") as source, copy.open("xb") as target:
        while block := source.read(_BLOCK):
            target.write(block)
        target.flush()
        before("fsync", copy)
        os.fsync(target.fileno())
    copy.chmod(0o444)
