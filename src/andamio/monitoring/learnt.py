"""What the reference cannot tell: a monitor that has learnt little says so before it is believed."""

from __future__ import annotations

import numpy as np

from andamio.contracts.contract import Contract
from andamio.errors import Text, text
from andamio.monitoring.detectors import Reference
from andamio.monitoring.findings import Finding, Level
from andamio.statistics.drift import DriftReference
from andamio.statistics.faults import FaultReference

_FEW = 500  # rows: a bundle of more that holds no drift was built before drift was learnt


def learnt_findings(contract: Contract, reference: Reference) -> list[Finding]:
    """State what is not judged for want of a reference, and that limits are wide while history is short."""
    if DriftReference.is_in(reference):
        learnt = DriftReference.read(reference)
        return [_wide(learnt)] if learnt.still_learning else []
    rows = int(np.asarray(reference.get("rows", 0)))
    judged = FaultReference.is_in(reference)
    return [
        Finding(
            kind="no-reference",
            level=Level.NOTICE,
            what=_unjudged(rows, judged=judged),
            fix=text("add more history, then train: andamio train {model}", model=contract.name)
            if judged and rows < _FEW
            else text("train a version: andamio train {model}", model=contract.name),
            data={"rows": rows},
        )
    ]


def _unjudged(rows: int, *, judged: bool) -> Text:
    if not judged:
        return text("the bundle does not say what was usual in training, so sensors and drift are not judged")
    if rows < _FEW:
        return text(
            "still learning: {rows} {rows:row|rows} of history are too few to judge drift; "
            "sensors are judged, with wide limits",
            rows=rows,
        )
    return text("the bundle does not say how the process used to move: sensors are judged, drift is not")


def _wide(learnt: DriftReference) -> Finding:
    return Finding(
        kind="still-learning",
        level=Level.NOTICE,
        what=text(
            "still learning: {rows} {rows:row|rows} of history tell as much as {effective} independent ones, "
            "so limits are wide and small drifts are seen late",
            rows=learnt.rows,
            effective=round(learnt.effective),
        ),
        fix=text("train again with a longer history, or andamio monitor rebase, when there is more"),
        data={"rows": learnt.rows, "effective": round(learnt.effective, 1)},
    )
