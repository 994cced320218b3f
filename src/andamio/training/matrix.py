"""The matrix that models learn from: what the feature graph gives for the training rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from andamio.contracts.contract import Contract, Feature, Missing
from andamio.contracts.rows import Rows
from andamio.features import (
    FeatureGraph,
    FeaturePlan,
    Network,
    Sister,
    feature_graph,
    run_channels,
    run_features,
)
from andamio.features.conditions import learn_conditions, level_numbers
from andamio.features.suggested import suggested_features
from andamio.training.copying import can_vary, copies_of_each, draw_copies
from andamio.training.models import Matrix
from andamio.training.transfer import SISTER

# No plant measures this: where the graph shows it, the feature had no finite result.
_UNDEFINED = float(np.float32(-1.7014117e38))


class Matrices:
    """Feature plans and matrices of one set of training rows, for any set of found features.

    Signals that no declared feature reads get a set of features of their own, in every plan.
    """

    def __init__(
        self,
        contract: Contract,
        rows: Rows,
        excluded: frozenset[str],
        sister: Sister | None = None,
        *,
        suggest: bool = True,
    ) -> None:
        """Learn what stands for missing values; without ``suggest`` signals get no features of their own."""
        self.sister = sister
        self._contract = contract
        self._rows = rows
        self._excluded = excluded
        self._suggested = suggested_features(contract, excluded) if suggest else ()
        self._copies, self._copies_seed = 0, 0
        self._copies_known: dict[tuple[Feature, ...], Matrix] = {}
        self._conditions = learn_conditions(contract, rows.numbers)
        self._imputed = _medians(contract, level_numbers(self._conditions, contract, rows.numbers))
        self._most_frequent = _modes(contract, rows)
        self._signals: Matrix | None = None
        self._known: dict[tuple[Feature, ...], tuple[FeaturePlan, FeatureGraph, Matrix]] = {}

    def plan(self, found: Sequence[Feature] = ()) -> FeaturePlan:
        """Return the plan with some found features."""
        return self._made(tuple(found))[0]

    def graph(self, found: Sequence[Feature] = ()) -> FeatureGraph:
        """Return the compiled plan."""
        return self._made(tuple(found))[1]

    def matrix(self, found: Sequence[Feature] = ()) -> Matrix:
        """Return the features of the training rows, shape ``(rows, features)``."""
        return self._made(tuple(found))[2]

    def channels(self) -> tuple[str, ...]:
        """Name the signals that a network reads: those of the commonest length, in their order."""
        signals = [s for s in self._contract.signals if s.tag not in self._excluded]
        counts = Counter(signal.length for signal in signals)
        length = max(counts, key=lambda n: counts[n], default=0)
        return tuple(signal.name for signal in signals if signal.length == length)

    def signals(self) -> Matrix:
        """Return what a network reads, shape ``(rows, channels, samples)``."""
        if self._signals is None:
            self._signals = run_channels(self._planned((), {}), self.channels(), self._rows)
        return self._signals

    def with_network(self, found: Sequence[Feature], network: Network) -> tuple[FeaturePlan, FeatureGraph]:
        """Return the plan with a network behind all other features."""
        plan = replace(self.plan(found), network=network)
        return plan, feature_graph(plan)

    def make_copies(self, seed: int) -> None:
        """Offer copies of the rows from now on, where the contract says how readings may differ."""
        if can_vary(self._contract, self._excluded):
            self._copies, self._copies_seed = copies_of_each(len(self._rows)), seed

    def copies(self, found: Sequence[Feature] = ()) -> Matrix | None:
        """Return the features of all copies, shape ``(copies, rows, features)``; None without copies."""
        known, key = self._copies_known, tuple(found)
        if self._copies and key not in known:
            graph = self.graph(found)
            drawn = draw_copies(self._contract, self._rows, self._copies, self._copies_seed)
            known[key] = np.stack([run_features(graph, rows) for rows in drawn])
        return known.get(key)

    def forget(self) -> None:
        """Let go of matrices that were only tried."""
        self._known.clear()
        self._copies_known.clear()

    def _made(self, found: tuple[Feature, ...]) -> tuple[FeaturePlan, FeatureGraph, Matrix]:
        if found not in self._known:
            self._known[found] = self._make(found)
        return self._known[found]

    def _make(self, found: tuple[Feature, ...]) -> tuple[FeaturePlan, FeatureGraph, Matrix]:
        plan = self._planned(found, {})
        names = [feature.name for feature, _ in plan.computed()]
        if names:
            probe = feature_graph(self._planned(found, dict.fromkeys(names, _UNDEFINED)))
            plan = self._planned(found, self._instead(probe, names))
        graph = feature_graph(plan)
        return plan, graph, run_features(graph, self._rows)

    def _planned(self, found: tuple[Feature, ...], instead: Mapping[str, float]) -> FeaturePlan:
        return FeaturePlan(
            self._contract,
            (*self._suggested, *(feature for feature in found if feature != SISTER)),
            self._excluded,
            {**self._imputed, **instead},
            self._most_frequent,
            self.sister if SISTER in found else None,
            conditions=self._conditions,
        )

    def _instead(self, probe: FeatureGraph, names: Sequence[str]) -> Mapping[str, float]:
        """Choose what stands for undefined results: the median of the defined ones."""
        matrix = run_features(probe, self._rows)
        instead = {}
        for name in names:
            column = matrix[:, probe.names.index(name)]
            defined = column[column != np.float32(_UNDEFINED)]
            if defined.size and defined.size < column.size:
                instead[name] = float(np.median(defined))
        return instead


def _medians(contract: Contract, numbers: Matrix) -> Mapping[str, float]:
    medians = {}
    for column, tag in enumerate(contract.numbers):
        if tag.missing is Missing.IMPUTE:
            values = numbers[:, column]
            there = values[np.isfinite(values)]
            medians[tag.name] = float(np.median(there)) if there.size else 0.0
    return medians


def _modes(contract: Contract, rows: Rows) -> Mapping[str, str]:
    modes = {}
    for column, tag in enumerate(contract.categories):
        if tag.missing is Missing.IMPUTE:
            counts = Counter(value for value in rows.categories[:, column].tolist() if value)
            # Of equally frequent values the first of the contract's list.
            modes[tag.name] = max(tag.values, key=lambda value: counts[value], default="")
    return modes
