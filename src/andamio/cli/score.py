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
from andamio.cli.past import archive_of
from andamio.cli.placing import about
from andamio.cli.score_memory import FileMemory, InMind, opened_state
from andamio.cli.score_state import LastRun, StateFile, result_again
from andamio.connectors.csv import CsvOptions
from andamio.contracts import Contract
from andamio.errors import UsageError, text
from andamio.journal import Journal
from andamio.kernel.digests import sha256_of_file
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
        kept = opened_state(state, scorer.contract)
        if kept is not None:
            _settle(kept, plant, journal, output)
            if kept.last is not None and kept.last.input_sha256 == sha256_of_file(source):
                _tell_again(out, source, kept.last)
                return
        mind = InMind.of(scorer.contract, kept)
        memory = None if kept is None else FileMemory(kept, mind, journal, scorer, source, output)
        result = score_file(
            scorer,
            mind.reading(rows, scorer.contract, closing=kept is None),
            _target(output),
            Files(source, output),
            journal.append_now,
            mind.courses,
            memory,
        )
    _tell(out, scorer, output, result, time.perf_counter() - started)
    if mind.windows is not None and mind.windows.taken_back:
        out.say(
            "{n} {n:row|rows} of earlier files had counted far ahead of all that follow, and {n:was|were} "
            "forgotten",
            n=mind.windows.taken_back,
        )


def _settle(state: StateFile, plant: PlantFolder, journal: Journal, output: Path) -> None:
    """Do what a killed run left undone, holding its output as it would itself."""
    left = state.unsettled
    if left is None:
        return
    theirs = None if left == output.absolute() else refused_path(left)
    with _alone(plant, theirs):
        state.settle(journal, plant.journal, archive_of(plant))


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


def _tell_again(out: Output, source: Path, last: LastRun) -> None:
    """Tell what came of a file when it was scored, since it is not scored again."""
    result = result_again(last.result)
    output = Path(last.output)
    out.say("{file} was scored already into this state, and is not scored again", file=source)
    if result.scored:
        name = f"{last.model}@{last.version}"
        out.say("{rows} rows scored by {name}, in {path}", rows=result.scored, name=name, path=output)
    out.data(_data(last, output, result) | {"already": True, "seconds": 0.0})


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
    out.data(_data(scorer, output, result) | {"already": False, "seconds": round(seconds, 3)})


def _data(by: Scorer | LastRun, output: Path, result: BatchResult) -> dict[str, object]:
    return {
        "model": by.model,
        "version": by.version,
        "digest": by.digest,
        "scored": result.scored,
        "refused": result.refused,
        "reasons": result.reasons,
        "unanswered": result.unanswered,
        "late": result.late,
        "out": str(output) if result.scored else None,
        "rejected": str(result.rejected) if result.rejected else None,
        "rejected_listed": result.refused,
        "rejected_worded": result.worded,
    }
