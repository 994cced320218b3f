"""Tell the control side what this worker does: its report for now, the journal for later."""

from __future__ import annotations

import logging
import time
from typing import Literal

from andamio.bundles.workers import WorkerPost
from andamio.errors import AndamioError
from andamio.journal import Journal, ServiceRecord
from andamio.language import say
from andamio.serving.generation import Generation

_log = logging.getLogger("andamio.serving")


class Teller:
    """Writes the worker's report and its service records.

    Neither may stop the answers: a disk that refuses them is only logged.
    """

    def __init__(self, post: WorkerPost, journal: Journal) -> None:
        self._post = post
        self._journal = journal

    def generation(self, generation: Generation) -> None:
        """Tell which generation answers from now on, and what could not be loaded."""
        errors = {model: one_line(error) for model, error in generation.errors.items()}
        for model, line in errors.items():
            _log.error("%s%s", f"{model}: " if model else "", line)
        try:
            self._post.report(generation.number, errors)
        except (AndamioError, OSError) as error:
            _log.error("the worker's report could not be written: %s", error)
        versions: dict[str, str | int | float | None] = {
            f"version of {name}": scorer.version for name, scorer in generation.scorers.items()
        }
        for name, team in generation.teams.items():
            for part, scorer in (("challenger", team.challenger), ("shadow", team.shadow)):
                if scorer is not None:
                    versions[f"{part} of {name}"] = scorer.version
        self.event("generation", generation=generation.number, refused=", ".join(errors) or None, **versions)

    def event(self, name: Literal["start", "stop", "generation"], **detail: str | int | float | None) -> None:
        """Put an event of the service into the journal."""
        try:
            self._journal.append_now([ServiceRecord(time=time.time(), event=name, detail=detail)])
        except AndamioError as error:
            _log.error("the journal did not take the event %s: %s", name, error)


def one_line(error: AndamioError) -> str:
    """Write an error in one line: its code, what, and why."""
    parts = [say(part) for part in (error.what, error.why) if part is not None]
    return f"{error.code}: " + "; ".join(parts)
