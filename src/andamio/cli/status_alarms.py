"""What ``andamio status`` says of alarms that are open: how many, the worst one, and what to type."""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from andamio.cli.output import Output
from andamio.errors import DiskFull
from andamio.kernel import clock
from andamio.kernel.settings import PlantFolder
from andamio.language import say

if TYPE_CHECKING:
    from andamio.monitoring.alarms import Standing


def tell_alarms(out: Output, folder: PlantFolder, model: str) -> dict[str, object] | None:
    """Say how many alarms are open, the worst of them, and what to type; return it for a program.

    None where this box keeps no alarms, or where its disk is too full to read them: reading too needs
    room beside the database.

    Raises:
        DatabaseUnreachable: The plant's database cannot be opened.
    """
    try:
        standing = _open_alarms(folder, model)
    except DiskFull:
        out.blank()
        out.say("The alarms cannot be read while the disk is full.", style="yellow")
        return None
    return None if standing is None else _tell(out, standing)


def _open_alarms(folder: PlantFolder, model: str) -> Standing | None:
    """Read the alarm book; None where this box keeps none: it only serves, or nothing was ever kept."""
    url = folder.database_url
    if find_spec("sqlalchemy") is None or _is_lacking(url):
        return None
    # The database costs a box that has no plant part its start.
    from andamio.monitoring.alarms import AlarmBook
    from andamio.storage.database import open_database
    from andamio.storage.steady_time import SteadyTime

    with closing(open_database(url)) as database:
        book = AlarmBook(database, folder.settings, steady=SteadyTime(clock.since_boot))
        return book.standing(model=model or None)


def _tell(out: Output, standing: Standing) -> dict[str, object]:
    from andamio.monitoring.alarms import cause_name
    from andamio.monitoring.alarms.as_data import alarm_data

    held = [alarm for flood in standing.floods for alarm in flood.alarms]
    count = len(standing.alarms) + len(held)
    # A flood is what most of all needs somebody; else the list is in the order of urgency.
    worst = next(iter([*held, *standing.alarms]), None)
    out.blank()
    if worst is None:
        out.say("No alarm stands.", style="green")
    else:
        out.say(
            "Open alarms: {n}; {waiting} of them {waiting:waits|wait} for somebody",
            n=count,
            waiting=standing.waiting,
            style="red" if standing.waiting else "yellow",
        )
        name = str(worst.id) if worst.flood is None else f"F{worst.flood}"
        place = worst.asset or say("all assets of {model}", model=worst.model)
        out.say(
            "  the worst, {id}: {place} · {cause}: {what}",
            id=name,
            place=place,
            cause=say(cause_name(worst.cause or "")),
            what=worst.lead.what,
        )
        out.say("  what to do about it: andamio alarms show {id}", id=name)
    return {
        "open": count,
        "waiting": standing.waiting,
        "put_aside": standing.aside,
        "worst": None if worst is None else alarm_data(worst),
    }


def _is_lacking(url: str) -> bool:
    path = url.removeprefix("sqlite:///")
    return path != url and not Path(path).exists()
