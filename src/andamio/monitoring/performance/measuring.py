"""How good were the answers, where the truth is known by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from andamio.bundles import GraphInfo
from andamio.contracts.contract import Contract
from andamio.errors import text
from andamio.journal import Judged
from andamio.journal.truth import moment_of
from andamio.monitoring.findings import Finding, Level
from andamio.statistics.proportions import wilson_interval

Cluster = tuple[str, int]
FEWEST_JUDGED = 20
# Rows of one machine on one day come together: they are one piece of evidence, not many.
FEWEST_CLUSTERS = 8
_DAY_S = 86_400.0
_Z_HARM = 4.0
_TIMES_WORSE = 1.5


@dataclass(frozen=True, slots=True)
class Promise:
    """One metric of the held-out part at acceptance, with the ends of its confidence interval."""

    value: float
    low: float
    high: float


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


def promised_metrics(evaluation: Mapping[str, object]) -> dict[str, Promise]:
    """Return the metrics of the held-out part by name, with their confidence intervals."""
    metrics = evaluation.get("metrics")
    promised = {}
    for name, found in (metrics if isinstance(metrics, Mapping) else {}).items():
        value = found.get("value")
        if value is not None:
            low, high = found.get("low"), found.get("high")
            promised[name] = Promise(value, value if low is None else low, value if high is None else high)
    return promised


def measure(
    judged: Sequence[Judged], contract: Contract, info: GraphInfo, promised: Mapping[str, Promise]
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
    judged: Sequence[Judged], contract: Contract, info: GraphInfo, promised: Mapping[str, Promise]
) -> Performance:
    place = {label: i for i, label in enumerate(info.classes)}
    known = [
        (item.prediction.decision, truth, _cluster(item))
        for item in judged
        if (truth := class_of(item.truth.value, place)) is not None and item.prediction.decision is not None
    ]
    wrong = [(decision != truth, cluster) for decision, truth, cluster in known]
    measures = [_share("accuracy", len(wrong) - sum(w for w, _ in wrong), len(wrong))]
    findings: list[Finding] = []
    if info.positive is None:
        findings += _harm("accuracy", wrong, promised, contract)
    else:
        missed = [(d != info.positive, cluster) for d, truth, cluster in known if truth == info.positive]
        false = [(d == info.positive, cluster) for d, truth, cluster in known if truth != info.positive]
        measures += [
            _share("recall", len(missed) - sum(w for w, _ in missed), len(missed)),
            _share("false_alarm_rate", sum(w for w, _ in false), len(false)),
        ]
        findings += _harm("recall", missed, promised, contract)
        findings += _harm("false_alarm_rate", false, promised, contract)
    return Performance(len(known), tuple(m for m in measures if m.of), tuple(findings))


def _values(judged: Sequence[Judged], contract: Contract, promised: Mapping[str, Promise]) -> Performance:
    known = [
        (item.prediction, item.prediction.value - truth, truth, _cluster(item))
        for item in judged
        if (truth := number_of(item.truth.value)) is not None and item.prediction.value is not None
    ]
    if not known:
        return Performance(0, (), ())
    errors = np.array([error for _, error, _, _ in known])
    mae = float(np.abs(errors).mean())
    measures = [
        Measured("mae", mae, None, None, len(known)),
        Measured("bias", float(errors.mean()), None, None, len(known)),
    ]
    inside = [
        p.lower <= truth <= p.upper for p, _, truth, _ in known if p.lower is not None and p.upper is not None
    ]
    if inside:
        measures.append(_share("coverage", sum(inside), len(inside)))
    promise, findings = promised.get("mae"), []
    least = _least([(abs(error), cluster) for _, error, _, cluster in known])
    if promise is not None and least is not None and least > max(_TIMES_WORSE * promise.value, promise.high):
        findings.append(_harmful("mae", mae, promise.value, len(known), contract))
    return Performance(len(known), tuple(measures), tuple(findings))


def _share(name: str, successes: int, trials: int) -> Measured:
    low, high = wilson_interval(successes, trials)
    return Measured(name, successes / trials if trials else float("nan"), low, high, trials)


def _harm(
    metric: str, wrong: Sequence[tuple[bool, Cluster]], promised: Mapping[str, Promise], contract: Contract
) -> list[Finding]:
    """Find harm when even the low end of the live error share is well above the promised one."""
    promise = promised.get(metric)
    least = _least(wrong)
    if promise is None or least is None:
        return []
    counts_errors = metric == "false_alarm_rate"
    was = promise.value if counts_errors else 1 - promise.value
    worst = promise.high if counts_errors else 1 - promise.low
    if least <= max(_TIMES_WORSE * was, worst, was + 0.02):
        return []
    share = sum(w for w, _ in wrong) / len(wrong)
    return [_harmful(metric, share if counts_errors else 1 - share, promise.value, len(wrong), contract)]


def _least(evidence: Sequence[tuple[float, Cluster]]) -> float | None:
    """Return the low end of a mean over rows that come in clusters; None when there are too few.

    Source: the linearised ratio estimator, Cochran, Sampling Techniques (1977), section 6.4.
    """
    groups: dict[Cluster, list[float]] = {}
    for value, cluster in evidence:
        groups.setdefault(cluster, []).append(float(value))
    m, n = len(groups), len(evidence)
    if m < FEWEST_CLUSTERS or n < FEWEST_JUDGED:
        return None
    mean = sum(value for value, _ in evidence) / n
    spread = sum((sum(values) - mean * len(values)) ** 2 for values in groups.values())
    return float(mean - _Z_HARM * np.sqrt(m / (m - 1) * spread) / n)


def _cluster(item: Judged) -> Cluster:
    """Name the machine and the day that a judged row belongs to."""
    prediction = item.prediction
    told = moment_of(prediction.event_time) if prediction.event_time else None
    return prediction.asset or "", int((prediction.time if told is None else told) // _DAY_S)


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


def class_of(value: float | str, place: Mapping[str, int]) -> int | None:
    """Find the class that a truth names, however the plant wrote it: 1, 1.0 and "1" are one class."""
    spellings = [str(value)]
    number = number_of(value)
    if number is not None:
        spellings += [f"{number:g}", f"{number:.1f}"]
    return next((place[s] for s in spellings if s in place), None)


def number_of(value: float | str) -> float | None:
    """Read the number a truth is; None when it is none."""
    try:
        return float(value)
    except ValueError:
        return None
