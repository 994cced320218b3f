"""``andamio serve``: answer predictions over HTTP on this box."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated

import msgspec
import typer

from andamio.bundles.keys import PublicKey
from andamio.cli.output import Json, Output
from andamio.contracts import example_row
from andamio.errors import MissingExtra, text
from andamio.kernel.settings import TracesSection, find_plant
from andamio.language import error_json, render_error, say
from andamio.serving.guard import GuardOptions
from andamio.serving.logs import log_to_stderr
from andamio.serving.process import ServeOptions, Started, Tracer, serve
from andamio.serving.scorer import Scorer


def command(
    host: Annotated[
        str, typer.Option(help=say("the address to listen on (default: the plant's setting)"))
    ] = "",
    port: Annotated[
        int, typer.Option(help=say("the port; 0 takes any free one (default: the plant's setting)"))
    ] = -1,
    workers: Annotated[
        int, typer.Option(min=0, max=64, help=say("processes that answer (default: the plant's setting)"))
    ] = 0,
    insecure: Annotated[
        bool, typer.Option("--insecure", help=say("listen on other addresses although there are no tokens"))
    ] = False,
    default: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help=say("the model that answers at /invocations (default: the only one deployed)"),
        ),
    ] = "",
    *,
    json: Json = False,
) -> None:
    """Serve what the deployment file names until SIGTERM or Ctrl-C."""
    plant = find_plant()
    setting = plant.settings.serving
    out = Output(json=json)
    log_to_stderr(plant.settings.logs.format, plant.settings.logs.level)
    certificate, key = plant.certificate or (None, None)
    options = ServeOptions(
        bundles=plant.bundles,
        deployment=plant.deployment,
        journal=plant.journal,
        workers=plant.workers,
        trusted=tuple(PublicKey.parse(key) for key in plant.settings.keys.trusted),
        host=host or setting.host,
        port=setting.port if port < 0 else port,
        durability=setting.durability,
        processes=workers or setting.workers,
        guard=GuardOptions(tokens=plant.tokens, certificate=certificate, key=key, insecure=insecure),
        peers_names=plant.settings.metrics.compatible,
        default=default,
        tracing=_tracing(plant.settings.traces),
    )

    def announce(started: Started) -> None:
        served = {name: scorer.version for name, scorer in sorted(started.generation.scorers.items())}
        out.data(
            {
                "address": started.address,
                "worker": started.worker,
                "generation": started.generation.number,
                "models": served,
                "errors": [error_json(error)["error"] for error in started.generation.errors.values()],
            }
        )
        _tell(out, started, served)
        sys.stdout.flush()

    serve(options, announce)
    out.say("the requests on their way were answered; the journal is closed")


def _tell(out: Output, started: Started, served: dict[str, int]) -> None:
    address = started.address
    if not out.json:
        for error in started.generation.errors.values():
            sys.stderr.write(render_error(error) + "\n")
    if not served and started.generation.errors:
        out.say("nothing of what is deployed can answer; the process lives at {address}", address=address)
    elif served:
        models = ", ".join(f"{name}@{version}" for name, version in served.items())
        out.say("{models} answers at {address}", models=models, address=address)
        first = started.generation.scorers[min(served)]
        if first.contract.signals:  # as many samples as fill a screen help nobody
            out.say("what a row looks like: {address}/docs", address=address)
        else:
            out.say("a prediction, with values made up from the contract:")
            out.say("{line}", line=_curl(address, first))
    else:
        out.say("nothing is deployed yet; it will answer at {address}", address=address)
        out.say("deploy a version from another terminal: andamio deploy NAME@VERSION")
    out.say("Ctrl-C ends it")


def _curl(address: str, scorer: Scorer) -> str:
    body = msgspec.json.encode({"row": example_row(scorer.contract)}).decode()
    place = f"{address}/v1/models/{scorer.model}/predict"
    return f"curl -s {place} -H 'Content-Type: application/json' -d {shlex.quote(body)}"


def _tracing(section: TracesSection) -> Callable[[str], Tracer] | None:
    """Trace where the settings name a collector, or its standard variable does and the extra is there."""
    if section.endpoint is None and not any(os.environ.get(name) for name in _ENDPOINTS):
        return None
    try:
        from andamio.serving.tracing import Tracing
    except ModuleNotFoundError as error:
        if section.endpoint is None:
            return None
        raise MissingExtra(
            text("traces need a package that is not installed: {package}", package=error.name or ""),
            fix=text("install Andamio's {extra} extra from where this copy came from", extra="[otel]"),
        ) from error
    return partial(Tracing, section.endpoint, section.share)


_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
