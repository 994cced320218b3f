"""``andamio deploy``: put a version in production."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from andamio.cli.output import Json, Output
from andamio.cli.trying import read_plan
from andamio.cli.what_answers import has_registry, local_switchboard, offering, tell
from andamio.errors import NotFound, UsageError, text
from andamio.language import say
from andamio.lifecycle import Change, Plan, Switchboard, deploy, deploy_bundle, take_in, try_bundle, try_out


def command(
    which: Annotated[
        str, typer.Argument(metavar="NAME@VERSION", help=say("the version, such as pump-health@3"))
    ],
    reason: Annotated[str, typer.Option(help=say("why, for the audit log"))] = "",
    despite_gates: Annotated[
        str, typer.Option(metavar="REASON", help=say("deploy although a gate failed, and why"))
    ] = "",
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help=say("a bundle from elsewhere, a memory stick for example")),
    ] = None,
    file_only: Annotated[
        bool, typer.Option("--file-only", help=say("without the registry, when its database is away"))
    ] = False,
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
    if file_only or not has_registry():
        board = local_switchboard()
        change, told = _deploy_here(board, which, bundle, plan), None
    else:
        with offering(text("andamio deploy {which} --file-only works without the database", which=which)):
            change, board, told = *_deploy_registered(which, reason, despite_gates, bundle, plan), reason
    tell(out, change, patience_s=board.patience_s, reason=told)
    if change.changed and plan is not None:
        out.say(
            "Make it the champion: andamio promote {model}; end the trial: andamio rollback {model} --trial",
            model=change.model,
        )
    elif change.changed and change.old is not None:
        out.say("Back to the version before, with its features: andamio rollback {model}", model=change.model)


def _deploy_registered(
    which: str, reason: str, despite_gates: str, bundle: Path | None, plan: Plan | None
) -> tuple[Change, Switchboard]:
    from andamio.app import Plant
    from andamio.registry import NewVersion, parse_reference

    plant = Plant.open()
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
    change = work(
        plant.registry,
        plant.switchboard,
        version.model,
        version.number,
        actor=plant.actor,
        reason=reason,
        despite_gates=despite_gates,
    )
    return change, plant.switchboard


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
