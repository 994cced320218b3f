"""What a target makes of a bundle: files, and a way to ask them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from andamio.bundles import Bundle, Outputs
from andamio.contracts.rows import Rows
from andamio.errors import ExportRefused, Text, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built in a folder.

    Attributes:
        answer: Asks what was built about some rows.
        made_with: Programs and libraries with their versions.
        about: Facts of its own, as plain JSON values.
        notes: How it is used, for the page beside it.
    """

    answer: Callable[[Rows], Outputs]
    made_with: Mapping[str, str]
    about: Mapping[str, object] = field(default_factory=dict)
    notes: str = ""


class Target(Protocol):
    """A runtime that a bundle can be exported to."""

    def build(self, bundle: Bundle, rows: Rows, folder: Path) -> Built:
        """Write files into a folder.

        Args:
            bundle: A verified bundle.
            rows: What will be asked.
            folder: An empty folder.

        Raises:
            ExportRefused: The graph holds what the target cannot do.
            MissingExtra: A package of the target is not installed.
        """


def cannot(bundle: Bundle, target: str, operators: str, fix: Text) -> ExportRefused:
    """Say that a target does not know operators of a graph."""
    return ExportRefused(
        text("{model} cannot be exported to {target}", model=bundle.model, target=target),
        why=text(
            "{target} has nothing for these operators of its graph: {names}", target=target, names=operators
        ),
        fix=fix,
    )
