"""Confirmed harm in words."""

from __future__ import annotations

from datetime import UTC, datetime

from andamio.contracts.contract import Contract
from andamio.errors import Text, text
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.performance.measuring import Promise
from andamio.monitoring.performance.stream import LossStream


def harm_finding(
    name: str, stream: LossStream, contract: Contract, promise: Promise | None, cause: Cause
) -> Finding:
    """State the harm of one measure: how bad, since when, held against what."""
    rows, total, since, _ = stream.harm.tolist()
    loss = total / rows
    shown, usual = _shown(name, loss), _shown(name, stream.usual.mean if stream.usual.rows else stream.limit)
    if promise is not None and not stream.usual.rows:
        usual = promise.value
    return Finding(
        kind="coverage" if name == "coverage" else "harm",
        level=Level.ALARM,
        what=_what(name, _digits(shown), _digits(usual), int(rows)),
        fix=_fix(cause),
        tag=contract.output.name,
        since=datetime.fromtimestamp(since, UTC),
        cause=cause,
        certainty=stream.certainty,
        data={
            "metric": name,
            "live": shown,
            "promised": usual,
            "limit": _shown(name, stream.limit),
            "rows": int(rows),
            "labels": stream.labels,
            "dependence": stream.pooled.cautious,
        },
    )


def _what(name: str, live: float, was: float, rows: int) -> Text:
    if name == "mae":
        return text(
            "its errors grew: in {n} rows the usual one is larger than {share} % of those at acceptance",
            n=rows,
            share=round(100 * live),
        )
    if name in ("bias_high", "bias_low"):
        return _one_sided(name, live, rows)
    if name == "large":
        return text(
            "{live} % of its errors are large ones ({n} rows); at acceptance {was} % were",
            live=round(100 * live, 1),
            was=round(100 * was, 1),
            n=rows,
        )
    if name == "coverage":
        return text(
            "{live} % of the truths lie in its intervals ({n} rows); at acceptance {was} % did",
            live=round(100 * live, 1),
            was=round(100 * was, 1),
            n=rows,
        )
    return text(
        "{metric} is {live} where the truth is known ({n} rows); at acceptance it was {was}",
        metric=name,
        live=live,
        n=rows,
        was=was,
    )


def _one_sided(name: str, live: float, rows: int) -> Text:
    share = round(100 * live)
    if name == "bias_high":
        return text(
            "it answers too high: in {n} rows the usual error lies above {share} % of those at acceptance",
            n=rows,
            share=share,
        )
    return text(
        "it answers too low: in {n} rows the usual error lies below {share} % of those at acceptance",
        n=rows,
        share=share,
    )


def _fix(cause: Cause) -> Text:
    if cause is Cause.CONCEPT:
        return text(
            "the inputs look usual, so what they mean has changed: ask what is different in the process, "
            "then train with the new rows; until then roll back, or do not act on its answers alone"
        )
    return text("train with the new rows; until then roll back, or do not act on its answers alone")


def _shown(name: str, loss: float) -> float:
    """Return a mean loss as people know the measure: recall, accuracy and coverage count what went well."""
    return 1 - loss if name in ("accuracy", "recall", "coverage") else loss


def _digits(value: float) -> float:
    return float(f"{value:.3g}")
