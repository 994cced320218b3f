"""Tell the control side which generation answers here, and what could not be loaded."""

from __future__ import annotations

import logging

from andamio.bundles.workers import WorkerPost
from andamio.errors import AndamioError
from andamio.language import say
from andamio.serving.generation import Generation

_log = logging.getLogger("andamio.serving")


def report(post: WorkerPost, generation: Generation) -> None:
    """Write the worker's report. A disk that refuses it must not stop the answers, so it is only logged."""
    errors = {model: one_line(error) for model, error in generation.errors.items()}
    for model, line in errors.items():
        _log.error("%s%s", f"{model}: " if model else "", line)
    try:
        post.report(generation.number, errors)
    except (AndamioError, OSError) as error:
        _log.error("the worker's report could not be written: %s", error)


def one_line(error: AndamioError) -> str:
    """Write an error in one line: its code, what, and why."""
    parts = [say(part) for part in (error.what, error.why) if part is not None]
    return f"{error.code}: " + "; ".join(parts)
