"""``andamio score``: score a file with the model in production."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from andamio.bundles.keys import PublicKey
from andamio.cli.output import Json, Output
from andamio.cli.placing import about
from andamio.connectors.csv import CsvOptions
from andamio.errors import UsageError, text
from andamio.kernel.settings import PlantFolder, find_plant
from andamio.language import say
from andamio.serving.batch import BatchResult, Files, score_file
from andamio.serving.batch.csv_source import CsvSource
from andamio.serving.batch.json_lines import JsonLinesSource
from andamio.serving.batch.pieces import Source, Target
from andamio.serving.batch.refused import refused_path
from andamio.serving.batch.targets import CsvTarget, JsonLinesTarget
from andamio.serving.champions import open_champion
from andamio.serving.desk import command_journal
from andamio.serving.scorer import Scorer
from andamio.storage.locks import hold

_LINES = (".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")


def command(
    source: Annotated[
        Path, typer.Option("--in", metavar="FILE", help=say("rows to score: .csv, .jsonl or .parquet"))
    ],
    output: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help=say("where the answers go: .csv, .jsonl or .parquet")),
    ],
    model: Annotated[
        str, typer.Option("--model", "-m", help=say("the model (default: the only one deployed)"))
    ] = "",
    encoding: Annotated[str, typer.Option(help=say("of a CSV: its encoding, if the guess is wrong"))] = "",
    decimal: Annotated[str, typer.Option(help=say("of a CSV: , or . if the guess is wrong"))] = "",
    *,
    json: Json = False,
) -> None:
    """Score every row that the contract accepts; the others go to OUT.rejected.csv with their faults."""
    out = Output(json=json)
    if source.absolute() == output.absolute():
        raise UsageError(
            text("the input and the output are the same file"),
            where=text("{path}", path=output),
            fix=text("give the output another name"),
        )
    plant = find_plant()
    scorer = _champion(plant, model)
    rows = _source(source, scorer, encoding, decimal)
    started = time.perf_counter()
    journals = command_journal(plant.journal, "score", plant.settings.serving.durability)
    with about(source), journals as journal, _alone(plant, output):
        result = score_file(scorer, rows, _target(output), Files(source, output), journal.append_now)
    _tell(out, scorer, output, result, time.perf_counter() - started)


@contextmanager
def _alone(plant: PlantFolder, output: Path) -> Iterator[None]:
    """Hold an output and its file of refusals, so that they are of one run."""
    name = hashlib.sha256(str(refused_path(output.resolve())).encode()).hexdigest()[:16]
    plant.hidden.mkdir(exist_ok=True)
    lock = hold(plant.hidden / f"score-{name}.lock", text("the output {path}", path=output))
    try:
        yield
    finally:
        lock.release(remove=True)


def _champion(plant: PlantFolder, model: str) -> Scorer:
    trusted = tuple(PublicKey.parse(key) for key in plant.settings.keys.trusted)
    return open_champion(plant.deployment, plant.bundles, trusted, model)


def _source(path: Path, scorer: Scorer, encoding: str, decimal: str) -> Source:
    kind = path.suffix.lower()
    if kind in _LINES:
        return JsonLinesSource(path, scorer.contract)
    if kind in _PARQUET:
        from andamio.serving.batch.parquet import ParquetSource

        return ParquetSource(path, scorer.contract)
    if decimal not in ("", ",", "."):
        raise UsageError(text("{mark} is not a decimal mark", mark=decimal), fix=text("give , or ."))
    mark = {",": ",", ".": "."}.get(decimal)
    return CsvSource(path, scorer.contract, CsvOptions(encoding=encoding or None, decimal=mark))


def _target(path: Path) -> Target:
    kind = path.suffix.lower()
    if path.is_dir():
        raise UsageError(text("{path} is a folder", path=path), fix=text("name a file for the answers"))
    if not path.absolute().parent.is_dir():
        raise UsageError(
            text("there is no folder {path}", path=path.absolute().parent),
            fix=text("make it, or name another"),
        )
    if kind in _LINES:
        return JsonLinesTarget(path)
    if kind in _PARQUET:
        from andamio.serving.batch.parquet import ParquetTarget

        return ParquetTarget(path)
    return CsvTarget(path)


def _tell(out: Output, scorer: Scorer, output: Path, result: BatchResult, seconds: float) -> None:
    name = f"{scorer.model}@{scorer.version}"
    out.say("{rows} rows scored by {name}, in {path}", rows=result.scored, name=name, path=output)
    if result.refused:
        out.say(
            "{rows} rows refused by the contract, with their faults in {path}",
            rows=result.refused,
            path=result.rejected,
        )
        if result.worded < result.refused:
            out.say(
                "the first {worded} have their faults in words, the others by code, tag and value",
                worded=result.worded,
            )
        for reason, count in sorted(result.reasons.items()):
            out.say("  {reason}: {count}", reason=reason, count=count)
    out.say("when the truth is known: andamio feedback FILE.csv")
    out.data(
        {
            "model": scorer.model,
            "version": scorer.version,
            "digest": scorer.digest,
            "scored": result.scored,
            "refused": result.refused,
            "reasons": result.reasons,
            "out": str(output),
            "rejected": str(result.rejected) if result.rejected else None,
            "rejected_listed": result.refused,
            "rejected_worded": result.worded,
            "seconds": round(seconds, 3),
        }
    )
