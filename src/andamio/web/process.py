"""The loop of the control process and its server, in one process that may die without a missed prediction."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import uvloop

from andamio.errors import AndamioError
from andamio.kernel.settings import PlantFolder
from andamio.monitoring.looking import look_at_machines
from andamio.monitoring.rounds import Past, Rounds
from andamio.serving.connections import Connections
from andamio.serving.guard import Guard, GuardOptions
from andamio.serving.limits import Limits
from andamio.serving.reporting import one_line
from andamio.serving.server import server_of
from andamio.web.alarm_desk import AlarmDesk, NoAlarms, hand_over
from andamio.web.application import ControlApplication

_log = logging.getLogger("andamio.web")
_LIMITS = Limits(body_bytes=16 * 1024, in_flight=64, connections=128, drain_timeout_s=5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlOptions:
    """What a control process is told.

    Attributes:
        plant: The plant's folder.
        past: Opens the journal's archive, where there is one.
        host: A loopback address, or any address of this box if tokens guard it.
        port: 0 takes any free port.
        interval_s: How often it looks at the journal.
        guard: Tokens and certificate.
        desk: Whoever keeps the alarms.
        report: Writes the page of a model, by what the query says.
    """

    plant: PlantFolder
    past: Past
    report: Callable[[str, Mapping[str, str]], str]
    host: str = "127.0.0.1"
    port: int = 8080
    interval_s: float = 30.0
    guard: GuardOptions = field(default_factory=GuardOptions)
    desk: AlarmDesk = field(default_factory=NoAlarms)


@dataclass(frozen=True, slots=True)
class ControlStarted:
    """What the process says of itself once it answers."""

    address: str


def run_control(options: ControlOptions, announce: Callable[[ControlStarted], None]) -> None:
    """Watch and answer until SIGTERM or Ctrl-C.

    Args:
        options: What to watch, and where to answer.
        announce: Called once, when the first request may come.

    Raises:
        AddressRefused: The host is not this box's own, and there are no tokens.
        AccessFileDamaged: The file of tokens cannot be read.
        PortTaken: Another process listens there.
    """
    guard = Guard(options.guard)
    listener = guard.listen(options.host, options.port)
    look = partial(look_at_machines, options.plant, options.past)
    application = ControlApplication(options.desk, options.report, look)
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(options, application, ended), name="watch")
    watcher.start()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(application, guard, listener, announce))
    finally:
        ended.set()
        listener.close()
        watcher.join()


def _watch(options: ControlOptions, application: ControlApplication, ended: threading.Event) -> None:
    """Go round until told to stop; whatever fails in one round is said, and the next one goes on."""
    failing: dict[str, str] = {}
    with closing(Rounds(options.plant, options.past)) as rounds:
        while not ended.is_set():
            try:
                found = rounds.go(time.time())
                try:
                    hand_over(options.desk, found)
                finally:
                    application.standing = application.standing.after(found)
                now = {name: one_line(error) for name, error in found.failures.items()}
            except AndamioError as error:
                now = {"": one_line(error)}
            except Exception as error:  # noqa: BLE001  the watch must outlive what it did not foresee
                now = {"": repr(error)}
                if now != failing:
                    _log.exception("an error that should not happen, in the watch")
            for name in now.keys() - failing.keys():
                _log.error("%s: %s", name or "the watch", now[name])
            failing = now
            ended.wait(options.interval_s)


async def _serve(
    application: ControlApplication,
    guard: Guard,
    listener: socket.socket,
    announce: Callable[[ControlStarted], None],
) -> None:
    host, port = listener.getsockname()[:2]
    address = f"{guard.scheme}://[{host}]:{port}" if ":" in host else f"{guard.scheme}://{host}:{port}"
    connections = Connections(_LIMITS, None, None)
    server = server_of(application, _LIMITS, guard, connections)
    server.on_start = lambda: announce(ControlStarted(address))
    looking = asyncio.create_task(connections.run())
    try:
        async with guard.around(application, listener):
            await server.serve(sockets=[listener])
    finally:
        looking.cancel()


def guard_of(plant: PlantFolder, *, insecure: bool) -> GuardOptions:
    """Return what guards the doors of a plant's control process: what guards its scoring process."""
    certificate: Path | None
    certificate, key = plant.certificate or (None, None)
    return GuardOptions(tokens=plant.tokens, certificate=certificate, key=key, insecure=insecure)
