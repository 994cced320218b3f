"""Keep a watch and its place in the journal in one file, replaced whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from andamio.bundles.arrays import read_arrays, write_arrays
from andamio.bundles.refusal import Suspicious
from andamio.journal import Cursor
from andamio.monitoring.watch import Watch
from andamio.monitoring.watched_asset import StateUnknown, packed
from andamio.storage.files import make_folder, replace_file

FORMAT = 2


@dataclass(frozen=True, slots=True)
class WatchFile:
    """The file of one watch. ``of`` says what is watched by what, and another's state is not taken."""

    path: Path
    of: str

    def load(self, watch: Watch) -> Cursor | None:
        """Bring a watch to where it was left.

        Returns:
            Its place in the journal; None when it begins anew: there is no file, or it is damaged or of
            other detectors. What was lost is read again from the journal.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            arrays = read_arrays(content)
            head = msgspec.msgpack.decode(arrays.pop("head").tobytes(), type=_Head)
            if (head.format, head.of) != (FORMAT, self.of):
                return None
            watch.unpack(arrays)
        except (Suspicious, StateUnknown, KeyError, TypeError, ValueError, msgspec.MsgspecError):
            watch.forget()
            return None
        return Cursor({worker: (number, end) for worker, (number, end) in head.places.items()})

    def save(self, watch: Watch, cursor: Cursor) -> None:
        """Replace the file; whoever is killed meanwhile leaves the old one or the new one.

        Raises:
            DiskFull: There is no room; the old file is untouched.
        """
        make_folder(self.path.parent)
        head = _Head(FORMAT, self.of, dict(cursor.places))
        arrays: dict[str, Any] = {**watch.pack(), "head": packed(msgspec.msgpack.encode(head))}
        replace_file(self.path, write_arrays(arrays))


class _Head(msgspec.Struct):
    format: int
    of: str
    places: dict[str, tuple[int, int]]
