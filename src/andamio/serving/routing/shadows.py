"""Ask shadows off the answer's path: one thread, a bounded queue, a journal of its own.

A shadow may be slow, may fail, may meet a full disk: the champion has answered before it is asked. What
the thread cannot keep up with is dropped and counted.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from andamio.contracts import Rows
from andamio.journal import Journal, ShadowRecord, prediction_record
from andamio.serving.scorer import Scorer

_log = logging.getLogger("andamio.serving")
REQUESTS, ROWS = 256, 20_000
_NICENESS = 10
_PATIENCE_S = 5.0


class _Heard(NamedTuple):
    """One request that a shadow is to be asked."""

    scorer: Scorer
    rows: Rows
    ids: Sequence[str]


class Shadows:
    """Where the requests for shadows wait, and the thread that asks them.

    Args:
        open_journal: Opens the shadows' own journal; called in the thread, when the first one is asked.
        counts: Rows by model, version and outcome: "journalled", "dropped", "failed".
        requests: The most requests that wait.
        rows: The most rows that wait.
    """

    def __init__(
        self,
        open_journal: Callable[[], Journal],
        counts: Counter[tuple[str, int, str]],
        *,
        requests: int = REQUESTS,
        rows: int = ROWS,
    ) -> None:
        self._open_journal = open_journal
        self._counts = counts
        self._most_requests, self._most_rows = requests, rows
        self._waiting: deque[_Heard] = deque()
        self._rows = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def hear(self, scorer: Scorer, rows: Rows, ids: Sequence[str]) -> None:
        """Let a shadow hear a request that was answered; never waits, never raises."""
        count = len(rows)
        with self._changed:
            full = len(self._waiting) >= self._most_requests or self._rows + count > self._most_rows
            if full or self._stopping:
                self._counts[scorer.model, scorer.version, "dropped"] += count
                return
            self._waiting.append(_Heard(scorer, rows, ids))
            self._rows += count
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Stop asking. What still waits is dropped and counted; the process may end."""
        with self._changed:
            self._stopping = True
            for heard in self._waiting:
                self._counts[heard.scorer.model, heard.scorer.version, "dropped"] += len(heard.rows)
            self._waiting.clear()
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(_PATIENCE_S)

    def _work(self) -> None:
        with suppress(OSError, AttributeError):
            # On Linux a thread has a niceness of its own: on a full box the answers come first.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        journal: Journal | None = None
        while (heard := self._next()) is not None:
            scorer = heard.scorer
            outcome = "failed"
            try:
                journal = journal or self._open_journal()
                journal.append_now([_record(heard)])
                outcome = "journalled"
            except Exception as error:  # noqa: BLE001  whatever befalls a shadow is nobody else's matter
                if not self._counts[scorer.model, scorer.version, "failed"]:
                    _log.warning("the shadow %s@%s failed: %s", scorer.model, scorer.version, error)
            self._counts[scorer.model, scorer.version, outcome] += len(heard.rows)
        if journal is not None:
            journal.close()

    def _next(self) -> _Heard | None:
        with self._changed:
            while not self._waiting and not self._stopping:
                self._changed.wait()
            if self._stopping:
                return None
            heard = self._waiting.popleft()
            self._rows -= len(heard.rows)
            return heard


def _record(heard: _Heard) -> ShadowRecord:
    outputs = heard.scorer.graph.run(heard.rows, features=False)
    now = time.time()
    answer = prediction_record(
        heard.ids,
        now,
        heard.scorer.model,
        heard.scorer,
        heard.rows,
        outputs,
        route="shadow",
        keep_signals=heard.scorer.keep_signals,
    )
    return ShadowRecord(time=now, answer=answer)
