"""How a person names a version: ``pump-health@3``, ``pump-health@champion``; a bare name is the champion."""

from __future__ import annotations

import re
from dataclasses import dataclass

from andamio.errors import UsageError, text

CHAMPION = "champion"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A model, and one of its versions by number or by alias; neither when only the model was named."""

    model: str
    version: int | None = None
    alias: str | None = None

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.model}@{self.version}"
        return f"{self.model}@{self.alias}" if self.alias else self.model


def parse_reference(written: str) -> Reference:
    """Read what a person typed.

    >>> parse_reference("pump-health@3")
    Reference(model='pump-health', version=3, alias=None)

    Raises:
        UsageError: It is not NAME, NAME@NUMBER or NAME@ALIAS.
    """
    model, at, rest = written.strip().partition("@")
    if model and not at:
        return Reference(model)
    if model and rest.isascii() and rest.isdigit() and len(rest) < 10:
        return Reference(model, version=int(rest))
    if model and _NAME.fullmatch(rest):
        return Reference(model, alias=rest)
    raise UsageError(
        text("{written} does not name a model's version", written=written or '""'),
        fix=text("write NAME, NAME@3 or NAME@champion; andamio models lists the names"),
    )
