"""Put everything that is known of one model together: is it still working?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Bundle
from andamio.contracts.contract import Contract
from andamio.errors import text
from andamio.journal import Judged
from andamio.monitoring.detectors import Reference, factory_of, show
from andamio.monitoring.drift import FEWEST
from andamio.monitoring.filling import filling_findings
from andamio.monitoring.findings import Finding, Level
from andamio.monitoring.grouping import together
from andamio.monitoring.labelling import Asked, asked_for
from andamio.monitoring.learnt import learnt_findings
from andamio.monitoring.lives import Life, lives_of
from andamio.monitoring.machines import Machine, machines_of
from andamio.monitoring.observation import Observation, scores_of, streams
from andamio.monitoring.performance.harm import LossDetector, in_order_of_arrival
from andamio.monitoring.performance.history import history_of
from andamio.monitoring.performance.measuring import Performance, measure, promised_metrics
from andamio.monitoring.performance.unlabelled import Estimate, estimate_without_truth
from andamio.monitoring.performance.worth import Worth, worth_of
from andamio.monitoring.repeats import findings_by_profile, range_findings
from andamio.monitoring.unrecorded import unrecorded_findings
from andamio.statistics.faults import FaultReference
from andamio.statistics.profile import Profile

_REFUSED_SHARE = 0.05
_ESTIMATED = 1000  # the latest rows whose loss is estimated without truth


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
    estimate: Estimate
    worth: Worth | None
    machines: tuple[Machine, ...] = ()
    lives: tuple[Life, ...] = ()
    unit: str | None = None
    asked: Asked | None = None

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
    sensors = FaultReference.is_in(reference)
    rows = seen.of_version(version)
    judged = [item for item in seen.judged if item.prediction.version == version]
    performance = measure(judged, contract, bundle.info, promised_metrics(bundle.evaluation))
    findings = [
        *_replayed(seen, rows, contract, reference),
        *(findings_by_profile(seen, rows, contract, profile) if profile and not sensors else ()),
        *range_findings(seen, rows, contract),
        *_harm(performance, bundle, judged),
        *_refusals(seen),
        *_damage(seen),
        *unrecorded_findings(seen, at),
        *filling_findings(seen, contract),
        *learnt_findings(contract, reference),
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
        estimate=estimate_without_truth(
            [seen.predictions[row] for row in rows[-_ESTIMATED:]], bundle.info, reference
        ),
        worth=_worth(judged, bundle, contract),
        machines=machines_of(seen, rows, bundle.info),
        lives=lives_of(seen, rows, contract),
        unit=contract.output.unit,
        asked=asked_for(judged, bundle.info),
    )


def _replayed(
    seen: Observation, rows: NDArray[np.int64], contract: Contract, reference: Reference
) -> list[Finding]:
    """Replay each asset's latest rows through its detectors."""
    factory = factory_of(contract, reference)
    findings: list[Finding] = []
    for stream in streams(seen, rows):
        detectors = factory()
        show(detectors, stream)
        findings += [finding for detector in detectors for finding in detector.standing()]
    return together(findings)


def _harm(performance: Performance, bundle: Bundle, judged: Sequence[Judged]) -> Sequence[Finding]:
    """Return the harm that the bets confirm; of a bundle that promised nothing, what the counts tell."""
    bets = LossDetector.of(bundle)
    if bets.abstains or "loss.inside" not in bundle.reference():
        return performance.findings
    bets.feed_truth(in_order_of_arrival(judged))
    return bets.standing()


def _worth(judged: Sequence[Judged], bundle: Bundle, contract: Contract) -> Worth | None:
    if contract.costs is None or bundle.info.positive is None:
        return None
    return worth_of(history_of(judged, bundle.info), contract.costs)


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
