"""Choose the golden rows: real ones, and ones at the limits of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import structs

from andamio.contracts.rows import Rows
from andamio.training.table import Problem

REAL = 10
AT_LIMITS = 10


def choose_golden(problem: Problem, probes: Mapping[str, Rows]) -> Rows:
    """Choose about 20 rows: ten real ones spread over the target, then one of each kind of probe.

    Args:
        problem: Rows to choose from.
        probes: Rows by case, as ``bundles.probes.policy_probes`` makes them.
    """
    order = np.argsort(problem.target, kind="stable")
    places = np.unique(np.linspace(0, len(order) - 1, REAL).astype(np.int64))
    chosen = [problem.rows.take(np.sort(order[places]))]
    cases = sorted(probes)
    step = max(1, -(-len(cases) // AT_LIMITS))
    chosen += [probes[case].take(np.array([0])) for case in cases[::step]]
    return joined(chosen)


def joined(parts: Sequence[Rows]) -> Rows:
    """Put rows of one contract behind each other."""
    signals = [part.signals for part in parts if part.signals is not None]
    return structs.replace(
        parts[0],
        numbers=np.concatenate([part.numbers for part in parts]),
        categories=np.concatenate([part.categories for part in parts]),
        assets=[asset for part in parts for asset in part.assets],
        times=[time for part in parts for time in part.times],
        flags=[flags for part in parts for flags in part.flags],
        signals=None if not signals else np.concatenate(signals),
    )
