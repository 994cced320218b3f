"""Put everything that is known of one model together: is it still working?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Bundle
from andamio.contracts.contract import Contract
from andamio.errors import text
from andamio.monitoring.drift import FEWEST, DriftDetector
from andamio.monitoring.findings import Finding, Level
from andamio.monitoring.observation import Observation, scores_of, streams
from andamio.monitoring.performance import Performance, Promise, measure
from andamio.monitoring.sensors import sensor_findings
from andamio.monitoring.unrecorded import unrecorded_findings
from andamio.statistics.drift import DriftReference
from andamio.statistics.profile import Profile

_REFUSED_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelHealth:
    """One model's health. ``verdict`` is "working", "look", or "waiting" (nothing to judge by yet)."""

    model: str
    version: int
    digest: str
    age: timedelta | None
    answered: int
    refused: int
    reasons: dict[tuple[str, str | None], int]
    last: datetime | None
    rows: int
    score_now: float | None
    score_then: float | None
    performance: Performance
    unmatched: int
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """Say it in one word."""
        if any(finding.level is Level.ALARM for finding in self.findings):
            return "look"
        compared = not any(finding.kind == "no-reference" for finding in self.findings)
        return "working" if self.rows >= FEWEST and compared else "waiting"


def examine(
    seen: Observation, bundle: Bundle, contract: Contract, version: int, *, at: datetime
) -> ModelHealth:
    """Examine the work of the version that answers now.

    Args:
        seen: What the journal holds of the model.
        bundle: The version's bundle: its profile and its evaluation.
        contract: The bundle's contract.
        version: Its number.
        at: The present moment.
    """
    reference = bundle.reference()
    profile = Profile.read(reference) if Profile.is_in(reference) else None
    drift = DriftReference.read(reference) if DriftReference.is_in(reference) else None
    rows = seen.of_version(version)
    judged = [item for item in seen.judged if item.prediction.version == version]
    performance = measure(judged, contract, bundle.info, promised_metrics(bundle.evaluation))
    findings = [
        *(sensor_findings(seen, rows, contract, profile) if profile else ()),
        *(_drift(seen, rows, contract, drift) if drift else ()),
        *performance.findings,
        *_refusals(seen),
        *_damage(seen),
        *unrecorded_findings(seen, at),
        *(() if profile and drift else _no_reference(contract)),
    ]
    scores = scores_of(seen, rows)
    trained = bundle.record.get("created_at")
    return ModelHealth(
        model=contract.name,
        version=version,
        digest=bundle.digest,
        age=at - datetime.fromisoformat(str(trained)) if trained else None,
        answered=seen.answered,
        refused=seen.refused,
        reasons=seen.reasons,
        last=seen.last,
        rows=int(rows.size),
        score_now=float(np.nanmean(scores)) if np.isfinite(scores).any() else None,
        score_then=float(np.mean(profile.score_quantiles)) if profile and profile.rows else None,
        performance=performance,
        unmatched=seen.unmatched,
        findings=tuple(sorted(findings, key=lambda finding: finding.level is not Level.ALARM)),
    )


def _drift(
    seen: Observation, rows: NDArray[np.int64], contract: Contract, reference: DriftReference
) -> list[Finding]:
    """Replay each asset's latest rows."""
    findings: list[Finding] = []
    for stream in streams(seen, rows):
        detector = DriftDetector(contract, reference, stream.asset)
        detector.feed(stream)
        findings += detector.standing()
    return findings


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


def _refusals(seen: Observation) -> list[Finding]:
    total = seen.answered + seen.refused
    if seen.refused < 5 or seen.refused <= _REFUSED_SHARE * total:
        return []
    (code, tag), count = next(iter(seen.reasons.items()))
    return [
        Finding(
            kind="refused",
            level=Level.ALARM,
            tag=tag,
            what=text(
                "{n} of {total} rows were refused; most often {code} at {tag} ({count})",
                n=seen.refused,
                total=total,
                code=code,
                tag=tag or "–",
                count=count,
            ),
            fix=text(
                "correct what sends the rows, or the contract; andamio error {code} explains", code=code
            ),
        )
    ]


def _no_reference(contract: Contract) -> list[Finding]:
    return [
        Finding(
            kind="no-reference",
            level=Level.NOTICE,
            what=text(
                "the bundle does not say what was usual in training, so sensors and drift are not judged"
            ),
            fix=text("train a version: andamio train {model}", model=contract.name),
        )
    ]


def _damage(seen: Observation) -> list[Finding]:
    return [
        Finding(
            kind="journal-damaged",
            level=Level.ALARM,
            what=text(
                "the journal cannot be read in {segment}, bytes {start} to {end}",
                segment=damage.segment,
                start=damage.start,
                end=damage.end,
            ),
            fix=text("check the disk; the records around it are whole and were read"),
        )
        for damage in seen.damages
    ]
