"""``andamio compare``: two versions side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from andamio.app import Plant
from andamio.bundles import Bundle
from andamio.cli.output import Json, Output
from andamio.cli.versions import figure, interval, metric_label
from andamio.contracts import Change, diff
from andamio.language import say
from andamio.registry import Version

Which = Annotated[
    str, typer.Argument(help=say("a version (pump-health@3) or an alias (pump-health@champion)"))
]


def command(a: Which, b: Which, json: Json = False) -> None:
    """Compare metrics, features, data and contracts of two versions."""
    out = Output(json=json)
    plant = Plant.open()
    versions = [plant.registry.resolve(which) for which in (a, b)]
    old, new = (plant.switchboard.open(version.model, version.digest) for version in versions)
    changes = diff(old.contract, new.contract)
    metrics = _metrics(old, new)
    features = {"gone": _without(old, new), "added": _without(new, old)}
    out.data(
        {
            "versions": versions,
            "metrics": metrics,
            "features": features,
            "contract": [
                {"path": change.path, "old": change.old, "new": change.new, "breaking": change.breaking}
                for change in changes
            ],
        }
    )
    _tell_metrics(out, versions, metrics)
    out.blank()
    _tell_origin(out, versions, old, new)
    _tell_features(out, features)
    _tell_contract(out, changes)
    if versions[1].deployable and plant.registry.aliases.number(versions[1].model) != versions[1].number:
        out.say("Next: andamio deploy {reference} --reason WHY", reference=versions[1].reference)


def _metrics(old: Bundle, new: Bundle) -> list[dict[str, Any]]:
    measured = [bundle.evaluation.get("metrics", {}) for bundle in (old, new)]
    names = [*measured[0], *(name for name in measured[1] if name not in measured[0])]
    return [
        {"metric": name, "old": measured[0].get(name), "new": measured[1].get(name)}
        for name in names
        if any(found.get(name, {}).get("value") is not None for found in measured)
    ]


def _tell_metrics(out: Output, versions: Sequence[Version], metrics: Sequence[Mapping[str, Any]]) -> None:
    old, new = versions
    out.table(
        [say("on held-out rows, with 95 % interval"), old.reference, new.reference, ""],
        [
            [
                metric_label(row["metric"]),
                _written(row["old"]),
                _written(row["new"]),
                _apart(row["old"], row["new"]),
            ]
            for row in metrics
        ],
    )
    if old.dataset_digest != new.dataset_digest:
        out.say("They were measured on rows of different dataset versions: small differences mean nothing.")


def _written(measured: Mapping[str, Any] | None) -> str:
    return "–" if measured is None else interval(measured)


def _apart(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    """Say it only where chance does not explain it: the intervals do not touch."""
    if old is None or new is None or None in {old["low"], new["low"], old["high"], new["high"]}:
        return ""
    return say("differs") if new["low"] > old["high"] or new["high"] < old["low"] else ""


def _tell_origin(out: Output, versions: Sequence[Version], old: Bundle, new: Bundle) -> None:
    rows = [
        [say("may be deployed"), *(say("yes") if version.deployable else say("no") for version in versions)],
        [say("dataset"), *(f"{version.dataset}@{version.dataset_version}" for version in versions)],
        [say("threshold"), *(figure(bundle.info.threshold) for bundle in (old, new))],
        [say("features"), *(say("{n}", n=len(bundle.info.features)) for bundle in (old, new))],
        [say("kind of model"), *(str(bundle.evaluation.get("candidate", "–")) for bundle in (old, new))],
        [say("made by"), *(version.created_by for version in versions)],
        [say("bundle"), *(version.digest[:12] for version in versions)],
    ]
    out.table(["", *(version.reference for version in versions)], rows)


def _without(one: Bundle, other: Bundle) -> list[str]:
    return [name for name in one.info.features if name not in other.info.features]


def _tell_features(out: Output, features: Mapping[str, Sequence[str]]) -> None:
    if features["added"]:
        out.say("New features: {names}", names=", ".join(features["added"]))
    if features["gone"]:
        out.say("Features that are gone: {names}", names=", ".join(features["gone"]))


def _tell_contract(out: Output, changes: Sequence[Change]) -> None:
    if not changes:
        out.say("Both have the same contract.")
        return
    out.blank()
    out.table(
        [say("contract"), say("before"), say("now"), ""],
        [
            [
                change.path,
                _said(change.old),
                _said(change.new),
                say(change.why) if change.breaking and change.why else "",
            ]
            for change in changes
        ],
    )


def _said(value: object) -> str:
    """Write one side of a change of the contract."""
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)):
        return ", ".join(_said(one) for one in value)
    return say("{value}", value=value)
