"""The HTTP server of a process of the plant: quiet, told when it answers, ended kindly by SIGTERM."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

import uvicorn

from andamio.serving.connections import Connections
from andamio.serving.guard import Guard
from andamio.serving.limits import Limits


class DrainingServer(uvicorn.Server):
    """Tells when it answers, and ends with status 0 on SIGTERM: uvicorn would raise the signal again."""

    on_start: Callable[[], None]

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Begin to answer."""
        # Signals are caught by now: whoever was told that it answers may end it at once.
        await super().startup(sockets)
        self.on_start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  uvicorn names them
        """End when what is being answered is answered."""
        self.should_exit = True


def server_of(
    application: Callable[[Any, Any, Any], Awaitable[None]],
    limits: Limits,
    guard: Guard,
    connections: Connections,
) -> DrainingServer:
    """Make the server of an application behind its guard; ``on_start`` is the caller's to set."""
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=connections.protocol(),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=int(limits.drain_timeout_s),
    )
    if guard.encryption is not None:
        config.load()
        config.ssl = guard.encryption.context
    return DrainingServer(config)
