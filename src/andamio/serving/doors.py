"""What answers at an address. A door knows its model and its work; it knows nothing of HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class PostDoor(Protocol):
    """Takes the JSON body of a POST and returns the JSON of the answer, or raises an AndamioError."""

    async def answer(self, body: bytes) -> bytes:
        """Do the work of one request."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """What a GET returns."""

    content: bytes
    kind: bytes = b"application/json"


class GetDoor(Protocol):
    """Returns a page, or raises an AndamioError."""

    def page(self) -> Page:
        """Write the page as it is at this moment."""
        ...
