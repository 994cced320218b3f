"""What guards the doors of a scoring process: where it listens, its tokens, its certificate."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from andamio.access import read_tokens
from andamio.language import say
from andamio.serving.addresses import answer_for_any_host, check_host, is_loopback, listen
from andamio.serving.encryption import Encryption
from andamio.serving.following import Follower
from andamio.serving.gate import Gate

_log = logging.getLogger("andamio.serving")


class Guarded(Protocol):
    """An application whose doors are guarded; no gate admits all."""

    gate: Gate | None
    check_host: Callable[[bytes], None]  # refuses a Host header


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardOptions:
    """What guards the doors.

    Attributes:
        tokens: The file of access tokens; it may not exist.
        certificate: The TLS certificate's file; None leaves the connections readable.
        key: Its private key's file.
        insecure: Listen on any address although nobody needs a token.
    """

    tokens: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    insecure: bool = False


class Guard:
    """Opens the listening socket, and keeps the gate of an application as the tokens' file says.

    Raises:
        AccessFileDamaged: The file of tokens cannot be read.
        CertificateRefused: The certificate or its key cannot be used.
    """

    def __init__(self, options: GuardOptions) -> None:
        self._options = options
        self._application: Guarded | None = None
        self._exists = options.tokens is not None and read_tokens(options.tokens) is not None
        self.encryption = (
            Encryption(options.certificate, options.key) if options.certificate and options.key else None
        )

    def asks_for_tokens(self) -> bool:
        """Tell whether requests need a token at this moment."""
        return self._application is not None and self._application.gate is not None

    @property
    def scheme(self) -> str:
        """``https`` with a certificate, else ``http``."""
        return "https" if self.encryption else "http"

    def listen(self, host: str, port: int) -> socket.socket:
        """Open the listening socket; other machines may come only if they need a token.

        Raises:
            AddressRefused: The address is not this box's own, and there are no tokens.
            PortTaken: Another process listens there.
        """
        listener = listen(host, port, anywhere=self._exists or self._options.insecure)
        if not is_loopback(listener) and self.encryption is None:
            _log.warning(
                "%s", say("whoever listens to the network can read tokens and data: name a certificate")
            )
        return listener

    @asynccontextmanager
    async def around(self, application: Guarded, listener: socket.socket) -> AsyncIterator[None]:
        """Guard an application while the block runs."""
        self._application = application
        application.check_host = check_host if is_loopback(listener) else answer_for_any_host
        followers = []
        tokens = self._options.tokens
        if tokens is not None:
            followers.append(Follower([tokens], lambda: _take_tokens(application, tokens)))
        if self.encryption is not None:
            followers.append(Follower(self.encryption.files, self.encryption.renew))
        following = [asyncio.create_task(follower.run()) for follower in followers]
        try:
            yield
        finally:
            for task in following:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def _take_tokens(application: Guarded, path: Path) -> None:
    tokens = read_tokens(path)
    if tokens is not None:
        application.gate = Gate(tokens, application.gate)
