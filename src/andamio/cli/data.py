"""``andamio data``: add history files, list what there is, check it against a contract, look at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from andamio.cli import data_options as given
from andamio.cli.data_output import (
    added_json,
    checked_json,
    finding_json,
    say_added,
    say_checked,
    say_profile,
)
from andamio.cli.output import Json, Output
from andamio.connectors.csv import CsvOptions, Ragged
from andamio.contracts import Contract, read_contract
from andamio.data import AddOptions, Datasets, DatasetVersion, ReadOptions, check, profile
from andamio.errors import FileRefused, NotFound, UsageError, text
from andamio.kernel.settings import PlantFolder, find_plant
from andamio.language import say

command = typer.Typer(no_args_is_help=True)

Which = Annotated[str, typer.Argument(help=say("a dataset, or one of its versions: pumps, pumps@2"))]


@command.command(help=say("Add a history file (CSV, Excel, Parquet) to a dataset, as a new version"))
def add(
    file: given.HistoryFile,
    to: given.To = None,
    set_missing: given.SetMissing = None,
    drop_column: given.DropColumn = None,
    keep: given.Keep = None,
    new_columns: given.NewColumns = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    decimal: given.Decimal = None,
    thousands: given.Thousands = None,
    dates: given.Dates = None,
    header: given.Header = None,
    skip_lines: given.SkipLines = None,
    missing: given.Missing = None,
    text_column: given.TextColumn = None,
    ragged: given.RaggedRows = Ragged.REFUSE,
    sheet: given.Sheet = None,
    time_zone: given.TimeZone = None,
    json: Json = False,
) -> None:
    """Read a file, say what was guessed and found, and make it a new version of a dataset."""
    csv = CsvOptions(
        encoding=encoding,
        delimiter=given.delimiter_of(delimiter),
        decimal=given.decimal_of(decimal),
        thousands=given.thousands_of(thousands),
        dates=dates,
        header=header,
        skip_lines=skip_lines,
        missing=missing or (),
        text=text_column or (),
        ragged=ragged,
    )
    options = AddOptions(
        read=ReadOptions(csv=csv, zone=given.zone_of(time_zone), sheet=sheet),
        set_missing=set_missing or (),
        drop=drop_column or (),
        keep=keep or (),
        new_columns=new_columns,
    )
    with _offering_ragged():
        added = _datasets(find_plant()).add(file, to, options)
    out = Output(json=json)
    say_added(out, file.name, added)
    out.data(added_json(added))


@contextmanager
def _offering_ragged() -> Iterator[None]:
    """Name the option for rows of the wrong length, which this command alone has."""
    try:
        yield
    except FileRefused as error:
        if error.data.get("mendable"):
            error.fix = text(
                "correct the lines, leave them out with --ragged skip, or fill short ones with --ragged fill"
            )
        raise


@command.command("list", help=say("List the datasets and their newest versions"))
def list_(json: Json = False) -> None:
    """List every dataset of the plant."""
    datasets = _datasets(find_plant())
    out = Output(json=json)
    newest = {name: max(datasets.versions(name).items()) for name in datasets.names()}
    if not newest:
        out.say("There is no dataset yet. Next: andamio data add FILE")
    else:
        out.table(
            [say("dataset"), say("version"), say("rows"), say("columns"), say("last added"), say("digest")],
            [
                [
                    name,
                    str(version),
                    say("{n}", n=record.rows),
                    str(len(record.columns)),
                    say("{when}", when=record.at),
                    record.digest[:12],
                ]
                for name, (version, record) in newest.items()
            ],
            right=(1, 2, 3),
        )
    out.data(
        {
            "datasets": [
                {
                    "name": name,
                    "version": version,
                    "digest": record.digest,
                    "rows": record.rows,
                    "at": record.at,
                }
                for name, (version, record) in newest.items()
            ]
        }
    )


@command.command("check", help=say("Check a dataset against a model's contract; exit status 1 if rows fail"))
def check_(
    which: Which,
    contract: Annotated[
        list[str] | None,
        typer.Option(help=say("a model or a .toml file; without it, every model of this dataset")),
    ] = None,
    json: Json = False,
) -> None:
    """Count the rows that a contract would accept, and say why not the others."""
    plant = find_plant()
    version = _open(plant, which)
    results = [check(version, one) for one in _contracts(plant, version.name, contract or ())]
    out = Output(json=json)
    for result in results:
        say_checked(out, result)
    out.data({"checks": [checked_json(result) for result in results]})
    if not all(result.good for result in results):
        raise typer.Exit(1)


@command.command(help=say("Show what a dataset holds, column by column, and where it came from"))
def show(which: Which, json: Json = False) -> None:
    """Profile one version of a dataset."""
    version = _open(find_plant(), which)
    out = Output(json=json)
    described = profile(version.frame, version.record.units if version.record else {})
    say_profile(out, version, described)
    record = version.record
    out.data(
        {
            "dataset": version.name,
            "version": version.version,
            "digest": version.digest,
            "file": record.file if record else None,
            "raw": record.raw if record else None,
            "choices": record.choices if record else {},
            "findings": [finding_json(finding) for finding in record.findings] if record else [],
            "profile": described,
        }
    )


def _datasets(plant: PlantFolder) -> Datasets:
    return Datasets(plant.root, time_zone=plant.settings.plant.time_zone)


def _open(plant: PlantFolder, which: str) -> DatasetVersion:
    name, at, version = which.partition("@")
    if at and not version.isdecimal():
        raise UsageError(
            text('"{version}" is no version of a dataset', version=version),
            fix=text("write {name}@0, or {name} for the newest", name=name),
        )
    return _datasets(plant).open(name, int(version) if at else None)


def _contracts(plant: PlantFolder, dataset: str, named: Sequence[str]) -> list[Contract]:
    if named:
        return [
            read_contract(Path(one) if one.endswith(".toml") else plant.models / f"{one}.toml")
            for one in named
        ]
    every = [read_contract(file) for file in sorted(plant.models.glob("*.toml"))]
    of_dataset = [contract for contract in every if contract.data == dataset]
    if not of_dataset:
        raise NotFound(
            text("no model of this plant learns from {dataset}", dataset=dataset),
            fix=text(
                "name a contract: andamio data check {dataset} --contract models/NAME.toml", dataset=dataset
            ),
        )
    return of_dataset
