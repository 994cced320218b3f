"""A sentence apart from its values, one thing that is wrong, and the root of all errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from andamio.errors.written import Written

EXIT_DONE = 0
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for a person, kept apart from its values so that it can be said in any language.

    ``template`` is the English sentence with ``{holes}``; it is also the key of its translation.
    ``{n:row|rows}`` is the word for one, or for several, by the value of ``n``.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format_map({k: Written(str(v), v) for k, v in self.values.items()})


def text(template: str, /, **values: object) -> Text:
    """Build a sentence to be translated when it is shown: ``text("{n} rows refused", n=3)``."""
    return Text(template, values)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input: what, where, why, and what to do."""

    code: str
    what: Text
    where: Text | None = None
    why: Text | None = None
    fix: Text | None = None
    data: Mapping[str, object] = field(default_factory=dict)


class AndamioError(Exception):
    """The root. ``code`` is stable and has an offline page: ``andamio error CODE``."""

    code: ClassVar[str] = "internal"
    exit_status: ClassVar[int] = EXIT_BUG

    def __init__(
        self,
        what: Text,
        *,
        where: Text | None = None,
        why: Text | None = None,
        fix: Text | None = None,
        faults: Sequence[Fault] = (),
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(str(what))
        self.what = what
        self.where = where
        self.why = why
        self.fix = fix
        self.faults = tuple(faults)
        self.data: Mapping[str, object] = data or {}
