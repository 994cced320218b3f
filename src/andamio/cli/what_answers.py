"""How ``deploy`` and ``rollback`` tell what answers now, with a registry and without one."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from andamio.bundles.keys import PublicKey
from andamio.cli.beside import beside_data, tell_beside
from andamio.cli.output import Output
from andamio.errors import DatabaseUnreachable, Text
from andamio.kernel.settings import find_plant
from andamio.lifecycle import Change, Switchboard


def has_registry() -> bool:
    """Tell whether this box has the packages of a registry; an edge box has not."""
    return importlib.util.find_spec("sqlalchemy") is not None


def local_switchboard() -> Switchboard:
    """Find where it is decided what answers here, without opening a database."""
    folder = find_plant()
    trusted = tuple(PublicKey.parse(pinned) for pinned in folder.settings.keys.trusted)
    return Switchboard(folder.deployment, folder.workers, folder.bundles, trusted)


@contextmanager
def offering(way_out: Text) -> Iterator[None]:
    """When the database cannot be reached, offer the way that does not need it."""
    try:
        yield
    except DatabaseUnreachable as error:
        raise DatabaseUnreachable(error.what, where=error.where, why=error.why, fix=way_out) from error


def tell(out: Output, change: Change, *, patience_s: float, reason: str | None) -> None:
    """Tell what answers now and who has followed; exit with 1 when a scoring process has not."""
    out.data(
        {
            "model": change.model,
            "old": change.old.version if change.old else None,
            "new": change.new.version,
            "digest": change.new.digest,
            "changed": change.changed,
            "generation": change.generation,
            "workers": list(change.followed),
            "late": list(change.late),
            "recorded": change.recorded,
            **beside_data(change.after),
        }
    )
    new = f"{change.model}@{change.new.version}"
    if not change.changed:
        out.say("{new} was in production already; nothing was changed.", new=new)
        return
    if change.old is None:
        out.say("{new} is in production.", new=new, style="green")
    elif change.old == change.new:
        out.say("{new} stays in production.", new=new, style="green")
    else:
        old = f"{change.model}@{change.old.version}"
        out.say("{new} is in production, in the place of {old}.", new=new, old=old, style="green")
    tell_beside(out, change.model, change.after)
    _tell_workers(out, change, patience_s)
    if not change.recorded:
        out.say("The registry could not be written; the next command completes it.", style="yellow")
    if reason == "":
        out.say("No reason was given, and the audit log says so; next time: --reason WHY")
    if change.late:
        raise typer.Exit(1)


def _tell_workers(out: Output, change: Change, patience_s: float) -> None:
    if change.followed:
        out.say("It answers in {workers}.", workers=", ".join(change.followed))
    for worker in change.late:
        out.say(
            "{worker} has not followed after {seconds} s: look at its output, and start it again.",
            worker=worker,
            seconds=patience_s,
            style="red",
        )
    if not change.followed and not change.late:
        out.say("No scoring process is running here. Start it: andamio serve")
