"""Look into a packed list of texts without making an object of each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_FIXED, _ONE, _LIST16, _LIST32 = 0x90, 0x91, 0xDC, 0xDD
_TEXT, _TEXT8 = 0xA0, 0xD9


def count_items(packed: bytes | memoryview) -> int:
    """Count the items of a MessagePack list; none where it is something else."""
    return _head(memoryview(packed))[0]


def join_lists(lists: Iterable[bytes | memoryview]) -> tuple[bytes, list[int]]:
    """Put MessagePack lists one behind the other into one.

    Returns:
        The list of all items, and how many each list brought.
    """
    counts: list[int] = []
    parts: list[memoryview] = []
    for one in lists:
        view = memoryview(one)
        count, start = (1, 1) if view[0] == _ONE else _head(view)
        counts.append(count)
        if count:
            parts.append(view[start:])
    return b"".join([bytes([_LIST32]), sum(counts).to_bytes(4, "big"), *parts]), counts


def fixed_texts(packed: bytes | memoryview) -> NDArray[np.uint8] | None:
    """Return the characters of a list of texts that are all of one length; None where they are not.

    Args:
        packed: A MessagePack list.

    Returns:
        Their UTF-8 bytes, shape ``(texts, length)``.
    """
    view = memoryview(packed)
    rows, start = _head(view)
    if not rows or len(view) <= start + 1:
        return None
    mark = view[start]
    if mark == _TEXT8:
        skip, length = 2, view[start + 1]
    elif mark & 0xE0 == _TEXT:
        skip, length = 1, mark & 0x1F
    else:
        return None
    if len(view) - start != rows * (skip + length):
        return None
    table = np.frombuffer(view, np.uint8, offset=start).reshape(rows, skip + length)
    return table[:, skip:] if (table[:, :skip] == table[0, :skip]).all() else None


def _head(view: memoryview) -> tuple[int, int]:
    if not len(view):
        return 0, 0
    mark = view[0]
    if mark & 0xF0 == _FIXED:
        return mark & 0x0F, 1
    if mark == _LIST16:
        return int.from_bytes(view[1:3], "big"), 3
    if mark == _LIST32:
        return int.from_bytes(view[1:5], "big"), 5
    return 0, 0
