"""What the bodies that come in pieces hold in memory, all of them together, until each request has ended."""

from __future__ import annotations

import asyncio

from andamio.errors import Overloaded, text


class _Room:
    def __init__(self) -> None:
        self.taken = 0


_room = _Room()


class Held:
    """What the request of this task holds; it is given back when the task ends.

    Args:
        cap: Bytes that all of them may hold together.
    """

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._size = 0
        task = asyncio.current_task()
        if task is not None:
            task.add_done_callback(self._give_back)

    def more(self, size: int) -> None:
        """Take room for another piece.

        Raises:
            Overloaded: There is none; an only body always finds room.
        """
        self._size += size
        _room.taken += size
        if _room.taken > self._cap and _room.taken > self._size:
            raise Overloaded(
                text(
                    "the large bodies on their way hold {cap} bytes together, which is the cap", cap=self._cap
                ),
                fix=text("send it again after a second; send fewer rows at once"),
            )

    def _give_back(self, _: object) -> None:
        _room.taken -= self._size
