"""The open connections: how many there may be, and how long one may take up a place without using it.

A connection asks one thing at a time, so the cap on connections bounds the queue before the scorer: what
comes beyond it waits in the system's backlog, unread, and costs nothing. Reading a request only to refuse it
costs a good part of answering it; a queue of this length is answered well within a second. At the cap, a new
connection takes the place of the one that has been idle longest; where none is idle it is told to come
again. The event loop accepts one connection a turn, so the more there is to answer, the fewer are refused.

Once a second a sweep ends the connections whose request does not come to an end and those whose answer is
not taken. It costs the requests nothing: what it looks at is there anyway.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import weakref
from collections import Counter
from typing import Any, cast

from andamio.errors import AndamioError, BodyLate, Overloaded, text
from andamio.serving.application import Application
from andamio.serving.dialects.refusals import refusal_body
from andamio.serving.http_status import RETRY_AFTER_S, http_status
from andamio.serving.limits import Limits
from andamio.serving.shortcut import ShortcutProtocol

_SWEEP_S = 1.0
_LOOK_S = 0.1
_CROWDED_S = 5.0
_DROPPED = 64
_BUSY = 4
_SPARE_FILES = 128
_REFUSING = 32
_CLOSE_WAIT = b"\x08"  # TCP's state, as Linux numbers it
_REASONS = {408: b"Request Timeout", 429: b"Too Many Requests"}
_PATHS_CUT = 200


class Connections:
    """Every connection of one process.

    Args:
        limits: The caps.
        listener: Where they come from; None where accepting one is more than that (TLS).
        application: Who answers in the short way; None where every request goes the ordinary one.
    """

    def __init__(
        self,
        limits: Limits,
        listener: socket.socket | None = None,
        application: Application | None = None,
    ) -> None:
        self._limits = limits
        self._application = application
        self.listener = listener
        self.cap = min(limits.connections, _files() - _SPARE_FILES)
        self.open: set[_Connection] = set()
        self.refusing: set[asyncio.Protocol] = set()
        self.closed: Counter[str] = Counter()
        self._waiting: weakref.WeakKeyDictionary[_Connection, tuple[object, int]] = (
            weakref.WeakKeyDictionary()
        )
        self._idle: list[_Connection] = []
        self._look_again = 0.0
        self._crowded_until = 0.0
        self._welcomes: set[asyncio.Task[Any]] = set()

    def protocol(self) -> type[asyncio.Protocol]:
        """Return the class that the server makes its connections of."""
        own: dict[str, object] = {"_of": self, "application": self._application, "heads": {}}
        return type("Connection", (_Connection,), own)

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            self.sweep()

    def sweep(self) -> None:
        """End the connections that have made no use of their place for too long."""
        unread = sum(connection.unread() for connection in self.open)
        for connection in list(self.open):
            stuck = connection.stuck_at()
            before = self._waiting.pop(connection, None)
            if stuck is None:
                continue
            since = before[1] if before is not None and before[0] == stuck else 0
            waited_s = since * _SWEEP_S
            self._waiting[connection] = (stuck, since + 1)
            if connection.unread():
                crowded = unread > self._limits.held_bytes and since > 0
                if crowded or waited_s >= self._limits.body_timeout_s:
                    unread -= connection.unread()
                    self._end(connection, "answer not taken")
            elif waited_s >= self._limits.head_timeout_s:
                connection.tell(_head_late(self._limits))
                self._end(connection, "head late")

    def came(self, connection: _Connection) -> None:
        """Find a place for a new connection, or refuse it.

        In a crowd, who has closed its end has left the queue; otherwise it has said all that it had to say.
        """
        if connection.loop.time() < self._crowded_until and connection.has_left():
            self.closed["left"] += 1
            connection.transport.abort()
            self._clear(connection)
            return
        self.open.add(connection)
        if len(self.open) <= self.cap:
            return
        self._crowded_until = connection.loop.time() + _CROWDED_S
        idle = self._longest_idle()
        if idle is not None:
            if idle.timeout_keep_alive_task is None and not idle.unread():  # it has asked nothing yet
                idle.transport.write(_answer(b"/", _full(self.cap)))
            self._end(idle, "idle")
            return
        self.closed["full"] += 1
        connection.refuse(_full(self.cap))

    def _clear(self, model: _Connection) -> None:
        """Drop more of those that left the queue, up to the first that is still there.

        The event loop accepts one a turn; after a flood that would let the living wait behind the dead. While
        there is work, the requests that are here come first.
        """
        taken = self._application.in_flight if self._application is not None else 0
        if self.listener is None or max(taken, len(model.tasks)) > _BUSY:
            return
        for _ in range(_DROPPED):
            try:
                wire, _ = self.listener.accept()
            except OSError:
                return
            if not _has_left(wire):
                wire.setblocking(False)
                loop = asyncio.get_running_loop()
                welcome = loop.create_task(loop.connect_accepted_socket(model.another, wire))
                self._welcomes.add(welcome)
                welcome.add_done_callback(self._welcomed)
                return
            self.closed["left"] += 1
            wire.close()

    def _welcomed(self, welcome: asyncio.Task[Any]) -> None:
        self._welcomes.discard(welcome)
        if not welcome.cancelled() and welcome.exception() is not None:
            self.closed["left"] += 1

    def _longest_idle(self) -> _Connection | None:
        """Return a connection that nobody uses; looking through them all is done a few times a second."""
        now = asyncio.get_running_loop().time()
        latest = now + self._limits.keep_alive_s - self._limits.idle_s
        if not self._idle and now >= self._look_again:
            self._look_again = now + _LOOK_S
            silent = [other for other, (_, times) in self._waiting.items() if times > 1]
            used = [other for other in self.open if other.idle_until(latest) is not None]
            used.sort(key=lambda other: other.idle_until() or 0.0, reverse=True)
            self._idle = [*used, *silent]
        while self._idle:
            found = self._idle.pop()
            if found in self.open and (found.idle_until(latest) or found.stuck_at()) is not None:
                return found
        return None

    def _end(self, connection: _Connection, reason: str) -> None:
        self.closed[reason] += 1
        self.open.discard(connection)
        if connection.unread():
            connection.transport.abort()
        else:
            connection.transport.close()


class _Connection(ShortcutProtocol):
    """One connection. Nothing is added to the way of a request."""

    _of: Connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self._of.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._of.open.discard(self)
        super().connection_lost(exc)

    def has_left(self) -> bool:
        """Tell whether the client closed its end before it was accepted."""
        wire = self.transport.get_extra_info("socket")
        return wire is not None and _has_left(wire)

    def another(self) -> _Connection:
        """Make a connection of the same server."""
        return type(self)(config=self.config, server_state=self.server_state, app_state=self.app_state)

    def idle_until(self, latest: float = float("inf")) -> float | None:
        """When it ends by itself, the lowest being idle longest.

        None while there is something to do on it, or where it ends later than ``latest``.
        """
        timer = self.timeout_keep_alive_task
        if timer is None or self.is_answering or self.unread():
            return None
        # The short way does not wind the timer; both clocks are the system's monotonic one.
        ends = max(timer.when(), self.since + self.timeout_keep_alive)
        return ends if ends <= latest else None

    def unread(self) -> int:
        """Return the bytes of answers that the client has not taken."""
        return self.transport.get_write_buffer_size()

    def stuck_at(self) -> object | None:
        """Return a mark of where it waits for the client; the same mark a second later: it did not move."""
        if self.unread():
            return self.unread()
        on_its_way = self.cycle is not None and not self.cycle.response_complete
        if on_its_way or self.is_answering or self.timeout_keep_alive_task is not None:
            return None
        return id(self.scope)

    def tell(self, error: AndamioError) -> None:
        """Answer a request whose head began and did not come to an end; a silent client is told nothing."""
        if self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope):
            self.transport.write(_answer(b"/", error))

    def refuse(self, error: AndamioError) -> None:
        """Answer whatever comes on it with an error, and end it."""
        self._of.open.discard(self)
        self.connections.discard(self)
        self.transport.set_protocol(_Refusing(self.transport, error, self._of.refusing))


class _Refusing(asyncio.Protocol):
    """Answers the first bytes with a refusal: read first, or closing might spoil what was sent.

    Few may wait for their first bytes at a time; the others are told at once.
    """

    def __init__(
        self, transport: asyncio.Transport, error: AndamioError, others: set[asyncio.Protocol]
    ) -> None:
        self._transport = transport
        self._error = error
        self._others = others
        self._ending = asyncio.get_running_loop().call_later(_SWEEP_S, self.data_received, b"")
        others.add(self)
        if len(others) > _REFUSING:
            self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        words = data[:_PATHS_CUT].split(b" ", 2)
        self._transport.write(_answer(words[1] if len(words) == 3 else b"/", self._error))
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio names it
        self._ending.cancel()
        self._others.discard(self)


def _answer(path: bytes, error: AndamioError) -> bytes:
    status = http_status(error)
    content = refusal_body(path.decode("latin-1"), status, error)
    wait = b"retry-after: %d\r\n" % RETRY_AFTER_S[status] if status in RETRY_AFTER_S else b""
    kind = b"content-type: application/json\r\n"
    head = b"HTTP/1.1 %d %s\r\ncontent-length: %d\r\n%sconnection: close\r\n\r\n"
    return head % (status, _REASONS[status], len(content), kind + wait) + content


def _has_left(wire: socket.socket) -> bool:
    return wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == _CLOSE_WAIT


def _files() -> int:
    return max(2 * _SPARE_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _full(cap: int) -> Overloaded:
    return Overloaded(
        text("{cap} connections are open and at work, which is the cap", cap=cap),
        fix=text("come again after a second; keep a connection open and send the next request on it"),
    )


def _head_late(limits: Limits) -> BodyLate:
    return BodyLate(
        text(
            "the head of the request did not arrive whole within {seconds} s", seconds=limits.head_timeout_s
        ),
        fix=text("send it again"),
    )
