"""``andamio up``: go on watching, and tell of it over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from andamio.cli.alarm_keeping import desk_of
from andamio.cli.monitor_watching import Period
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.kernel import clock
from andamio.kernel.settings import PlantFolder, find_plant
from andamio.language import say
from andamio.monitoring.page import look_back, write_page
from andamio.monitoring.rounds import open_past
from andamio.serving.logs import log_to_stderr
from andamio.web import ControlOptions, ControlStarted, run_control
from andamio.web.process import guard_of

_EVERY = 60  # rows of an asset
_USUAL = timedelta(days=7)


def command(
    host: Annotated[
        str, typer.Option(help=say("the address to listen on (default: the plant's setting)"))
    ] = "",
    port: Annotated[
        int, typer.Option(help=say("the port; 0 takes any free one (default: the plant's setting)"))
    ] = -1,
    interval: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help=say("how often (default: the plant's setting)"))
    ] = 0,
    insecure: Annotated[
        bool, typer.Option("--insecure", help=say("listen on other addresses although there are no tokens"))
    ] = False,
    *,
    json: Json = False,
) -> None:
    """Watch every model that answers, until SIGTERM or Ctrl-C, and answer what stands."""
    plant = find_plant()
    out = Output(json=json)
    log_to_stderr(plant.settings.logs.format, plant.settings.logs.level)
    options = ControlOptions(
        plant=plant,
        past=partial(archive_of, plant),
        report=partial(_page, plant),
        host=host or plant.settings.control.host,
        port=plant.settings.control.port if port < 0 else port,
        interval_s=interval or plant.settings.monitor.interval_s,
        guard=guard_of(plant, insecure=insecure),
        desk=desk_of(plant),
    )

    def announce(started: ControlStarted) -> None:
        out.data({"address": started.address})
        out.say("the watch answers at {address}/api/v1/models", address=started.address)
        out.say("Ctrl-C ends it")
        sys.stdout.flush()

    run_control(options, announce)
    out.say("the watch is kept; it goes on where it ended")


def _page(plant: PlantFolder, model: str, query: Mapping[str, str]) -> str:
    """Write a model's page: of the period that is asked for, else of the last seven days."""
    zone = plant.settings.time_zone
    period = Period.read(query.get("from", ""), query.get("to", ""), zone)
    start = period.start
    if not query.get("from") and not query.get("to"):
        start = (clock.now() - _USUAL).timestamp()
    watched = open_past(plant, model, partial(archive_of, plant), step=_EVERY)
    return write_page(look_back(watched, start, period.end), zone)
