"""The scoring process: its own composition root.

It knows a folder of bundles, a deployment file, the trusted public keys, a journal folder and a folder
for its report, and nothing else of the plant.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import uvloop

from andamio import __version__
from andamio.bundles.keys import PublicKey
from andamio.bundles.workers import WorkerPost
from andamio.journal import Journal
from andamio.kernel.ids import IdMaker
from andamio.serving.application import Application
from andamio.serving.connections import Connections
from andamio.serving.exchange import Receive, Scope, Send
from andamio.serving.generation import Commit, Generation, Switchboard
from andamio.serving.guard import Guard, GuardOptions
from andamio.serving.journal_probe import JournalProbe
from andamio.serving.limits import Limits
from andamio.serving.loading import Loader
from andamio.serving.metrics import Metrics
from andamio.serving.reporting import Teller
from andamio.serving.routing import Shadows
from andamio.serving.server import server_of
from andamio.serving.sharing import Board
from andamio.serving.supervising import Supervisor
from andamio.serving.warming import Warming
from andamio.serving.watching import Watcher


class Tracer(Protocol):
    """Traces the requests of one worker; ``tracing.Tracing`` is the one there is."""

    def around(self, application: Application) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        """Return the application with a span around every request."""

    def watching(self, commit: Commit) -> Commit:
        """Return a commit that tells the request's span what it commits."""

    def close(self) -> None:
        """Send what waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What a scoring process is told.

    Attributes:
        bundles: Folder of bundles, one folder a digest.
        deployment: The deployment file; it may not exist yet.
        journal: Folder of the journal.
        workers: Folder of the workers' reports.
        trusted: Public keys that may have signed a bundle.
        host: A loopback address, or any address of this box if tokens guard it.
        port: 0 takes any free port.
        durability: What "recorded" survives: the death of the process, or also of the power.
        processes: Workers that answer, each with its own journal file.
        limits: The caps.
        guard: Tokens and certificate.
        peers_names: Show the metrics of MLServer and BentoML beside Andamio's own.
        default: The model that answers where an address names none; empty means the only one.
        tracing: Begins the traces of a worker, by its name; None where nobody asks for any.
    """

    bundles: Path
    deployment: Path
    journal: Path
    workers: Path
    trusted: Sequence[PublicKey]
    host: str = "127.0.0.1"
    port: int = 8081
    durability: Literal["process", "power-cut"] = "process"
    processes: int = 1
    limits: Limits = field(default_factory=Limits)
    guard: GuardOptions = field(default_factory=GuardOptions)
    peers_names: bool = False
    default: str = ""
    tracing: Callable[[str], Tracer] | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """What the process says of itself once it answers."""

    address: str
    worker: str
    generation: Generation


def serve(options: ServeOptions, announce: Callable[[Started], None]) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the requests on their way and close the journal.

    Args:
        options: What to serve, and where.
        announce: Called once, when the first request may come.

    Raises:
        AddressRefused: The host is not this box's own, and there are no tokens.
        AccessFileDamaged: The file of tokens cannot be read.
        CertificateRefused: The certificate or its key cannot be used.
        PortTaken: Another process listens there.
    """
    guard = Guard(options.guard)
    listener = guard.listen(options.host, options.port)

    board = Board(options.processes) if options.processes > 1 else None

    def work(number: int) -> None:
        told = announce if number == 1 else _say_nothing
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(options, guard, listener, number, told, board))

    try:
        if options.processes == 1:
            work(1)
        elif status := Supervisor(work, options.processes).run():
            raise SystemExit(status)
    finally:
        listener.close()


def _say_nothing(_: Started) -> None:
    """Leave the announcement to the first worker."""


async def _serve(
    options: ServeOptions,
    guard: Guard,
    listener: socket.socket,
    number: int,
    announce: Callable[[Started], None],
    board: Board | None,
) -> None:
    host, port = listener.getsockname()[:2]
    worker = f"serve-{port}-{number}"
    address = f"{guard.scheme}://[{host}]:{port}" if ":" in host else f"{guard.scheme}://{host}:{port}"
    metrics = Metrics(peers_names=options.peers_names)
    with (
        closing(WorkerPost(options.workers, worker, address=address)) as post,
        Journal(options.journal, worker, durability=options.durability) as journal,
        ThreadPoolExecutor(options.limits.threads, thread_name_prefix="score") as pool,
        closing(Shadows(lambda: Journal(options.journal, f"{worker}-shadow"), metrics.shadows)) as shadows,
    ):
        teller = Teller(post, journal)
        tracer = options.tracing(worker) if options.tracing is not None else None
        switchboard = Switchboard(
            journal.commit if tracer is None else tracer.watching(journal.commit),
            pool,
            metrics,
            options.limits,
            guard.asks_for_tokens,
            shadows,
            default=options.default,
        )
        probe = JournalProbe(journal.commit)
        metrics.journal_lag_s = lambda: probe.lag_s
        application = Application(switchboard.routes(Generation()), metrics, options.limits)

        def take_over(generation: Generation) -> None:
            application.routes = switchboard.routes(generation)
            teller.generation(generation)
            # What was just loaded stays: the collector need not walk through it at every round.
            gc.collect()
            gc.freeze()

        warming = Warming(strict=False)
        loader = Loader(options.deployment, options.bundles, options.trusted, IdMaker(), warming=warming)
        watcher = Watcher(options.deployment, loader.load, take_over)
        teller.event("start", address=address, andamio=__version__, pid=os.getpid())
        teller.generation(watcher.generation)
        await watcher.look()
        warming.strict = True
        connections = Connections(
            options.limits,
            listener if guard.encryption is None else None,
            application if tracer is None else None,
        )
        metrics.connections = connections
        works = [watcher.run(), probe.run(), connections.run()]
        if board is not None:
            metrics.shared = board.post(number, metrics.families)
            works.append(metrics.shared.run())
        at_work = [asyncio.create_task(work) for work in works]
        asked = application if tracer is None else tracer.around(application)
        server = server_of(asked, options.limits, guard, connections)
        server.on_start = lambda: announce(Started(address, worker, watcher.generation))
        try:
            async with guard.around(application, listener):
                await server.serve(sockets=[listener])
        finally:
            for task in at_work:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            if tracer is not None:
                await asyncio.to_thread(tracer.close)
            teller.event("stop")
