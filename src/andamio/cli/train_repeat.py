"""Train a version again from what its bundle says, and see whether the same bytes come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from andamio.app import Plant
from andamio.cli.output import Output
from andamio.cli.train_output import Watching
from andamio.contracts.contract import Contract
from andamio.errors import UsageError, text
from andamio.features import Sister
from andamio.training.run import TrainOptions, train
from andamio.training.transfer import sister_of

# Nothing stops before its number of trials is made.
_AMPLE_S = 1e9


def repeat(plant: Plant, written: str, out: Output) -> None:
    """Train a version again and compare the digests.

    Raises:
        UsageError: The version was brought along: there is nothing to train.
        NotFound: There is no such version, or its dataset version is gone.
    """
    version = plant.registry.resolve(written)
    bundle = plant.switchboard.open(version.model, version.digest)
    lineage = bundle.lineage
    learnt = lineage["learnt"]
    if "trials" not in learnt:
        raise UsageError(
            text("{version} was brought along; it cannot be trained again here", version=version.reference),
            fix=text("train it where it was made, then: andamio train MODEL --model FILE.onnx"),
        )
    dataset = plant.datasets.open(lineage["dataset"]["name"], lineage["dataset"]["version"])
    transfer = learnt.get("transfer")
    options = TrainOptions(
        budget_s=_AMPLE_S,
        trials=learnt["trials"],
        steps=(bundle.evaluation.get("measured") or {}).get("steps"),
        seed=lineage["seed"],
        keep=frozenset(lineage["kept"]),
        parent=lineage["parent"],
        sister=sister_version(plant, transfer["name"], bundle.contract) if transfer else None,
    )
    with Watching(out) as progress:
        candidate = train(bundle.contract, dataset, options, progress)
    digest = candidate.parts.digest()
    changed = _changed(lineage, candidate.parts.lineage)
    out.data({"version": version.reference, "digest": version.digest, "again": digest, "changed": changed})
    if digest == version.digest:
        out.say(
            "{version} came out the same, byte for byte: {digest}", version=version.reference, digest=digest
        )
        return
    out.say("{version} came out differently.", version=version.reference)
    out.say("  then {then}", then=version.digest)
    out.say("  now  {now}", now=digest)
    for name, (then, now) in changed.items():
        out.say("  {name} was {then} and is {now}", name=name, then=then, now=now)
    if candidate.parts.graph == bundle.graph_bytes:
        out.say("  The graph itself is the same, byte for byte: it answers alike.")
    elif not changed:
        out.say("  Nothing that the lineage names has changed; the processor may compute differently.")
    raise typer.Exit(1)


def sister_version(plant: Plant, written: str, contract: Contract) -> Sister:
    """Open the version whose predictions are to be learnt from.

    Raises:
        NotFound: There is no such version.
        UsageError: It reads or answers what cannot be used.
    """
    version = plant.registry.resolve(written)
    bundle = plant.switchboard.open(version.model, version.digest)
    return sister_of(bundle, version.reference, contract)


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """List what the lineage tells about the surroundings that is different now."""
    before, after = _flat(then), _flat(now)
    names = [n for n in sorted({*before, *after}) if not n.startswith(("learnt.", "leaks"))]
    return {n: (before.get(n, "–"), after.get(n, "–")) for n in names if before.get(n) != after.get(n)}


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            found |= _flat(inner, f"{prefix}{name}.")
        else:
            found[prefix + name] = str(inner)
    return found
