"""``andamio monitor report``: what is known of a model's work in a period, as one page with plots."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from andamio.cli.monitor_watching import Period
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.errors import NotFound, text
from andamio.kernel import clock
from andamio.kernel.settings import find_plant
from andamio.language import say
from andamio.monitoring.findings import Level
from andamio.monitoring.page import PeriodReport, look_back, write_page
from andamio.monitoring.rounds import open_past
from andamio.reports.evidently_snapshot import evidently_snapshot
from andamio.storage.files import replace_file

_EVERY = 15  # rows of an asset


def report(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=say("the model, or NAME@VERSION"))],
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=say("the page to write, such as report.html"))
    ] = None,
    evidently: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json", help=say("write the distances of every tag as an Evidently snapshot too")
        ),
    ] = None,
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help=say("from this day or moment on"))
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help=say("up to this day or moment"))] = "",
    *,
    json: Json = False,
) -> None:
    """Replay a period, compare every tag with the reference, and write it down."""
    out = Output(json=json)
    plant = find_plant()
    zone = plant.settings.time_zone
    period = Period.read(start, end, zone)
    for file in (out_file, evidently):
        if file is not None and not file.absolute().parent.is_dir():
            raise NotFound(
                text("there is no folder {path}", path=file.absolute().parent),
                fix=text("make it first, or name another file"),
            )
    watched = open_past(plant, model, partial(archive_of, plant), step=_EVERY)
    found = look_back(watched, period.start, period.end)
    path = out_file or plant.reports / f"{watched.model}@{watched.served.version}-monitor.html"
    path.parent.mkdir(exist_ok=True)
    replace_file(path, write_page(found, zone).encode())
    if evidently is not None:
        replace_file(evidently, _snapshot(found).encode())
    alarms = sum(episode.level is Level.ALARM for episode in found.episodes)
    out.say(
        "{rows} {rows:row|rows} looked at, {alarms} {alarms:alarm|alarms}; the page is {path}",
        rows=found.seen,
        alarms=alarms,
        path=path,
    )
    if evidently is not None:
        out.say("the snapshot for Evidently is {path}", path=evidently)
    out.data({**found.data(), "page": str(path), "evidently": None if evidently is None else str(evidently)})


def _snapshot(found: PeriodReport) -> str:
    told = found.data()
    about = {name: str(told[name]) for name in ("from", "to", "rows", "compared")}
    return evidently_snapshot(f"{told['model']}@{told['version']}", told["tags"], at=clock.now(), about=about)
