"""Find which of our feature columns a brought model reads, by name where it knows names, else by place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from andamio.contracts.contract import Contract
from andamio.errors import ModelRefused, text


def match_columns(
    contract: Contract, features: Sequence[str], names: Sequence[str], count: int | None
) -> tuple[int, ...]:
    """Match the columns of a model with those of the feature graph.

    A column is known by its tag, by the dataset's header, or, for a category, by ``tag=value`` and the ways
    in which notebooks write that (``Type_L``). Capitals and punctuation do not matter.

    Args:
        contract: The inputs.
        features: Names of the graph's feature columns.
        names: Names that the model knows; empty when it knows none.
        count: How many columns it reads; None when any number will do.

    Returns:
        Places in ``features``, in the model's order.

    Raises:
        ModelRefused: Names or count do not fit; it lists what is there and what is missing.
    """
    if names and not all(re.fullmatch(r"(Column_|f|x|X)?\d+", name) for name in names):
        known = _spellings(contract, features)
        found = [known.get(_key(name)) for name in names]
        missing = [name for name, place in zip(names, found, strict=True) if place is None]
        if missing:
            raise ModelRefused(
                text(
                    "the model reads columns that the contract does not give it: {missing}",
                    missing=", ".join(missing),
                ),
                why=text("the columns are: {features}", features=", ".join(features)),
                fix=text("declare them as inputs or features in models/{model}.toml", model=contract.name),
            )
        return tuple(place for place in found if place is not None)
    wanted = count if count is not None else len(names) or len(features)
    if wanted != len(features):
        raise ModelRefused(
            text(
                "the model reads {wanted} columns, the contract gives {given}",
                wanted=wanted,
                given=len(features),
            ),
            why=text("the columns are, in this order: {features}", features=", ".join(features)),
            fix=text(
                "make inputs and features of models/{model}.toml those of the model, in its order;"
                " a category counts once for each of its values",
                model=contract.name,
            ),
        )
    return tuple(range(len(features)))


def _spellings(contract: Contract, features: Sequence[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    places = {name: place for place, name in enumerate(features)}
    for declared in contract.inputs:
        if declared.name in places:
            for spelling in (declared.column, declared.name):
                known.setdefault(_key(spelling), places[declared.name])
        for value in declared.values:
            place = places.get(f"{declared.name}={value}")
            if place is not None:
                for spelling in (declared.column, declared.name):
                    known.setdefault(_key(f"{spelling}_{value}"), place)
    for name, place in places.items():
        known.setdefault(_key(name), place)
    return known


def _key(name: str) -> str:
    return re.sub(r"[^0-9a-zà-ÿ]+", "_", name.casefold()).strip("_")
