"""``andamio deploy``: put a version in production."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from andamio.cli.deciding import DespiteGates, FileOnly, Reason, decide
from andamio.cli.output import Json, Output
from andamio.cli.trying import read_plan
from andamio.errors import NotFound, UsageError, text
from andamio.language import say
from andamio.lifecycle import Change, Plan, Switchboard, deploy, deploy_bundle, take_in, try_bundle, try_out

if TYPE_CHECKING:
    from andamio.app import Plant


def command(
    which: Annotated[
        str, typer.Argument(metavar="NAME@VERSION", help=say("the version, such as pump-health@3"))
    ],
    reason: Reason = "",
    despite_gates: DespiteGates = "",
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help=say("a bundle from elsewhere, a memory stick for example")),
    ] = None,
    file_only: FileOnly = False,
    canary: Annotated[
        str, typer.Option(metavar="SHARE", help=say("let it answer this per cent of the assets only"))
    ] = "",
    ab: Annotated[
        str, typer.Option(metavar="SHARE", help=say("compare it with the champion on this per cent of them"))
    ] = "",
    shadow: Annotated[
        bool, typer.Option("--shadow", help=say("let it hear everything and answer nobody"))
    ] = False,
    *,
    json: Json = False,
) -> None:
    """Put a version in production and return when every scoring process serves it."""
    out = Output(json=json)
    plan = read_plan(which.partition("@")[0], canary, ab, shadow=shadow)
    way_out = text("andamio deploy {which} --file-only works without the database", which=which)
    change = decide(
        out,
        reason,
        way_out=None if file_only else way_out,
        here=lambda board: _deploy_here(board, which, bundle, plan),
        registered=lambda plant: _deploy_registered(plant, which, reason, despite_gates, bundle, plan),
    )
    if change.changed and plan is not None:
        out.say(
            "Make it the champion: andamio promote {model}; end the trial: andamio rollback {model} --trial",
            model=change.model,
        )
    elif change.changed and change.old is not None:
        out.say("Back to the version before, with its features: andamio rollback {model}", model=change.model)


def _deploy_registered(
    plant: Plant, which: str, reason: str, despite_gates: str, bundle: Path | None, plan: Plan | None
) -> Change:
    from andamio.registry import NewVersion, parse_reference

    reference = parse_reference(which)
    if bundle is not None:
        taken = take_in(plant.switchboard, bundle)
        version = plant.registry.register(NewVersion.of(taken, note=reason), actor=plant.actor)
    elif reference.version is None and reference.alias is None:
        newest = plant.registry.versions(reference.model)[-1]
        raise UsageError(
            text("tell which version of {model} to deploy", model=reference.model),
            fix=text("andamio deploy {newest} is the newest", newest=newest.reference),
        )
    else:
        version = plant.registry.resolve(reference)
    work = deploy if plan is None else partial(try_out, wanted=plan)
    return work(
        plant.registry,
        plant.switchboard,
        version.model,
        version.number,
        actor=plant.actor,
        reason=reason,
        despite_gates=despite_gates,
    )


def _deploy_here(board: Switchboard, which: str, bundle: Path | None, plan: Plan | None) -> Change:
    """Deploy on a box without a registry: the bundle is named, or was in production here before."""
    model, _, written = which.partition("@")
    number = int(written) if written.isascii() and written.isdigit() else None
    if bundle is not None:
        return _put_to_work(board, model, take_in(board, bundle).digest, number, plan)
    route = board.read().models.get(model)
    known = (*route.versions(), *route.previous) if route else ()
    served = next((one for one in known if one.version == number), None)
    if served is None:
        raise NotFound(
            text("without a registry this box does not know {which}", which=which),
            why=text("it knows only the versions that were in production here before"),
            fix=text("name the bundle's folder: andamio deploy {which} --bundle FOLDER", which=which),
        )
    return _put_to_work(board, model, served.digest, served.version, plan)


def _put_to_work(
    board: Switchboard, model: str, digest: str, number: int | None, plan: Plan | None
) -> Change:
    if plan is None:
        return deploy_bundle(board, model, digest, number=number)
    return try_bundle(board, model, plan, digest, number=number)
