"""The caps that keep one request from starving the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may ask of the scoring process.

    ``inline_bytes`` is the size up to which a body is scored between two turns of the event loop;
    a larger one goes to a thread, so that small requests are answered meanwhile. A request that asks for
    explanations may have ``explained_rows``; the graph is asked ``explaining_rows`` for each of them at
    the most, for ``explaining_s`` in all, and ``explaining`` such requests are taken at once. ``held_bytes``
    is what all the bodies that come in pieces may hold together, and all the answers that are not taken. A
    connection idle for ``idle_s`` may have to give its place to a new one.
    """

    body_bytes: int = 16 * 1024 * 1024
    rows: int = 10_000
    in_flight: int = 1024
    connections: int = 1024
    held_bytes: int = 64 * 1024 * 1024
    head_timeout_s: float = 10.0
    keep_alive_s: int = 75
    idle_s: float = 5.0
    body_timeout_s: float = 20.0
    drain_timeout_s: float = 20.0
    inline_bytes: int = 64 * 1024
    threads: int = 1
    explained_rows: int = 16
    explaining_rows: int = 8192
    explaining_s: float = 1.0
    explaining: int = 4
