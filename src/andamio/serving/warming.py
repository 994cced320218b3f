"""Warm a version on this very box before it takes traffic: golden rows, time, memory.

Time is the thread's own: what the version costs, not what it waits while the incumbent answers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from andamio.bundles import Bundle
from andamio.bundles.golden import check_golden, rows_of
from andamio.errors import AndamioError, MemoryShort, TooSlowHere, text
from andamio.serving.memory import available_bytes
from andamio.serving.scorer import Scorer

_log = logging.getLogger("andamio.serving")
# A session of trees takes about fourteen times its file.
_TIMES_THE_FILE = 14
_LEFT_FOR_OTHERS = 64 * 1024 * 1024
_MIB = 1024 * 1024
_RUNS, _ROUNDS = 200, 3
_LONGEST_ROUND_S = 2.0


@dataclass(slots=True)
class Warming:
    """The checks that a version passes before it answers.

    Attributes:
        strict: False while the process starts: what was in production goes on, slow or not, and what is
            wrong is only logged. Golden rows are never excused.
        available: How many bytes may still be taken; None where the system does not tell.
        seconds: The clock of a thread's own work.
    """

    strict: bool = True
    available: Callable[[], int | None] = available_bytes
    seconds: Callable[[], float] = time.thread_time

    def check_room(self, bundle: Bundle) -> None:
        """Check, before a graph is loaded, that the box has the memory for it.

        Raises:
            MemoryShort: It has not.
        """
        there = self.available()
        needed = _TIMES_THE_FILE * len(bundle.graph_bytes) + _LEFT_FOR_OTHERS
        if there is not None and there < needed:
            self._refuse(
                MemoryShort(
                    text("this box has not the memory for one more version of {model}", model=bundle.model),
                    why=text(
                        "about {needed} MiB are needed, {there} MiB are left",
                        needed=needed // _MIB,
                        there=there // _MIB,
                    ),
                    fix=text("end a canary or a shadow, stop other programs, or train with fewer trees"),
                )
            )

    def warm(self, scorer: Scorer, bundle: Bundle) -> None:
        """Ask the golden rows until the version is warm, and check what and how quickly it answers.

        Raises:
            GoldenRowsDiffer: It answers otherwise here than where it was built.
            TooSlowHere: It is slower here than ``[latency] p99_ms`` promises.
        """
        check_golden(scorer.graph, bundle.golden)
        promised = bundle.contract.p99_ms
        if promised is None or not bundle.golden:
            return
        found = min(self._round(scorer, bundle, promised) for _ in range(_ROUNDS))
        if found > promised:
            self._refuse(
                TooSlowHere(
                    text("{model} is slower on this box than its contract promises", model=bundle.model),
                    why=text(
                        "99 of 100 golden rows are answered within {found} ms, [latency] says {promised} ms",
                        found=float(f"{found:.3g}"),
                        promised=promised,
                    ),
                    fix=text("train a smaller model, use a quicker box, or promise less in the contract"),
                )
            )

    def _round(self, scorer: Scorer, bundle: Bundle, promised_ms: float) -> float:
        """Return the 99th percentile of some single rows, in milliseconds."""
        rows = rows_of(bundle.golden)
        singles = [rows.take(np.array([place])) for place in range(len(rows))]
        took: list[float] = []
        spent = 0.0
        for turn in range(_RUNS):
            began = self.seconds()
            scorer.score(singles[turn % len(singles)])
            took.append(self.seconds() - began)
            spent += took[-1]
            if spent > _LONGEST_ROUND_S and spent / len(took) * 1000 > promised_ms:
                break
        return float(np.percentile(took, 99, method="lower")) * 1000

    def _refuse(self, error: AndamioError) -> None:
        if self.strict:
            raise error
        _log.warning("%s; it was in production when this process started, and goes on", error)
