"""A message, and what a service that takes it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told to one target, in its language already.

    Attributes:
        target: The target's name in the settings.
        key: What it is known by: the same key is never told twice, wherever the service can tell.
        title: One line.
        body: Plain text.
        language: In which of the house's languages it is written.
        again: An earlier attempt was cut off before its outcome was known.
    """

    target: str
    key: str
    title: str
    body: str
    language: str
    again: bool = False


class DeliveryFailed(Exception):
    """A service did not take a message; ``reason`` holds no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Service(Protocol):
    """The way out to a service."""

    def deliver(self, address: str, message: Message) -> None:
        """Hand a message over.

        Args:
            address: The target's address, its secrets in place.
            message: What to tell.

        Raises:
            DeliveryFailed: It was not taken, or nobody knows.
        """
