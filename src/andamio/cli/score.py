"""``andamio score``: score a file with the model in production."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from andamio.bundles.keys import PublicKey
from andamio.cli.output import Json, Output
from andamio.cli.placing import about
from andamio.connectors.csv import CsvOptions
from andamio.contracts import Contract
from andamio.contracts.contract import Kind
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

if TYPE_CHECKING:
    from andamio.cli.score_courses import LiveCourses
    from andamio.cli.score_windows import LiveWindows

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
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="FILE", help=say("of windows: keep here what the next file goes on from")
        ),
    ] = None,
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
    rows = _source(source, scorer.contract.by_rows, encoding, decimal)
    started = time.perf_counter()
    journals = command_journal(plant.journal, "score", plant.settings.serving.durability)
    with about(source), journals as journal, _alone(plant, refused_path(output)), _alone(plant, state):
        rows, windows = _windowed(rows, scorer.contract, state)
        courses = _courses(scorer.contract, state)
        result = score_file(scorer, rows, _target(output), Files(source, output), journal.append_now, courses)
        if courses is not None:
            courses.keep()
        if windows is not None:
            windows.keep()
    _tell(out, scorer, output, result, time.perf_counter() - started)


@contextmanager
def _alone(plant: PlantFolder, path: Path | None) -> Iterator[None]:
    """Hold an output with its file of refusals, or a state, so that it is of one run."""
    if path is None:
        yield
        return
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    plant.hidden.mkdir(exist_ok=True)
    lock = hold(plant.hidden / f"score-{name}.lock", text("the output {path}", path=path))
    try:
        yield
    finally:
        lock.release(remove=True)


def _champion(plant: PlantFolder, model: str) -> Scorer:
    trusted = tuple(PublicKey.parse(key) for key in plant.settings.keys.trusted)
    return open_champion(plant.deployment, plant.bundles, trusted, model)


def _windowed(rows: Source, contract: Contract, state: Path | None) -> tuple[Source, LiveWindows | None]:
    """Form windows ahead of a model that reads them."""
    if contract.window is None:
        if state is not None:
            raise UsageError(
                text("{model} has no windows, so there is nothing to keep", model=contract.name),
                fix=text("leave --state out"),
            )
        return rows, None
    from andamio.cli.score_windows import LiveWindows
    from andamio.serving.batch.windowed import WindowedSource

    windows = LiveWindows(contract, contract.window, state)
    return WindowedSource(rows, windows, cycle=contract.window.cycle, closing=state is None), windows


def _courses(contract: Contract, state: Path | None) -> LiveCourses | None:
    """Smooth the remaining lives of machines that have a name and a clock."""
    if contract.kind is not Kind.REGRESSION or contract.horizon is None or contract.asset is None:
        return None
    from andamio.cli.score_courses import LiveCourses

    return LiveCourses(contract, contract.horizon, state)


def _source(path: Path, contract: Contract, encoding: str, decimal: str) -> Source:
    kind = path.suffix.lower()
    if kind in _LINES:
        return JsonLinesSource(path, contract)
    if kind in _PARQUET:
        from andamio.serving.batch.parquet import ParquetSource

        return ParquetSource(path, contract)
    if decimal not in ("", ",", "."):
        raise UsageError(text("{mark} is not a decimal mark", mark=decimal), fix=text("give , or ."))
    mark = {",": ",", ".": "."}.get(decimal)
    return CsvSource(path, contract, CsvOptions(encoding=encoding or None, decimal=mark))


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
    if result.scored:
        out.say("{rows} rows scored by {name}, in {path}", rows=result.scored, name=name, path=output)
    else:
        out.say("no window ended yet: there are no answers, and {path} was not written", path=output)
    if result.unanswered > 0:
        out.say(
            "{rows} rows end no window, and have no answer of their own: the first {before} of an asset or "
            "after a gap, those between two windows, and those whose window is still open",
            rows=result.unanswered,
            before=scorer.contract.window.shortest - 1 if scorer.contract.window else 0,
        )
    if result.late:
        out.say(
            "{rows} rows came too late for their windows: later windows see them, no answer was given again",
            rows=result.late,
        )
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
    if result.scored:
        out.say("when the truth is known: andamio feedback FILE.csv")
    out.data(
        {
            "model": scorer.model,
            "version": scorer.version,
            "digest": scorer.digest,
            "scored": result.scored,
            "refused": result.refused,
            "reasons": result.reasons,
            "unanswered": result.unanswered,
            "late": result.late,
            "out": str(output) if result.scored else None,
            "rejected": str(result.rejected) if result.rejected else None,
            "rejected_listed": result.refused,
            "rejected_worded": result.worded,
            "seconds": round(seconds, 3),
        }
    )
