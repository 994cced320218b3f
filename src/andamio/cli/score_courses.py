"""The courses of ``andamio score``: the remaining life of each machine, smoothed, and kept between files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Contract, Rows
from andamio.contracts.window import Horizon
from andamio.errors import WindowsRefused, text
from andamio.features.windows import TICKS, read_ticks
from andamio.statistics.descent import Course, Descent, kept_course, taken_up_course
from andamio.storage.files import replace_file

# Seconds since 1970 are more, cycles are fewer.
_CALENDAR = 1e8


class LiveCourses:
    """Smooths the remaining lives of files, one after the other where their memory is kept.

    Args:
        contract: The model's contract.
        horizon: Of its answers.
        state: The file of the windows' memory; the courses lie beside it, in ``FILE.courses``.

    Raises:
        WindowsRefused: The kept courses are damaged.
    """

    def __init__(self, contract: Contract, horizon: Horizon, state: Path | None) -> None:
        self._unit_s = horizon.unit_told(contract.output.unit)
        self._counts_rows = horizon.unit is None
        self._descent = Descent(horizon.most_told(contract.output.unit))
        self._path = None if state is None else state.with_name(f"{state.name}.courses")
        self._known = {} if self._path is None or not self._path.exists() else _read(self._path)

    def told(self, rows: Rows, values: NDArray[np.float32]) -> Sequence[float]:
        """Smooth the answers to rows, each machine in the order of its moments.

        A row without a machine or without a moment is told as it was answered.
        """
        ticks, placed = read_ticks(rows.times)
        told = values.astype(np.float64)
        for place in np.argsort(ticks, kind="stable").tolist():
            asset = rows.assets[place]
            if asset is None or not placed[place]:
                continue
            course = self._known.get(asset, Course())
            course = self._descent.step(course, self._moment(int(ticks[place]), course), float(values[place]))
            self._known[asset] = course
            told[place] = course.told
        return [float(value) for value in told]

    def keep(self) -> None:
        """Write the memory, whole or not at all."""
        if self._path is not None:
            kept = {asset: kept_course(course) for asset, course in self._known.items()}
            replace_file(self._path, msgspec.json.encode(kept))

    def _moment(self, tick: int, course: Course) -> float:
        """Return a moment in the unit of the life; a life in rows passes by one a row."""
        seconds = tick / TICKS
        if self._counts_rows and abs(seconds) > _CALENDAR:
            return course.moment + 1.0 if course.rows else 0.0
        return seconds / self._unit_s


def _read(path: Path) -> dict[str, Course]:
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, float]])
    except msgspec.MsgspecError as error:
        raise WindowsRefused(
            text("the kept courses of the machines cannot be read: {path}", path=path),
            why=text("{reason}", reason=error),
            fix=text("begin anew with another file for the state"),
        ) from error
    return {asset: taken_up_course(course) for asset, course in kept.items()}
