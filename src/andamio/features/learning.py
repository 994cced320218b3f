"""Learn from training rows what stands for a missing value."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Feature, Input, Missing, OutOfRange
from andamio.features.checking import refuse_wrong
from andamio.features.conditions import learn_conditions, level_numbers
from andamio.features.graph import Inputs, feature_graph, run_features
from andamio.features.plan import FeaturePlan


def learn_plan(
    contract: Contract,
    rows: Inputs,
    *,
    found: Sequence[Feature] = (),
    excluded: frozenset[str] = frozenset(),
) -> FeaturePlan:
    """Make a plan whose stand-ins come from training rows alone; inside a fold, from the fold's.

    A missing number takes its tag's median, a missing category its most frequent value (of equals, the
    first in the contract), an undefined feature the median of the rows where it is defined.

    Raises:
        FeaturesRefused: A feature is wrong, or no input is left.
    """
    numbers = contract.numbers
    conditions = learn_conditions(contract, rows.numbers)
    levelled = level_numbers(conditions, contract, rows.numbers)
    imputed = {
        tag.name: _median(levelled[:, column], tag)
        for column, tag in enumerate(numbers)
        if tag.missing is Missing.IMPUTE and tag.name not in excluded
    }
    frequent = {
        tag.name: _most_frequent(rows.categories[:, column].tolist(), tag.values)
        for column, tag in enumerate(contract.categories)
        if tag.missing is Missing.IMPUTE and tag.name not in excluded and tag.values
    }
    plan = FeaturePlan(contract, tuple(found), excluded, imputed, frequent, conditions=conditions)
    refuse_wrong(plan)
    return replace(plan, imputed=imputed | _medians_of_features(plan, rows))


def _median(values: NDArray[np.float32], tag: Input) -> float:
    known = values[np.isfinite(values)].astype(np.float64)
    if tag.range is not None and tag.out_of_range is OutOfRange.CLIP:
        known = np.clip(known, *tag.range)
    if len(known) == 0:
        return 0.0 if tag.range is None else sum(tag.range) / 2
    return float(np.median(known))


def _most_frequent(values: Sequence[str], known: Sequence[str]) -> str:
    counts = Counter(values)
    return max(known, key=lambda value: counts[value])


def _medians_of_features(plan: FeaturePlan, rows: Inputs) -> dict[str, float]:
    names = [feature.name for feature, _ in plan.computed()]
    if not names:
        return {}
    # With NaN as its own stand-in, an undefined result shows.
    graph = feature_graph(replace(plan, imputed={**plan.imputed, **dict.fromkeys(names, math.nan)}))
    values = run_features(graph, rows)[:, -len(names) :].astype(np.float64)
    medians = {}
    for column, name in enumerate(names):
        known = values[:, column][np.isfinite(values[:, column])]
        if 0 < len(known) < len(values):
            medians[name] = float(np.median(known))
    return medians
