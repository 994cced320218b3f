"""May two versions answer the same rows? Only then can one be tried beside, or stand in for, the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from andamio.bundles.graph import GraphInfo
from andamio.contracts import Contract, Input
from andamio.errors import Fault, RouteRefused, Text, text


class Described(Protocol):
    """What a bundle and a loaded version both tell of themselves."""

    @property
    def contract(self) -> Contract:
        """What it promises."""

    @property
    def info(self) -> GraphInfo:
        """What its tensors mean."""


def check_exchangeable(reference: str, champion: Described, other: Described) -> None:
    """Check that a row the champion's contract accepts means the same to another version.

    Args:
        reference: How to call the other version.
        champion: Whose contract the rows pass.
        other: Who is to answer them.

    Raises:
        RouteRefused: It reads other tags, judges them otherwise, or answers in other words; every
            difference is a fault.
    """
    faults = [Fault(RouteRefused.code, what) for what in _differences(champion, other)]
    if faults:
        raise RouteRefused(
            text("{reference} cannot answer the rows of the champion", reference=reference),
            why=text("a row passes the champion's contract only, and its answers must mean the same"),
            fix=text("deploy it as a whole: andamio deploy {reference}", reference=reference),
            faults=faults,
        )


def _differences(champion: Described, other: Described) -> Iterator[Text]:
    yield from _tags(champion.contract.by_name, other.contract.by_name)
    for name in ("kind", "numbers", "categories", "classes", "positive"):
        ours, theirs = getattr(champion.info, name), getattr(other.info, name)
        if ours != theirs:
            yield text("{name} is {theirs}, with the champion {ours}", name=name, theirs=theirs, ours=ours)
    if champion.contract.output.unit != other.contract.output.unit:
        yield text(
            "it answers in {theirs}, the champion in {ours}",
            theirs=other.contract.output.unit or "-",
            ours=champion.contract.output.unit or "-",
        )


def _tags(ours: Mapping[str, Input], theirs: Mapping[str, Input]) -> Iterator[Text]:
    for name in sorted({*ours, *theirs}):
        if name not in theirs:
            yield text("it does not read the tag {tag}", tag=name)
        elif name not in ours:
            yield text("it reads the tag {tag}, which the champion does not", tag=name)
        elif _meaning(ours[name]) != _meaning(theirs[name]):
            yield text("it declares the tag {tag} otherwise", tag=name)


def _meaning(declared: Input) -> Input:
    return replace(declared, column="", line=0)
