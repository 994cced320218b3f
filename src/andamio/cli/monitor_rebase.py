"""``andamio monitor rebase``: decide that what the process does now is normal, or take that back."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from typing import Annotated

import typer

from andamio.app import Plant
from andamio.cli.monitor_watching import Period
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.errors import UsageError, text
from andamio.language import say
from andamio.lifecycle.rebasing import rebase as learn_anew
from andamio.lifecycle.rebasing import undo_rebase
from andamio.monitoring.plain import iso_time
from andamio.monitoring.references import References
from andamio.monitoring.rounds import Rounds, routes_of


def rebase(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=say("the model"))],
    reason: Annotated[str, typer.Option(help=say("why, for the audit log"))] = "",
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help=say("from this day or moment on"))
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help=say("up to this day or moment"))] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help=say("go back to what it compared with before"))
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help=say("although an alarm says that a sensor is broken"))
    ] = False,
    *,
    json: Json = False,
) -> None:
    """Learn what normal is from the journal's rows of a period; the bundle stays as it is."""
    out = Output(json=json)
    plant = Plant.open()
    try:
        if undo:
            if start or end or anyway:
                raise UsageError(
                    text("--undo takes no period"), fix=text("andamio monitor rebase MODEL --undo")
                )
            _undo(plant, model, reason, out)
        else:
            _rebase(plant, model, reason, Period.read(start, end, plant.settings.time_zone), anyway, out)
    finally:
        plant.database.close()


def _rebase(plant: Plant, model: str, reason: str, period: Period, anyway: bool, out: Output) -> None:
    folder = plant.folder
    name = model.partition("@")[0]
    routes_of(folder, name)
    with closing(Rounds(folder, partial(archive_of, folder), name, yielding=True)) as rounds:
        found = rounds.go(time.time())
        if not found.looked:
            raise next(iter(found.failures.values()))
        watched = found.looked[0].watched
        learnt = learn_anew(
            watched,
            References(folder.monitor / name / "references"),
            plant.signer,
            plant.audit,
            actor=plant.actor,
            reason=reason,
            start=period.start,
            end=period.end,
            anyway=anyway,
        )
    out.say(
        "{model}@{version} is compared with {rows} rows from now on, {start} to {end}",
        model=name,
        version=learnt.version,
        rows=learnt.rows,
        start=(iso_time(learnt.since) or "")[:16],
        end=(iso_time(learnt.until) or "")[:16],
    )
    out.say("Take it back: andamio monitor rebase {model} --undo", model=name)
    out.data(
        {
            "model": name,
            "version": learnt.version,
            "reference": learnt.id,
            "rows": learnt.rows,
            "since": iso_time(learnt.since),
            "until": iso_time(learnt.until),
            "reason": learnt.reason,
        }
    )


def _undo(plant: Plant, model: str, reason: str, out: Output) -> None:
    name = model.partition("@")[0]
    champion = routes_of(plant.folder, name)[name].champion
    references = References(plant.folder.monitor / name / "references")
    undone = undo_rebase(
        name, champion.version, champion.digest, references, plant.audit, actor=plant.actor, reason=reason
    )
    now = references.current(champion.digest)
    if now is None:
        out.say("{model} is compared with what was learnt at training again", model=name)
    else:
        out.say("{model} is compared with the rebase before again", model=name)
    out.data({"model": name, "version": champion.version, "undone": undone, "reference": now or "bundle"})
