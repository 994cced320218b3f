"""The short way of a request whose head has been here before.

A machine sends the same head with every row: the same address, the same headers, a few lengths. The first
time, the HTTP parser reads it and the application checks it. When the very same bytes come again at the
beginning of a message, what they mean is known, so that nothing of it is parsed or checked twice: the row
is decoded where it arrives, and joins the rows of this turn. Whatever is not exactly that (a new head, a body
in pieces, several rows, a bad row, an error) goes the ordinary way from its first byte.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from andamio.serving.application import Application, KnownHead
from andamio.serving.request_ids import next_id

_LONGEST_HEAD = 2048
_MOST_HEADS = 1024
_MOST_HELD = 64 * 1024
_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\nx-request-id: %b\r\n\r\n%b"
)

Heads = dict[bytes, KnownHead]


class ShortcutProtocol(HttpToolsProtocol):
    """One connection.

    Attributes:
        application: Who answers in the short way; None where every request goes the ordinary one.
        heads: What is known; all connections of a process share it.
        since: When the last request of the short way began, on the clock of ``perf_counter``.
    """

    application: ClassVar[Application | None] = None
    heads: ClassVar[Heads] = {}

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.since = 0.0
        self._between = True
        self._sent = b""
        self._head: KnownHead | None = None
        self._held = b""
        self._ends = False

    @property
    def is_answering(self) -> bool:
        """Whether a request is on the short way at this moment."""
        return self._head is not None

    def data_received(self, data: bytes) -> None:
        """Answer a request that is whole and known; leave any other to the parser."""
        if self._head is not None:
            self._hold(data)
            return
        application = self.application
        if application is None or not self._is_free():
            super().data_received(data)
            return
        end = data.find(b"\r\n\r\n") + 4
        head = self.heads.get(data[:end])
        if head is not None and len(data) - end == head.length and not self.flow.write_paused:
            self._head, self._sent, self.since = head, data, perf_counter()
            if application.take(head, data[end:], self):
                return
            self._head = None
        super().data_received(data)
        if head is None and 4 <= end <= _LONGEST_HEAD and self._between and self.cycle is not None:
            self._learn(application, data[:end], len(data) - end)

    def answered(self, content: bytes) -> None:
        """Send the answer."""
        head, self._head = self._head, None
        if head is None or self.application is None:
            return
        self.application.answered(head, self.since)
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.transport.write(_ANSWER % (len(content), next_id(), content))
        if self._ends:
            self.transport.close()
        elif self.timeout_keep_alive_task is None:
            self._watch(self.timeout_keep_alive)
        self._go_on()

    def failed(self, error: BaseException) -> None:  # noqa: ARG002  the ordinary way finds it again
        """Go the ordinary way, which fails again and says why: nothing was recorded."""
        self._head = None
        if self.application is not None:
            self.application.left()
        if self.transport.is_closing():
            return
        super().data_received(self._sent)
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what nobody waits for."""
        self._held = b""
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Finish the request on its way, then close."""
        if self._head is not None:
            self._ends = True
        else:
            super().shutdown()

    def on_message_begin(self) -> None:
        """Know that the parser is within a message."""
        self._between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Know that it is not."""
        self._between = True
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that has been still for long; the short way does not wind the clock."""
        still_s = perf_counter() - self.since
        if self._head is None and still_s >= self.timeout_keep_alive:
            super().timeout_keep_alive_handler()
        else:
            self._watch(max(1.0, self.timeout_keep_alive - still_s))

    def _watch(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _is_free(self) -> bool:
        """Whether the parser is between two messages, and nothing of this connection is being answered."""
        return self._between and not self.pipeline and (self.cycle is None or self.cycle.response_complete)

    def _learn(self, application: Application, sent: bytes, length: int) -> None:
        """Remember the head of the one whole request that was sent."""
        if self.pipeline or self.transport.is_closing() or self.parser.should_upgrade():
            return
        head = application.know(dict(self.cycle.scope))
        if head is not None and head.length == length:
            if len(self.heads) >= _MOST_HEADS:
                self.heads.clear()
            self.heads[sent] = head

    def _hold(self, data: bytes) -> None:
        """Keep what came before its turn."""
        self._held += data
        if len(self._held) > _MOST_HELD:
            self.flow.pause_reading()

    def _go_on(self) -> None:
        held, self._held = self._held, b""
        if held and not self.transport.is_closing():
            self.flow.resume_reading()
            self.data_received(held)
