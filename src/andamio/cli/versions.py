"""How the commands write a version: its metrics, its gates, its moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from andamio.app import Plant
from andamio.cli.output import Output
from andamio.errors import Text
from andamio.language import current_language, date_time, say
from andamio.statistics.metric_names import metric_name

# What may be offered to a model, by its name in the lineage.
OFFERED = ("transfer", "augmentation", "int8", "pruned")


def moment(written: str, plant: Plant) -> str:
    """Write an ISO 8601 moment in the plant's own time."""
    here = datetime.fromisoformat(written).astimezone(plant.settings.time_zone)
    return date_time(here, language=current_language())


def figure(value: float | None) -> str:
    """Write a measured value with three significant digits."""
    return "–" if value is None else say("{value}", value=float(f"{value:.3g}"))


def interval(measured: Mapping[str, Any]) -> str:
    """Write a metric with its 95 % confidence interval."""
    if measured["low"] is None or measured["high"] is None:
        return figure(measured["value"])
    return say(
        "{value} ({low} to {high})",
        value=figure(measured["value"]),
        low=figure(measured["low"]),
        high=figure(measured["high"]),
    )


def metric_label(metric: str) -> str:
    """Name a metric as the contract writes it, with what it means."""
    meaning = say(metric_name(metric))
    return metric if meaning == metric else f"{metric}: {meaning}"


def verdict(passed: bool | None) -> str:
    """Write a gate's verdict in a word."""
    return {True: say("passed"), False: say("failed"), None: say("not enough data")}[passed]


def said(kept: object) -> str | None:
    """Say a sentence that was kept as plain values: ``{"sentence": …, "values": …}``."""
    if not isinstance(kept, Mapping):
        return None
    values = {k: said(v) if isinstance(v, Mapping) else v for k, v in kept["values"].items()}
    return say(Text(kept["sentence"], values))


def tell_claims(out: Output, evaluation: Mapping[str, Any], model: str) -> None:
    """Say what can be claimed where rows are few; nothing where they are many."""
    claims = evaluation.get("claims")
    if not claims:
        return
    out.blank()
    out.say("What can be claimed:", style="bold")
    for sentence in claims["sentences"]:
        out.say("  {sentence}", sentence=said(sentence))
    needed = [claims["needed"], *(gate["needed"] for gate in claims["gates"])]
    hopeless = claims["supported"] is False and not needed[0]["labels"]
    if not hopeless and any(one and one["labels"] for one in needed):
        out.say(
            "  Once it is in production, andamio label next {model} proposes which rows to label.",
            model=model,
        )


def tell_offered(out: Output, lineage: Mapping[str, Any]) -> None:
    """Say what a sister, copies, whole numbers and the limit on size were worth, where they were tried."""
    for name in OFFERED:
        offered = lineage.get("learnt", {}).get(name)
        if offered:
            out.say("{sentence}", sentence=said(offered["sentence"]))


def offered_data(lineage: Mapping[str, Any]) -> dict[str, object]:
    """Return the same for a program, its sentences in the language of the moment."""
    learnt = lineage.get("learnt", {})
    return {
        name: {**learnt[name], "sentence": said(learnt[name]["sentence"])} if name in learnt else None
        for name in OFFERED
    }


def claims_data(evaluation: Mapping[str, Any]) -> dict[str, object] | None:
    """Return what can be claimed for a program, its sentences in the language of the moment."""
    claims = evaluation.get("claims")
    if not claims:
        return None
    return {**claims, "sentences": [said(sentence) for sentence in claims["sentences"]]}
