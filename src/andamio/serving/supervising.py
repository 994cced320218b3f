"""Several workers behind one listening socket: start them, raise those that fall, and end them together."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from threading import Thread
from types import FrameType

_log = logging.getLogger("andamio.serving")
_AGAIN_S = 1.0
_YOUNG_S = 5.0


class Supervisor:
    """Forks workers and waits for them; the parent answers no request and loads no model.

    A worker that falls after it has lived a while is raised again. One that falls at once would only fall
    again (a taken journal, a file that cannot be read), so everything ends with its status.

    Args:
        work: Runs worker ``n``, from 1, until it is told to end; called in the child.
        workers: How many.
    """

    def __init__(self, work: Callable[[int], None], workers: int) -> None:
        self._work = work
        self._workers = workers
        self._living: dict[int, tuple[int, float]] = {}
        self._ending = False
        # Nothing is ever written into this pipe: it ends when the parent does, however that comes about.
        self._watched, self._held = os.pipe()

    def run(self) -> int:
        """Work until SIGTERM or Ctrl-C, and return 0, or the status of a worker that could not begin."""
        asked = {number: signal.signal(number, self._asked) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            for number in range(1, self._workers + 1):
                self._raise_worker(number)
            return self._wait()
        finally:
            for number, handler in asked.items():
                signal.signal(number, handler)
            os.close(self._watched)
            os.close(self._held)

    def _raise_worker(self, number: int) -> None:
        process = os.fork()
        if process == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides
            os.close(self._held)
            Thread(target=_end_with_the_parent, args=(self._watched,), daemon=True).start()
            self._work(number)
            raise SystemExit(0)
        self._living[process] = number, time.monotonic()
        if self._ending:  # it was asked between the fork and this line
            os.kill(process, signal.SIGTERM)

    def _wait(self) -> int:
        status = 0
        while self._living:
            process, ended = os.waitpid(-1, 0)
            if process not in self._living:
                continue
            number, since = self._living.pop(process)
            code = os.waitstatus_to_exitcode(ended)
            if self._ending:
                continue
            if code > 0 and time.monotonic() - since < _YOUNG_S:
                status = code
                self._end()
                continue
            _log.error("worker %s ended with status %s and is started again", number, code)
            time.sleep(_AGAIN_S)
            if not self._ending:
                self._raise_worker(number)
        return status

    def _asked(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  the signal's names
        self._end()

    def _end(self) -> None:
        self._ending = True
        for process in list(self._living):
            os.kill(process, signal.SIGTERM)


def _end_with_the_parent(watched: int) -> None:
    os.read(watched, 1)
    os.kill(os.getpid(), signal.SIGTERM)
