"""What the commands of ``andamio monitor`` share: a period of the past, and looking on until told to stop."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from types import FrameType

from andamio.cli.alarm_keeping import desk_of
from andamio.cli.monitor_output import Teller
from andamio.cli.past import archive_of
from andamio.errors import AndamioError, UsageError, text
from andamio.kernel.settings import PlantFolder
from andamio.monitoring.rounds import Rounds
from andamio.registry.moments import parse_moment
from andamio.web.alarm_desk import AlarmDesk, hand_over

_DAY = len("2026-11-01")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the past, by event time, in seconds since 1970."""

    start: float = -math.inf
    end: float = math.inf

    @classmethod
    def read(cls, start: str, end: str, zone: tzinfo) -> Period:
        """Read what a person typed: a day begins at its first moment, and ``--to`` holds the whole day.

        Raises:
            UsageError: One is neither a date nor a moment, or the end is not after the start.
        """
        period = cls(
            _beginning(start, zone).timestamp() if start else -math.inf,
            parse_moment(end, zone).timestamp() if end else math.inf,
        )
        if period.start >= period.end:
            raise UsageError(
                text("the period ends before it begins"), fix=text("name the earlier moment with --from")
            )
        return period


def _beginning(written: str, zone: tzinfo) -> datetime:
    moment = parse_moment(written, zone)
    is_day = len(written.strip()) == _DAY
    return parse_moment(f"{written.strip()}T00:00", zone) if is_day else moment


def look_on(plant: PlantFolder, model: str, teller: Teller, interval_s: float) -> None:
    """Look again and again until SIGTERM or Ctrl-C, and tell what changed.

    What fails in the first look is raised; what fails later is said, and the next look goes on.

    Raises:
        Busy: Another process keeps a watch of these; the error names it.
    """
    desk = desk_of(plant)
    with _until_told() as ended, closing(Rounds(plant, partial(archive_of, plant), model)) as rounds:
        is_first = True
        while not ended.is_set():
            try:
                _look(desk, rounds, teller)
            except AndamioError as error:
                if is_first:
                    raise
                teller.tell_trouble(error)
            is_first = False
            ended.wait(interval_s)


def _look(desk: AlarmDesk, rounds: Rounds, teller: Teller) -> None:
    found = rounds.go(time.time())
    if teller.is_first and found.failures and not found.looked:
        raise next(iter(found.failures.values()))
    try:
        hand_over(desk, found)
    except AndamioError:
        teller.tell(found)
        raise
    teller.tell(found)
    teller.no_trouble()


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set."""
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
