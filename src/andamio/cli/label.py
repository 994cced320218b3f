"""``andamio label``: which rows to label next, and the labels when they come back."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from andamio.bundles import Bundle, GraphInfo, PublicKey, open_bundle
from andamio.bundles.deployment import read_deployment
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.cli.placing import about
from andamio.connectors.csv import CsvOptions, read_csv
from andamio.contracts.contract import Contract
from andamio.errors import NotFound, text
from andamio.journal import TruthRecord
from andamio.kernel import clock
from andamio.kernel.settings import PlantFolder, find_plant
from andamio.language import say
from andamio.monitoring.labelling import Candidate, Chosen, Mark, choose_rows, gather_candidates, read_mark
from andamio.serving.champions import open_champion
from andamio.serving.desk import command_journal
from andamio.serving.truth_table import TruthColumns, TruthTable, read_truths
from andamio.statistics.profile import Profile
from andamio.storage.files import replace_file

command = typer.Typer(no_args_is_help=True)
# Of more classes than these the words are not listed.
MOST_WORDS = 10
_ID, _WHY, _WEIGHT = "prediction_id", "chosen", "weight"


@command.callback()
def label() -> None:
    """Choose rows for a person to label, and bring the labels back."""


@command.command("next", help=say("Choose the rows whose truth would tell most, and write them to a file"))
def next_rows(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=say("the model, in production"))],
    rows: Annotated[int, typer.Option(min=1, max=10_000, help=say("how many rows"))] = 20,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.csv", help=say("where they go (default: MODEL-labels.csv)")),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help=say("of the last so many days"))] = 30,
    seed: Annotated[int, typer.Option(help=say("of the draw; the same gives the same rows"))] = 0,
    *,
    json: Json = False,
) -> None:
    """Choose half at random and half where the model is unsure or the row is rare."""
    told = Output(json=json)
    plant = find_plant()
    bundle, version = _champion(plant, model)
    reference = bundle.reference()
    candidates = gather_candidates(
        plant.journal,
        model,
        version,
        since=(clock.now() - timedelta(days=days)).timestamp(),
        seed=seed,
        zone=plant.settings.time_zone,
        archive=archive_of(plant),
    )
    profile = Profile.read(reference) if Profile.is_in(reference) else None
    chosen = choose_rows(candidates, rows, bundle.info, profile, seed=seed)
    path = out or Path(f"{model}-labels.csv")
    if chosen:
        replace_file(path, _written(chosen, bundle.contract, bundle.info).encode())
    _tell_chosen(told, chosen, candidates.of, path, bundle.contract, bundle.info.classes, model, version)


@command.command("import", help=say("Record the labels of a file that label next wrote"))
def import_labels(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help=say("the file, with its last column filled in"))
    ],
    model: Annotated[
        str, typer.Option("--model", "-m", help=say("the model (default: the only one deployed)"))
    ] = "",
    *,
    json: Json = False,
) -> None:
    """Record the truths with the chance each row had; all of them or, when one does not hold, none."""
    out = Output(json=json)
    plant = find_plant()
    trusted = tuple(PublicKey.parse(key) for key in plant.settings.keys.trusted)
    scorer = open_champion(plant.deployment, plant.bundles, trusted, model)
    named = TruthColumns(prediction=_ID, value=_value_column(scorer.contract))
    with about(file):
        table = read_csv(file, CsvOptions())
        truths = read_truths(table, scorer.contract, scorer.model, scorer.info, named, file.name)
    marks = _marks(table.columns if {_ID, _WHY, _WEIGHT} <= set(table.header) else {})
    records = [_marked(record, marks.get(record.prediction or "")) for record in truths.records]
    with command_journal(plant.journal, "label", plant.settings.serving.durability) as journal:
        if records:
            journal.append_now(records)
    _tell_imported(out, scorer.model, truths, sum(read_mark(r.source) is not None for r in records))


def _champion(plant: PlantFolder, model: str) -> tuple[Bundle, int]:
    route = read_deployment(plant.deployment).models.get(model)
    if route is None:
        raise NotFound(
            text("{model} is not in production", model=model),
            fix=text("andamio deploy {model}@VERSION puts a version there", model=model),
        )
    trusted = [PublicKey.parse(pinned) for pinned in plant.settings.keys.trusted]
    return open_bundle(plant.bundles / route.champion.digest, trusted), route.champion.version


def _value_column(contract: Contract) -> str:
    """Name the column that a person fills in: the target's, or another where a tag has that name."""
    taken = {*contract.by_name, _ID, _WHY, _WEIGHT, "asset", "time", "answer"}
    target = contract.target or "truth"
    return target if target not in taken else f"{target} (truth)"


def _written(chosen: Sequence[Chosen], contract: Contract, info: GraphInfo) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    tags = [tag.name for tag in (*contract.numbers, *contract.categories)]
    writer.writerow([_ID, "asset", "time", *tags, "answer", _WHY, _WEIGHT, _value_column(contract)])
    for one in chosen:
        row = one.row
        answer = _told(row, info)
        numbers = ["" if math.isnan(value) else f"{value:.7g}" for value in row.numbers.tolist()]
        named = (row.id, row.asset or "", row.event_time or "")
        writer.writerow([*named, *numbers, *row.categories, answer, one.why, f"{one.weight:.6g}", ""])
    return written.getvalue()


def _told(row: Candidate, info: GraphInfo) -> str:
    if row.decision is not None and info.classes:
        return info.classes[row.decision]
    return "" if row.value is None else f"{row.value:.7g}"


def _marks(columns: object) -> dict[str, Mark]:
    """Read the marks by the prediction's id; a file that lost them is plain feedback."""
    if not isinstance(columns, dict) or not columns:
        return {}
    found = {}
    for name, why, weight in zip(columns[_ID], columns[_WHY], columns[_WEIGHT], strict=True):
        mark = read_mark(f"label:{why}:{str(weight).replace(',', '.')}")
        if mark is not None:
            found[str(name)] = mark
    return found


def _marked(record: TruthRecord, mark: Mark | None) -> TruthRecord:
    return record if mark is None else msgspec.structs.replace(record, source=mark.source())


def _tell_chosen(
    out: Output,
    chosen: Sequence[Chosen],
    of: int,
    path: Path,
    contract: Contract,
    classes: Sequence[str],
    model: str,
    version: int,
) -> None:
    if not chosen:
        out.say("no row of {model}@{version} waits for its truth", model=model, version=version)
    else:
        drawn = sum(one.why == "random" for one in chosen)
        out.say(
            "{n} of {of} rows without truth are in {path}: {drawn} at random, {rest} where it tells most",
            n=len(chosen),
            of=of,
            path=path,
            drawn=drawn,
            rest=len(chosen) - drawn,
        )
        _tell_what_to_write(out, _value_column(contract), classes, path)
    out.data(
        {
            "model": model,
            "version": version,
            "candidates": of,
            "file": str(path) if chosen else None,
            "rows": [_as_data(one) for one in chosen],
        }
    )


def _tell_what_to_write(out: Output, column: str, classes: Sequence[str], path: Path) -> None:
    if 0 < len(classes) <= MOST_WORDS:
        out.say(
            "fill in the column {column} (one of: {words}), then: andamio label import {path}",
            column=column,
            words=", ".join(classes),
            path=path,
        )
    else:
        out.say("fill in the column {column}, then: andamio label import {path}", column=column, path=path)


def _as_data(one: Chosen) -> dict[str, object]:
    row = one.row
    return {
        "id": row.id,
        "asset": row.asset,
        "time": row.event_time,
        "chosen": one.why,
        "weight": one.weight,
    }


def _tell_imported(out: Output, model: str, truths: TruthTable, marked: int) -> None:
    out.say("{n} {n:label|labels} recorded for {model}", n=len(truths.records), model=model)
    if truths.empty:
        out.say("{empty} {empty:row|rows} without a truth {empty:was|were} passed over", empty=truths.empty)
    if marked < len(truths.records):
        rest = len(truths.records) - marked
        out.say("{rest} of them have lost how they were chosen and count as plain feedback", rest=rest)
    out.say("how well the model does: andamio status")
    out.data({"model": model, "recorded": len(truths.records), "marked": marked, "empty": truths.empty})
