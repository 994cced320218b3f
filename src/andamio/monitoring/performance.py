"""How good were the answers, where the truth is known by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from andamio.bundles import GraphInfo
from andamio.contracts.contract import Contract
from andamio.errors import text
from andamio.journal import Judged
from andamio.monitoring.findings import Finding, Level
from andamio.statistics.proportions import wilson_interval

FEWEST_JUDGED = 20
# Rows of one event come together, so far fewer of them are independent than were counted: a wide margin.
_Z_HARM = 4.0
_TIMES_WORSE = 1.5


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of live performance: its value, its 95 % interval where it is a share, and of how many."""

    name: str
    value: float
    low: float | None
    high: float | None
    of: int


@dataclass(frozen=True, slots=True)
class Performance:
    """What is known of the answers whose truth arrived."""

    judged: int
    measures: tuple[Measured, ...]
    findings: tuple[Finding, ...]


def measure(
    judged: Sequence[Judged], contract: Contract, info: GraphInfo, promised: Mapping[str, float]
) -> Performance:
    """Measure the judged rows of one version and hold them against its evaluation.

    Args:
        judged: Predictions with their truth.
        contract: Names the output and its unit.
        info: Classes of the version's graph.
        promised: The version's metrics on its held-out part, by name.
    """
    if info.classes:
        return _classes(judged, contract, info, promised)
    return _values(judged, contract, promised)


def _classes(
    judged: Sequence[Judged], contract: Contract, info: GraphInfo, promised: Mapping[str, float]
) -> Performance:
    place = {label: i for i, label in enumerate(info.classes)}
    pairs = [
        (item.prediction.decision, truth)
        for item in judged
        if (truth := _class(item.truth.value, place)) is not None and item.prediction.decision is not None
    ]
    right = sum(decision == truth for decision, truth in pairs)
    measures = [_share("accuracy", right, len(pairs))]
    findings: list[Finding] = []
    if info.positive is not None:
        hits = [decision == info.positive for decision, truth in pairs if truth == info.positive]
        calls = [decision == info.positive for decision, truth in pairs if truth != info.positive]
        measures += [
            _share("recall", sum(hits), len(hits)),
            _share("false_alarm_rate", sum(calls), len(calls)),
        ]
        missed = 1 - promised.get("recall", 0.0)
        findings += _harm("recall", len(hits) - sum(hits), len(hits), missed, contract)
        findings += _harm(
            "false_alarm_rate", sum(calls), len(calls), promised.get("false_alarm_rate", 1.0), contract
        )
    else:
        findings += _harm(
            "accuracy", len(pairs) - right, len(pairs), 1 - promised.get("accuracy", 0.0), contract
        )
    known = tuple(measured for measured in measures if measured.of)
    return Performance(len(pairs), known, tuple(findings))


def _values(judged: Sequence[Judged], contract: Contract, promised: Mapping[str, float]) -> Performance:
    pairs = [
        (item.prediction, number)
        for item in judged
        if (number := _number(item.truth.value)) is not None and item.prediction.value is not None
    ]
    if not pairs:
        return Performance(0, (), ())
    errors = np.array(
        [prediction.value - truth for prediction, truth in pairs if prediction.value is not None]
    )
    size = np.abs(errors)
    measures = [
        Measured("mae", float(size.mean()), None, None, len(pairs)),
        Measured("bias", float(errors.mean()), None, None, len(pairs)),
    ]
    inside = [
        p.lower <= truth <= p.upper for p, truth in pairs if p.lower is not None and p.upper is not None
    ]
    if inside:
        measures.append(_share("coverage", sum(inside), len(inside)))
    findings = []
    was = promised.get("mae")
    least = float(size.mean() - _Z_HARM * size.std(ddof=1) / np.sqrt(len(pairs))) if len(pairs) > 1 else 0.0
    if was is not None and len(pairs) >= FEWEST_JUDGED and least > _TIMES_WORSE * was:
        findings.append(_harmful("mae", float(size.mean()), was, len(pairs), contract))
    return Performance(len(pairs), tuple(measures), tuple(findings))


def _share(name: str, successes: int, trials: int) -> Measured:
    low, high = wilson_interval(successes, trials)
    return Measured(name, successes / trials if trials else float("nan"), low, high, trials)


def _harm(metric: str, wrong: int, trials: int, promised_wrong: float, contract: Contract) -> list[Finding]:
    """Find harm when even the low end of the live error share is well above the promised one."""
    if trials < FEWEST_JUDGED:
        return []
    low, _ = wilson_interval(wrong, trials, _Z_HARM)
    if low <= max(_TIMES_WORSE * promised_wrong, promised_wrong + 0.02):
        return []
    errors_counted = metric == "false_alarm_rate"
    live = wrong / trials if errors_counted else 1 - wrong / trials
    was = promised_wrong if errors_counted else 1 - promised_wrong
    return [_harmful(metric, live, was, trials, contract)]


def _harmful(metric: str, live: float, was: float, rows: int, contract: Contract) -> Finding:
    return Finding(
        kind="harm",
        level=Level.ALARM,
        tag=contract.output.name,
        what=text(
            "{metric} is {live} where the truth is known ({n} rows); at acceptance it was {was}",
            metric=metric,
            live=float(f"{live:.3g}"),
            n=rows,
            was=float(f"{was:.3g}"),
        ),
        fix=text("train with the new rows; until then roll back, or do not act on its answers alone"),
        data={"metric": metric, "live": live, "promised": was, "rows": rows},
    )


def _class(value: float | str, place: Mapping[str, int]) -> int | None:
    """Find the class a truth names, however the plant wrote it: 1, 1.0 and "1" are one class."""
    spellings = [str(value)]
    number = _number(value)
    if number is not None:
        spellings += [f"{number:g}", f"{number:.1f}"]
    return next((place[s] for s in spellings if s in place), None)


def _number(value: float | str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
