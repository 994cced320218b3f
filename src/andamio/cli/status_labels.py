"""What ``andamio status`` tells of the labels that were asked for."""

from __future__ import annotations

from andamio.cli.output import Output
from andamio.language import say
from andamio.monitoring.labelling import Asked


def tell_labels(out: Output, asked: Asked | None) -> None:
    """Say how many there are, how they were chosen, and what they tell of all rows."""
    for sentence in asked.sentences if asked else ():
        out.say("    {sentence}", sentence=sentence)


def labels_data(asked: Asked | None) -> dict[str, object] | None:
    """Return the same for a program."""
    if asked is None:
        return None
    loss = asked.loss
    return {
        "labels": asked.labels,
        "at_random": asked.at_random,
        "loss": "wrong" if asked.is_share else "absolute_error",
        "of_all_rows": None if loss is None else {"value": loss.value, "low": loss.low, "high": loss.high},
        "what": [say(sentence) for sentence in asked.sentences],
    }
