"""``andamio journal``: what becomes of the records as they grow old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, timedelta

import typer

from andamio.archive import Compacted, compact
from andamio.cli.output import Json, Output
from andamio.errors import Text, text
from andamio.kernel import clock
from andamio.kernel.settings import PlantFolder, find_plant
from andamio.language import say

command = typer.Typer(no_args_is_help=True)


@command.callback()
def journal() -> None:
    """Look after what was recorded."""


@command.command(
    "compact", help=say("Move closed segments into the tables, and prune the days older than the plant keeps")
)
def compact_journal(json: Json = False) -> None:
    """Compact and prune; what a living worker writes stays."""
    out = Output(json=json)
    plant = find_plant()
    keep_days = plant.settings.journal.keep_days
    today = clock.now().astimezone(UTC).date()
    first_kept = None if keep_days is None else today - timedelta(days=keep_days)
    if first_kept is None:
        done = compact(plant.journal, plant.hidden)
    else:
        done = _pruned(plant, first_kept, text("[journal] keep_days = {days}", days=keep_days))
    _tell(out, done)
    out.data(
        {
            "moved": done.moved,
            "predictions": done.rows,
            "damaged": done.damaged,
            "first_kept": None if done.first_kept is None else str(done.first_kept),
            "pruned": done.pruned,
        }
    )


def _pruned(folder: PlantFolder, first_kept: date, why: Text) -> Compacted:
    """Compact and prune; the audit log says what is to go before it goes, and what went."""

    def record(action: str, rows: Mapping[str, int]) -> None:
        from andamio.app import Plant

        plant = Plant.open(folder.root)
        gone = {"first_kept": str(first_kept), "rows": dict(rows)}
        plant.audit.append(action, "journal", actor=plant.actor, reason=str(why), new=gone)
        plant.database.close()

    done = compact(
        folder.journal,
        folder.hidden,
        first_kept=first_kept,
        announce=lambda rows: record("journal-prune-intended", rows),
    )
    if any(done.pruned.values()):
        record("journal-prune-completed", done.pruned)
    return done


def _tell(out: Output, done: Compacted) -> None:
    out.say(
        "{n} segments moved into the tables; predictions in them: {rows}", n=len(done.moved), rows=done.rows
    )
    for name in done.damaged:
        out.say("{segment} stays: a stretch of it cannot be read", segment=name, style="yellow")
    if done.first_kept is None:
        out.say("nothing is pruned: andamio.toml sets no [journal] keep_days")
        return
    went = {name: rows for name, rows in done.pruned.items() if rows}
    for name, rows in went.items():
        out.say(
            "{rows} rows of {table} from before {day} went", rows=rows, table=name, day=str(done.first_kept)
        )
    if not went:
        out.say("nothing is older than {day}, the first day that is kept", day=str(done.first_kept))
