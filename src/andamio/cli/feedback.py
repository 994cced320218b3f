"""``andamio feedback``: bring the truth back for predictions that were made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from andamio.bundles.keys import PublicKey
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.cli.placing import about
from andamio.connectors.csv import CsvOptions, read_csv
from andamio.journal import PredictionRecord, TruthRecord, count_joined, read_journal
from andamio.kernel.settings import PlantFolder, find_plant
from andamio.language import say
from andamio.serving.champions import open_champion
from andamio.serving.desk import command_journal
from andamio.serving.truth_table import TruthColumns, TruthTable, read_truths


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help=say("the truths, one row each"))],
    model: Annotated[
        str, typer.Option("--model", "-m", help=say("the model (default: the only one deployed)"))
    ] = "",
    prediction: Annotated[
        str, typer.Option("--id", metavar="COLUMN", help=say("column of the prediction's id"))
    ] = "",
    asset: Annotated[str, typer.Option(metavar="COLUMN", help=say("column of the asset"))] = "",
    moment: Annotated[
        str, typer.Option("--time", metavar="COLUMN", help=say("column of the row's time"))
    ] = "",
    value: Annotated[str, typer.Option(metavar="COLUMN", help=say("column of the truth"))] = "",
    *,
    json: Json = False,
) -> None:
    """Record the truths of a file; all of them or, when one does not hold, none."""
    out = Output(json=json)
    plant = find_plant()
    trusted = tuple(PublicKey.parse(key) for key in plant.settings.keys.trusted)
    scorer = open_champion(plant.deployment, plant.bundles, trusted, model)
    named = TruthColumns(prediction=prediction or None, asset=asset or None, time=moment or None, value=value)
    with about(file):
        truths = read_truths(
            read_csv(file, CsvOptions()), scorer.contract, scorer.model, scorer.info, named, file.name
        )
    with command_journal(plant.journal, "feedback", plant.settings.serving.durability) as journal:
        if truths.records:
            journal.append_now(truths.records)
    joined = _joined(plant, scorer.model, truths.records)
    _tell(out, scorer.model, truths, joined)


def _joined(plant: PlantFolder, model: str, truths: list[TruthRecord]) -> int:
    """Count the truths that a prediction answers to."""
    answered = (
        record
        for record in read_journal(plant.journal, archive=archive_of(plant))
        if isinstance(record, PredictionRecord) and record.model == model
    )
    return count_joined(answered, truths, zone=plant.settings.time_zone)


def _tell(out: Output, model: str, truths: TruthTable, joined: int) -> None:
    columns = truths.columns
    by = columns.prediction or " + ".join(name for name in (columns.asset, columns.time) if name)
    out.say("truth from the column {value}, named by {by}", value=columns.value, by=by)
    out.say(
        "{n} {n:truth|truths} recorded for {model}; {joined} {joined:joins|join} a prediction",
        n=len(truths.records),
        model=model,
        joined=joined,
    )
    if joined < len(truths.records):
        rest = len(truths.records) - joined
        out.say(
            "{rest} {rest:joins none yet; it stays, and joins when its prediction is|join none "
            "yet; they stay, and join when their prediction is} found",
            rest=rest,
        )
    if truths.empty:
        out.say("{empty} {empty:row|rows} without a truth {empty:was|were} passed over", empty=truths.empty)
    out.say("how well the model does: andamio status")
    out.data(
        {
            "model": model,
            "recorded": len(truths.records),
            "joined": joined,
            "empty": truths.empty,
            "columns": {
                "id": columns.prediction,
                "asset": columns.asset,
                "time": columns.time,
                "value": columns.value,
            },
        }
    )
