"""The past of the journal, where it was compacted; a box that never compacts loads nothing for it."""

from __future__ import annotations

from andamio.journal import Archive
from andamio.kernel.settings import PlantFolder


def archive_of(folder: PlantFolder) -> Archive | None:
    """Return the tables into which the journal was compacted; None when it never was.

    Raises:
        ModuleNotFoundError: It was, and this box has only the base; the door says how to install the rest.
    """
    if not any(folder.predictions.glob("_delta_log/*.json")):
        return None
    from andamio.archive import DeltaArchive

    return DeltaArchive(folder.hidden)
