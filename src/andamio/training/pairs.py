"""Features that may be found: differences, sums, products and ratios of two numeric tags."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from andamio.contracts.contract import Contract, Feature, Input, TagType
from andamio.features.checking import check_features
from andamio.training.models import Matrix

# A pair that follows a column this closely tells nothing new.
SAME = 0.99


def pair_features(contract: Contract, tags: Sequence[str]) -> tuple[Feature, ...]:
    """List the pairwise features of some tags that the contract allows.

    Differences and sums are left out where the units of both tags are known and do not match; a ratio is
    listed in one direction, since trees split it as well as its inverse.

    Args:
        contract: Its units and names decide.
        tags: Names of numeric tags, the most useful first.
    """
    inputs = [contract.by_name[tag] for tag in tags]
    taken = {i.name for i in contract.inputs} | {f.name for f in contract.features}
    plain = dataclasses.replace(contract, features=())
    return tuple(
        feature
        for a, b in combinations(inputs, 2)
        for feature in _of_pair(a, b)
        if feature.name not in taken and not check_features(plain, [feature])
    )


def numeric_tags(contract: Contract, excluded: frozenset[str]) -> tuple[str, ...]:
    """Name the tags that arithmetic makes sense on."""
    return tuple(
        i.name
        for i in contract.numbers
        if i.type in (TagType.NUMBER, TagType.INTEGER) and i.name not in excluded
    )


def telling(features: Sequence[Feature], matrix: Matrix, width: int) -> tuple[Feature, ...]:
    """Leave out features that are constant or that follow an earlier column.

    Args:
        features: Candidates, in the order of the matrix' last columns.
        matrix: Features of the training rows with the candidates at the end.
        width: Columns before the candidates.
    """
    values = matrix.astype(np.float64)
    values = values - values.mean(axis=0)
    spread = np.sqrt(np.square(values).mean(axis=0))
    unit = values / np.where(spread > 0, spread, 1.0) / np.sqrt(len(values))
    kept = list(range(width))
    chosen = []
    for place, feature in enumerate(features, start=width):
        if spread[place] == 0 or not np.isfinite(spread[place]):
            continue
        if np.abs(unit[:, kept].T @ unit[:, place]).max(initial=0.0) < SAME:
            kept.append(place)
            chosen.append(feature)
    return tuple(chosen)


def _of_pair(a: Input, b: Input) -> Iterator[Feature]:
    yield Feature(f"{a.name}_minus_{b.name}", f"{a.name} - {b.name}")
    yield Feature(f"{a.name}_times_{b.name}", f"{a.name} * {b.name}")
    yield Feature(f"{a.name}_plus_{b.name}", f"{a.name} + {b.name}")
    yield Feature(f"{a.name}_over_{b.name}", f"{a.name} / {b.name}")
