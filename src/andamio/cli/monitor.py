"""``andamio monitor``: watch what is answered, and say what stands."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from andamio.cli.alarm_keeping import desk_of
from andamio.cli.monitor_output import Teller, looked_data, tell_episodes, tell_look
from andamio.cli.monitor_rebase import rebase
from andamio.cli.monitor_report import report
from andamio.cli.monitor_watching import Period, look_on
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.errors import AndamioError
from andamio.kernel.settings import find_plant
from andamio.language import error_json, say
from andamio.monitoring.findings import Level
from andamio.monitoring.following import Replay
from andamio.monitoring.plain import episode_data
from andamio.monitoring.rounds import Rounds, open_past, routes_of
from andamio.web.alarm_desk import hand_over

_LOOK = "look"
ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help=say("the model, or NAME@VERSION"))]
From = Annotated[str, typer.Option("--from", metavar="TIME", help=say("from this day or moment on"))]
To = Annotated[str, typer.Option("--to", metavar="TIME", help=say("up to this day or moment"))]


class _LookFirst(TyperGroup):
    """A group whose first command is meant where none is named: ``andamio monitor pump-health``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in {"--help", "-h"}):
            args = [_LOOK, *args]
        return super().parse_args(ctx, args)


command = typer.Typer(cls=_LookFirst)


@command.callback()
def monitor() -> None:
    """Watch what is answered; without a word, look once at every model."""


@command.command(_LOOK, help=say("Look once, or go on looking, and say what stands"))
def look(
    model: Annotated[
        str, typer.Argument(metavar="[MODEL]", help=say("one model only"), show_default=False)
    ] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help=say("go on looking until Ctrl-C or SIGTERM"))
    ] = False,
    interval: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help=say("how often (default: the plant's setting)"))
    ] = 0,
    *,
    json: Json = False,
) -> None:
    """Read the journal from where the last look ended, and say what stands, the most urgent first."""
    out = Output(json=json)
    plant = find_plant()
    routes_of(plant, model)
    if watch:
        look_on(
            plant, model, Teller(out, plant.settings.time_zone), interval or plant.settings.monitor.interval_s
        )
        return
    with closing(Rounds(plant, partial(archive_of, plant), model, yielding=True)) as rounds:
        found = rounds.go(time.time())
        failures = list(found.failures.values())
        try:
            hand_over(desk_of(plant), found)
        except AndamioError as error:
            failures.append(error)
    for one in found.looked:
        tell_look(out, one, plant.settings.time_zone)
    if not found.looked and not failures:
        out.say("Nothing is in production yet. Next: andamio train MODEL, then andamio deploy MODEL@1")
    out.data(
        {
            "models": [looked_data(one) for one in found.looked],
            **({"errors": [error_json(error)["error"] for error in failures]} if failures else {}),
        }
    )
    alarms = any(f.level is Level.ALARM for one in found.looked for f in one.findings)
    if alarms:
        out.say("Acknowledge them, or put them aside: andamio alarms")
    _end(failures, alarms, json=json)


@command.command(
    "replay", help=say("Say what would have alarmed in a stretch of the past, from when to when")
)
def replay(
    model: ModelArgument,
    start: From = "",
    end: To = "",
    every: Annotated[
        int, typer.Option(min=1, metavar="ROWS", help=say("ask the detectors after so many rows of an asset"))
    ] = 15,
    *,
    json: Json = False,
) -> None:
    """Show a fresh watch the rows of a period; nothing is kept and nobody is alarmed."""
    out = Output(json=json)
    plant = find_plant()
    period = Period.read(start, end, plant.settings.time_zone)
    watched = open_past(plant, model, partial(archive_of, plant), step=every)
    past = Replay(watched.watch, period.start, period.end)
    episodes = past.run(watched.follower.stream)
    tell_episodes(out, watched, past.rows, episodes, plant.settings.time_zone)
    out.data(
        {
            "model": watched.model,
            "version": watched.served.version,
            "rows": past.rows,
            "episodes": [episode_data(episode) for episode in episodes],
        }
    )


command.command("report", help=say("Write what is known of a model's work as a page with plots"))(report)
command.command("rebase", help=say("Learn anew what the monitor compares with, or take that back"))(rebase)


def _end(failures: list[AndamioError], alarms: bool, *, json: bool) -> None:
    if failures and not json:
        raise failures[0]
    if failures:
        raise typer.Exit(failures[0].exit_status)
    if alarms:
        raise typer.Exit(1)
