"""Where the plant part is installed, what stands becomes alarms; a box that only serves finds and says."""

from __future__ import annotations

from importlib.util import find_spec

from andamio.kernel.settings import PlantFolder
from andamio.web.alarm_desk import AlarmDesk, NoAlarms


def desk_of(plant: PlantFolder) -> AlarmDesk:
    """Return who keeps this plant's alarms."""
    if find_spec("sqlalchemy") is None:
        return NoAlarms()
    # The database costs a box that has no plant part its start.
    from andamio.app import Plant
    from andamio.web.book_desk import BookDesk

    return BookDesk(Plant.open(plant.root))
