"""What becomes a feature: the plan that is learnt from training rows and compiled to the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from andamio.contracts.contract import Contract, Feature, Input
from andamio.features.expressions import Node, tags_of
from andamio.features.grammar import read
from andamio.statistics.conditions import Conditions


class Stacked(Protocol):
    """Another model whose prediction is a feature; see ``sisters.Sister``."""

    @property
    def name(self) -> str:
        """Its version."""


class Networked(Protocol):
    """A network over signals whose answers are features; see ``networks.Network``."""

    @property
    def signals(self) -> tuple[str, ...]:
        """Its channels."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its features."""


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """All that the feature graph is made from; equal plans give graphs of equal bytes.

    Attributes:
        contract: The inputs, their policies and the declared features.
        found: Features that the search added, in the same language.
        excluded: Inputs that must not reach the model; a feature that reads one is left out with it.
        imputed: What stands for a missing number by tag, and for an undefined result by feature
            name (0 where a feature is not named).
        most_frequent: What stands for a missing category, by tag.
        sister: Another model whose prediction is a feature behind these.
        network: A network over signals whose answers are the last features.
        conditions: Operating conditions, and what tags read in each; None tells every sample as it is.
    """

    contract: Contract
    found: tuple[Feature, ...] = ()
    excluded: frozenset[str] = frozenset()
    imputed: Mapping[str, float] = field(default_factory=dict)
    most_frequent: Mapping[str, str] = field(default_factory=dict)
    sister: Stacked | None = None
    network: Networked | None = None
    conditions: Conditions | None = None

    @property
    def numbers(self) -> tuple[Input, ...]:
        """The numeric inputs that become features, in the order of the contract."""
        return tuple(i for i in self.contract.numbers if i.name not in self.excluded)

    @property
    def values(self) -> tuple[tuple[Input, str], ...]:
        """The category inputs that become features, one for each value they may have."""
        kept = (i for i in self.contract.categories if i.name not in self.excluded)
        return tuple((i, value) for i in kept for value in i.values)

    def stand_in(self, tag: Input) -> float:
        """Return what stands for a missing number; not learnt yet, the middle of its range, or 0."""
        if tag.name in self.imputed:
            return self.imputed[tag.name]
        return 0.0 if tag.range is None else (tag.range[0] + tag.range[1]) / 2

    def computed(self) -> tuple[tuple[Feature, Node], ...]:
        """Read the declared and the found features that use no excluded input.

        Raises:
            Unreadable: An expression is wrong; ``check_features`` tells of all of them.
        """
        read_features = ((f, read(f.expression)) for f in (*self.contract.features, *self.found))
        return tuple((f, node) for f, node in read_features if self.excluded.isdisjoint(tags_of(node)))
