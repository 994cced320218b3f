"""A monitor in the middle of an alarm storm: it feeds the book and sends, until it is killed.

Started by ``test_alarm_storm.py`` with the plant's folder; it says "done" when the storm was told. Like any
monitor it notes how far it has come after it has done it, so a killed one feeds its last cycle again.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from andamio.errors import text
from andamio.kernel.settings import find_plant
from andamio.monitoring import Cause, Finding, Level
from andamio.monitoring.alarms import AlarmBook
from andamio.notification import Sender
from andamio.notification.apprise_service import AppriseService
from andamio.storage.database import open_database
from andamio.storage.files import replace_file

ASSETS, FINDINGS, CYCLES = 40, 500, 25
T0 = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def findings(count: int) -> list[Finding]:
    """The first so many findings of the storm."""
    return [
        Finding(
            kind="stuck",
            level=Level.ALARM,
            what=text("{tag} has not moved", tag=f"tag-{n}"),
            fix=text("check the sensor"),
            tag=f"tag-{n}",
            asset=f"pump-{n * ASSETS // FINDINGS:02}",
            since=T0,
            cause=Cause.SENSOR,
        )
        for n in range(count)
    ]


def main(folder: Path) -> None:
    """Go through the storm, from where the one before was."""
    plant = find_plant(folder)
    database = open_database(plant.database_url)
    book = AlarmBook(database, plant.settings)
    service = AppriseService(timeout_s=5)
    at = T0
    sender = Sender(book.outbox, plant.settings.notification, service, lock=folder / "lock", time=lambda: at)
    progress = folder / "progress"
    begin = int(progress.read_text()) if progress.exists() else 1
    for cycle in range(begin, CYCLES + 1):
        at = T0 + timedelta(hours=cycle)
        book.update("pump-health", findings(FINDINGS * cycle // CYCLES), at=at)
        sender.run_once()
        replace_file(progress, str(cycle + 1).encode())
        print(cycle, flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
