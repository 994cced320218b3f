"""``andamio train``: from a contract and its dataset to a version that is deployable or not, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from andamio.app import Plant
from andamio.cli.output import Json, Output
from andamio.cli.train_output import Watching, facts, tell
from andamio.cli.train_repeat import repeat, sister_version
from andamio.cli.untold_rates import tell_untold_rates
from andamio.errors import UsageError, text
from andamio.language import current_language, say
from andamio.lifecycle.learning import LearntVersion, register_candidate
from andamio.training.bring import bring
from andamio.training.run import Candidate, TrainOptions, train

_BUDGET = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")
_SECONDS = {None: 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def command(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help=say("the model, as models/MODEL.toml is named"))
    ] = "",
    budget: Annotated[str, typer.Option(help=say("how long to try: 90s, 2m, 1h"))] = "2m",
    trials: Annotated[
        int | None,
        typer.Option(min=1, help=say("make exactly so many attempts instead; this can be repeated")),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help=say("of every random draw"))] = 0,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=say("an ONNX model from elsewhere, instead of training")),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG", help=say("learn from a tag although it looks like a leak")),
    ] = None,
    dataset_version: Annotated[
        int | None,
        typer.Option("--data", metavar="VERSION", help=say("a dataset version; the newest by default")),
    ] = None,
    repeat_version: Annotated[
        str,
        typer.Option(
            "--repeat", metavar="NAME@VERSION", help=say("train a version again and compare the digest")
        ),
    ] = "",
    sister: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="NAME@VERSION",
            help=say("a like machine's model, to learn from its predictions"),
        ),
    ] = "",
    note: Annotated[str, typer.Option(help=say("a note for the registry"))] = "",
    *,
    json: Json = False,
) -> None:
    """Train a model, measure it on rows it never saw, and judge it by its acceptance gates."""
    out = Output(json=json)
    if bool(name) == bool(repeat_version):
        raise UsageError(
            text("name the model to train, or the version to repeat"),
            fix=text("andamio train MODEL   or   andamio train --repeat MODEL@3"),
        )
    plant = Plant.open()
    if repeat_version:
        repeat(plant, repeat_version, out)
        return
    options = TrainOptions(budget_s=seconds(budget), trials=trials, seed=seed, keep=frozenset(keep or ()))
    if sister:
        options = replace(options, sister=sister_version(plant, sister, plant.contract(name)))
    candidate = _learn(plant, name, options, model, dataset_version, out)
    learnt = _register(plant, candidate, note)
    out.data(facts(learnt))
    tell(out, learnt)
    if not candidate.deployable:
        raise typer.Exit(1)


def seconds(budget: str) -> float:
    """Read a budget: a number and s, m or h.

    >>> seconds("2m")
    120.0

    Raises:
        UsageError: It is not that.
    """
    found = _BUDGET.fullmatch(budget.strip().lower())
    if found is None or float(found.group(1)) == 0:
        raise UsageError(text("{budget} is no budget", budget=budget), fix=text("write it as 90s, 2m or 1h"))
    return float(found.group(1)) * _SECONDS[found.group(2)]


def _learn(
    plant: Plant, name: str, options: TrainOptions, model: Path | None, version: int | None, out: Output
) -> Candidate:
    contract = plant.contract(name)
    _refuse_unknown(options, name, {declared.name for declared in contract.inputs})
    dataset = plant.datasets.open(contract.data, version)
    tell_untold_rates(out, contract)
    _ = plant.signer  # a missing key is better told before the work than after it
    with Watching(out) as progress:
        if model is not None:
            return bring(model, contract, dataset, options, progress)
        return train(contract, dataset, options, progress)


def _refuse_unknown(options: TrainOptions, name: str, tags: set[str]) -> None:
    unknown = options.keep - tags
    if unknown:
        raise UsageError(
            text("{model} has no input {unknown}", model=name, unknown=", ".join(sorted(unknown))),
            fix=text("its inputs are {tags}", tags=", ".join(sorted(tags))),
        )


def _register(plant: Plant, candidate: Candidate, note: str) -> LearntVersion:
    return register_candidate(
        candidate,
        plant.registry,
        plant.signer,
        store=plant.folder.bundles,
        reports=plant.folder.reports,
        actor=plant.actor,
        language=current_language(),
        note=note,
    )
