"""How the commands write a version: its metrics, its gates, its moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from andamio.app import Plant
from andamio.language import current_language, date_time, say
from andamio.statistics.metric_names import metric_name


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
