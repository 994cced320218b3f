"""What an alarm means while nobody acts, by its cause; and which cause is looked at first."""

from __future__ import annotations

from andamio.errors import Text, text

_CONSEQUENCES = {
    "sensor": text("the model reads a wrong measurement, and its answers may be wrong"),
    "season": text("the plant runs as it seldom did in training, and answers are less sure"),
    "process": text(
        "the machine does not run as it did in training; it may be failing, and answers are less sure"
    ),
    "concept": text("the answers are worse than was promised, and decisions by them cost more"),
    "pipeline": text("rows come late, broken or not at all, and what does not come is not watched"),
}
_UNKNOWN = text("the model may answer worse than was promised")

_NAMES = {
    "sensor": text("sensor"),
    "season": text("season or load"),
    "process": text("process"),
    "concept": text("model"),
    "pipeline": text("data"),
}

CAUSES = ("process", "concept", "pipeline", "sensor", "season", "")
"""The causes in the order in which they are looked at."""


def consequence(cause: str) -> Text:
    """Say what it means while nobody acts."""
    return _CONSEQUENCES.get(cause, _UNKNOWN)


def cause_name(cause: str) -> Text:
    """Name a cause in a word."""
    return _NAMES.get(cause, text("unknown cause"))
