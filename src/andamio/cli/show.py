"""``andamio show``: a model, one of its versions, or what was in production on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from andamio.app import Plant
from andamio.bundles import Bundle
from andamio.cli.beside import beside_data, tell_beside
from andamio.cli.output import Json, Output
from andamio.cli.versions import (
    figure,
    interval,
    metric_label,
    moment,
    tell_claims,
    tell_offered,
    verdict,
)
from andamio.errors import UsageError, text
from andamio.language import say
from andamio.registry import CHAMPION, AliasChange, Version, parse_moment, parse_reference


def command(
    which: Annotated[
        str,
        typer.Argument(
            metavar="[NAME[@VERSION]]",
            help=say("a model, a version (pump-health@3) or an alias (pump-health@champion)"),
            show_default=False,
        ),
    ] = "",
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help=say("what was in production then: 2026-11-01 (the end of that day) or 2026-11-01T14:30"),
        ),
    ] = "",
    *,
    json: Json = False,
) -> None:
    """Show what was asked for."""
    out = Output(json=json)
    plant = Plant.open()
    at = parse_moment(as_of, plant.settings.time_zone) if as_of else None
    if not which:
        if at is None:
            raise UsageError(
                text("tell which model or version to show"),
                fix=text("andamio show NAME, or andamio show --as-of 2026-11-01; andamio models lists them"),
            )
        _show_plant(out, plant, at)
        return
    reference = parse_reference(which)
    if at is None and reference.version is None and reference.alias is None:
        _show_model(out, plant, reference.model)
        return
    version = plant.registry.resolve(reference, at=at)
    if at is not None:
        out.say("On {moment} this version was in production:", moment=at.astimezone(plant.settings.time_zone))
    _show_version(out, plant, version)


def _show_plant(out: Output, plant: Plant, at: datetime) -> None:
    """What was in production then, for every model."""
    changes = plant.registry.aliases.as_of(at)
    here = at.astimezone(plant.settings.time_zone)
    rows = [(change, plant.registry.version(change.model, change.version or 0)) for change in changes]
    out.data({"as_of": at.isoformat(), "in_production": [_in_production(c, v) for c, v in rows]})
    if not rows:
        out.say("On {moment} nothing was in production.", moment=here)
        return
    out.say("On {moment} this was in production:", moment=here)
    out.table(
        [say("version"), say("since"), say("decided by"), say("reason"), say("bundle")],
        [
            [
                version.reference if change.alias == CHAMPION else f"{version.reference} ({change.alias})",
                moment(change.since, plant),
                change.actor,
                change.reason or "–",
                version.digest[:12],
            ]
            for change, version in rows
        ],
    )


def _in_production(change: AliasChange, version: Version) -> dict[str, object]:
    return {**msgspec.structs.asdict(change), "digest": version.digest}


def _show_model(out: Output, plant: Plant, model: str) -> None:
    """A model's versions, and which one answers."""
    versions = plant.registry.versions(model)
    champion = plant.registry.aliases.number(model)
    history = plant.registry.aliases.history(model)
    route = plant.switchboard.read().models.get(model)
    out.data(
        {"model": model, "champion": champion, "versions": versions, "history": history, **beside_data(route)}
    )
    out.say("{model}: {n} versions", model=model, n=len(versions), style="bold")
    out.table(
        [say("version"), say("deployable"), say("made"), say("by"), say("dataset"), say("note"), ""],
        [
            [
                f"@{version.number}",
                say("yes") if version.deployable else say("no"),
                moment(version.created_at, plant),
                version.created_by,
                f"{version.dataset}@{version.dataset_version}",
                version.note or "–",
                say("in production") if version.number == champion else "",
            ]
            for version in versions
        ],
    )
    if history:
        out.blank()
        out.table(
            [say("in production"), say("since"), say("decided by"), say("reason")],
            [
                [
                    f"@{change.version}" if change.version else "–",
                    moment(change.since, plant),
                    change.actor,
                    change.reason or "–",
                ]
                for change in history
            ],
        )
    tell_beside(out, model, route)
    out.say("Next: andamio show {reference}", reference=versions[-1].reference)


def _show_version(out: Output, plant: Plant, version: Version) -> None:
    """One version, from its signed bundle."""
    bundle = plant.switchboard.open(version.model, version.digest)
    report = plant.folder.reports / f"{version.reference}.html"
    out.data(
        {
            "version": version,
            "evaluation": bundle.evaluation,
            "parity": bundle.parity,
            "lineage": bundle.lineage,
            "record": bundle.record,
            "report": report if report.is_file() else None,
        }
    )
    out.say(
        "{reference}: {kind}, made {moment} by {who}",
        reference=version.reference,
        kind=version.kind,
        moment=datetime.fromisoformat(version.created_at).astimezone(plant.settings.time_zone),
        who=version.created_by,
        style="bold",
    )
    out.say("  learnt from {dataset}@{version}", dataset=version.dataset, version=version.dataset_version)
    out.say("  bundle {digest}", digest=version.digest)
    if version.note:
        out.say("  {note}", note=version.note)
    _show_evaluation(out, bundle)
    tell_offered(out, bundle.lineage)
    tell_claims(out, bundle.evaluation, version.model)
    out.blank()
    if report.is_file():
        out.say("The whole report: {report}", report=report)
    if plant.registry.aliases.number(version.model) == version.number:
        out.say("It is in production.")
    elif version.deployable:
        out.say("Next: andamio deploy {reference} --reason WHY", reference=version.reference)


def _show_evaluation(out: Output, bundle: Bundle) -> None:
    evaluation = bundle.evaluation
    if evaluation.get("metrics"):
        out.blank()
        out.table(
            [
                say("on held-out rows") if not evaluation.get("measured") else say("on all rows"),
                say("value and 95 % interval"),
            ],
            [[metric_label(name), interval(found)] for name, found in _measured(evaluation)],
        )
    if evaluation["gates"]:
        out.blank()
        out.table(
            [say("gate"), say("where"), say("measured"), say("verdict")],
            [
                [gate["gate"], gate["where"], figure(gate["value"]), verdict(gate["passed"])]
                for gate in evaluation["gates"]
            ],
        )
    out.say("It may be deployed.") if evaluation["deployable"] else out.say(
        "It may not be deployed: a gate failed.", style="red"
    )


def _measured(evaluation: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The metrics that could be measured, the one that models are compared by first."""
    found = [(name, one) for name, one in evaluation["metrics"].items() if one["value"] is not None]
    return sorted(found, key=lambda pair: pair[0] != evaluation["main"])
