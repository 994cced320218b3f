"""A place in the journal for a command: the first that no other command holds at this moment."""

from __future__ import annotations

from pathlib import Path

from andamio.errors import Busy
from andamio.journal import Durability, Journal

_PLACES = 16


def command_journal(folder: Path, command: str, durability: Durability) -> Journal:
    """Take a journal named ``COMMAND-1``, ``COMMAND-2``, … so that names are few and used again.

    Raises:
        Busy: All of them are held.
        JournalFull: There is no room on the disk.
    """
    for number in range(1, _PLACES):
        try:
            return Journal(folder, f"{command}-{number}", durability=durability)
        except Busy:
            continue
    return Journal(folder, f"{command}-{_PLACES}", durability=durability)
