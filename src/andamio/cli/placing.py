"""Say which file an error is about, where the room that raised it saw only the rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from andamio.errors import InputRefused, text


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Let a refusal that names no place name this file."""
    try:
        yield
    except InputRefused as error:
        if error.where is None:
            error.where = text("{path}", path=path)
        raise
