"""``andamio features``: show what a contract computes from its tags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
import typer

from andamio.app import Plant
from andamio.cli.output import Json, Output
from andamio.contracts import TableValidator, table_columns
from andamio.contracts.contract import Contract, Feature
from andamio.contracts.rows import Rows, no_rows
from andamio.errors import AndamioError, FeaturesRefused, Text, text
from andamio.features import (
    Described,
    check_features,
    describe_features,
    feature_graph,
    learn_plan,
    run_features,
)
from andamio.features.signals.marks import marked_bands
from andamio.features.suggested import suggested_features
from andamio.language import current_language, number, say
from andamio.storage.files import replace_file
from andamio.training.table import cells_of, read_problem

command = typer.Typer(no_args_is_help=True)

Figures = Mapping[str, tuple[float, float, float]]


@command.callback()
def features() -> None:
    """Show the features that a contract declares."""


@command.command(help=say("Show a model's features: expression, unit, and figures over its dataset"))
def show(
    model: Annotated[str, typer.Argument(help=say("the model's name"))],
    plot: Annotated[
        Path | None,
        typer.Option(help=say("draw the signals of one row and their spectra into a .html or .png file")),
    ] = None,
    row: Annotated[int, typer.Option(min=1, help=say("the row to draw, of those that fit the contract"))] = 1,
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
    if plot is not None:
        _draw(plant, contract, plot, row)
        out.data({"model": model, "plot": str(plot)})
        out.say("Drawn: {file}", file=str(plot))
        return
    added = suggested_features(contract)
    whole = replace(contract, features=(*contract.features, *added))
    described = describe_features(whole)
    figures, note = _figures(plant, whole) if described else ({}, None)
    out.data({"model": model, "features": [_as_data(one, figures, added) for one in described]})
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
    if added:
        out.say(
            "{count} of these are in no contract: training takes them from the signals that no declared"
            " feature reads. Declare your own under [features] in models/{model}.toml, and it takes those"
            " instead.",
            count=len(added),
            model=model,
        )
    if note is not None:
        out.say(note)
    out.say("Next: andamio train {name}", name=model)


def _figures(plant: Plant, contract: Contract) -> tuple[Figures, Text | None]:
    """Compute the features over the newest version of the dataset; without one, tell why there are none."""
    try:
        dataset = plant.datasets.open(contract.data)
        rows = _rows_of(contract, dataset.frame)
        if not len(rows):
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


def _rows_of(contract: Contract, frame: pl.DataFrame) -> Rows:
    """Read the rows that fit the contract; those of a windowed one carry their windows."""
    if contract.window is not None:
        return read_problem(contract, frame).rows
    found = table_columns(contract, frame.columns)
    if found.faults:
        return no_rows(contract)
    columns = {tag: cells_of(frame.to_series(place)) for tag, place in found.places.items()}
    return TableValidator(contract).check(columns, units=found.units).rows


def _draw(plant: Plant, contract: Contract, file: Path, row: int) -> None:
    """Draw every signal of one row.

    Raises:
        FeaturesRefused: The contract has no signals, there is no such row, or the file is of another kind.
    """
    if not contract.signals:
        raise FeaturesRefused(
            text("{model} has no signals to draw", model=contract.name),
            fix=text("declare an input of type waveform, or [window]"),
        )
    if file.suffix not in (".html", ".png"):
        raise FeaturesRefused(
            text("{file} is neither a page nor a picture", file=file.name),
            fix=text("name a file that ends in .html or .png"),
        )
    rows = _rows_of(contract, plant.datasets.open(contract.data).frame)
    if row > len(rows) or rows.signals is None:
        raise FeaturesRefused(
            text("there is no row {row}: {rows} rows fit the contract", row=row, rows=len(rows)),
            fix=text("give --row a number from 1 to {rows}", rows=max(1, len(rows))),
        )
    # Drawing loads matplotlib, which nobody who only asks for figures should wait for.
    from andamio.reports import signal_plots

    marks = marked_bands(contract, rows.numbers[row - 1].tolist())
    drawn = [
        signal_plots.drawn_signal(signal, rows.signals[row - 1, signal.columns], marks)
        for signal in contract.signals
    ]
    if file.suffix == ".png":
        replace_file(file, signal_plots.signals_png(drawn))
    else:
        replace_file(file, signal_plots.signals_page(contract.name, drawn).encode())


def _row(described: Described, figures: Figures) -> list[str]:
    language = current_language()
    known = figures.get(described.feature.name)
    cells = [number(value, 4, language=language) for value in known] if known else ["–"] * 3
    return [described.feature.name, described.feature.expression, described.unit or "–", *cells]


def _as_data(described: Described, figures: Figures, added: Collection[Feature]) -> dict[str, object]:
    known = figures.get(described.feature.name)
    return {
        "name": described.feature.name,
        "expression": described.feature.expression,
        "unit": described.unit,
        "tags": list(described.tags),
        "declared": described.feature not in added,
        "least_median_greatest": list(known) if known else None,
    }
