"""``andamio features``: show what a contract computes from its tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
import typer

from andamio.app import Plant
from andamio.cli.output import Json, Output
from andamio.contracts import TableValidator, table_columns
from andamio.contracts.contract import Contract
from andamio.errors import AndamioError, FeaturesRefused, Text, text
from andamio.features import (
    Described,
    check_features,
    describe_features,
    feature_graph,
    learn_plan,
    run_features,
)
from andamio.language import current_language, number, say

command = typer.Typer(no_args_is_help=True)

Figures = Mapping[str, tuple[float, float, float]]


@command.callback()
def features() -> None:
    """Show the features that a contract declares."""


@command.command(help=say("Show a model's features: expression, unit, and figures over its dataset"))
def show(
    model: Annotated[str, typer.Argument(help=say("the model's name"))],
    json: Json = False,
) -> None:
    """Show a model's features; their figures too, where its dataset is there and fits the contract."""
    out = Output(json=json)
    plant = Plant.open()
    contract = plant.contract(model)
    faults = check_features(contract)
    if faults:
        raise FeaturesRefused(
            text("the features of {model} cannot be computed", model=model),
            fix=text("correct models/{model}.toml", model=model),
            faults=faults,
        )
    described = describe_features(contract)
    figures, note = _figures(plant, contract) if described else ({}, None)
    out.data({"model": model, "features": [_as_data(one, figures) for one in described]})
    if not described:
        out.say("{model} declares no feature: its inputs reach the model as they are.", model=model)
        out.say('To declare one, write in models/{model}.toml, under [features]: heat = "a - b"', model=model)
        return
    out.table(
        [say("feature"), say("expression"), say("unit"), say("least"), say("median"), say("greatest")],
        [_row(one, figures) for one in described],
        right=(3, 4, 5),
    )
    out.blank()
    if note is not None:
        out.say(note)
    out.say("Next: andamio train {name}", name=model)


def _figures(plant: Plant, contract: Contract) -> tuple[Figures, Text | None]:
    """Compute the features over the newest version of the dataset; without one, tell why there are none."""
    try:
        dataset = plant.datasets.open(contract.data)
        found = table_columns(contract, dataset.frame.columns)
        columns = {tag: dataset.frame.to_series(place).to_list() for tag, place in found.places.items()}
        rows = TableValidator(contract.by_rows).check(columns, units=found.units).rows
        if found.faults or not len(rows):
            return {}, text("No figures: no row of the dataset {data} fits the contract.", data=contract.data)
        graph = feature_graph(learn_plan(contract, rows))
    except AndamioError as error:
        return {}, text("No figures: {reason}.", reason=error.what)
    values = run_features(graph, rows).astype(np.float64)
    least, middle, greatest = values.min(axis=0), np.median(values, axis=0), values.max(axis=0)
    figures = {
        name: (float(least[place]), float(middle[place]), float(greatest[place]))
        for place, name in enumerate(graph.names)
    }
    seen = text(
        "Over {rows} rows of {data}, version {version}.",
        rows=len(rows),
        data=contract.data,
        version=dataset.version,
    )
    return figures, seen


def _row(described: Described, figures: Figures) -> list[str]:
    language = current_language()
    known = figures.get(described.feature.name)
    cells = [number(value, 4, language=language) for value in known] if known else ["–"] * 3
    return [described.feature.name, described.feature.expression, described.unit or "–", *cells]


def _as_data(described: Described, figures: Figures) -> dict[str, object]:
    known = figures.get(described.feature.name)
    return {
        "name": described.feature.name,
        "expression": described.feature.expression,
        "unit": described.unit,
        "tags": list(described.tags),
        "least_median_greatest": list(known) if known else None,
    }
