"""Hold out the latest part of every machine's history, and all rows of known anomalies."""

from __future__ import annotations

import numpy as np

from andamio.errors import text
from andamio.training.anomaly.blocks import in_time
from andamio.training.purging import purged
from andamio.training.splits import Split, refuse_short
from andamio.training.table import Index, Problem


def hold_out_latest(problem: Problem, share: float) -> Split:
    """Split a history: what is learnt from, and the latest rows with every known anomaly.

    Known anomalies are not learnt from, wherever they lie, so all of them can be measured on.

    Raises:
        TrainingDataRefused: Windows are so long that all rows overlap the latest ones.
    """
    late = np.zeros(len(problem), np.bool_)
    for order in in_time(problem):
        late[order[round(len(order) * (1 - share)) :]] = True
    known = np.asarray(problem.target == problem.positive)
    test = late | known
    note = text(
        "held out: the latest {rows} rows; once they have told how good it is, the model learns from them",
        rows=int(late.sum()),
    )
    if known.any():
        note = text(
            "held out: the latest {rows} rows, and {known} rows of known anomalies, never learnt from",
            rows=int(late.sum()),
            known=int(known.sum()),
        )
    train = purged(problem, np.flatnonzero(~test), np.flatnonzero(test))
    if not train.size:
        refuse_short(problem)
    return Split(train, np.flatnonzero(test), "time", note)


def with_known(problem: Problem, split: Split) -> Index:
    """Return the rows to learn from, and those of known anomalies, by which candidates are chosen."""
    known = np.flatnonzero(problem.target == problem.positive)
    return np.union1d(split.train, known).astype(np.int64)
