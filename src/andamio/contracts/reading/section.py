"""Read one section of the file with types checked, and report every key that nobody asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from andamio.contracts.reading.findings import Findings, did_you_mean
from andamio.errors import Text, text

Choice = TypeVar("Choice", bound=StrEnum)


class Section:
    """A table of the file. Every getter returns None, and notes a fault, where the value is not usable."""

    def __init__(self, findings: Findings, path: tuple[str, ...], table: Mapping[str, object]) -> None:
        self.findings = findings
        self.path = path
        self.table = table
        self._asked: list[str] = []

    def has(self, key: str) -> bool:
        """Tell whether the key was written."""
        return key in self.table

    def raw(self, key: str) -> object | None:
        """Return the value as TOML gives it."""
        self._asked.append(key)
        return self.table.get(key)

    def string(self, key: str, *, required: Text | None = None) -> str | None:
        """Read a text; ``required`` is the reason why it must be there."""
        value = self.raw(key)
        if value is None:
            if required is not None:
                self.lacks(key, required)
            return None
        if not isinstance(value, str) or not value.strip():
            self.wrong(key, text("{key} must be a text in quotes, and not empty", key=key))
            return None
        return value

    def number(self, key: str, *, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Read a number between two bounds."""
        value = self.raw(key)
        if value is None:
            return None
        if not is_number(value):
            self.wrong(key, text("{key} must be a number", key=key))
            return None
        if not low <= float(str(value)) <= high:
            self.wrong(
                key,
                text("{key} = {value} is not possible", key=key, value=value),
                why=text("it must be at least {low}", low=low)
                if high == math.inf
                else text("it must be between {low} and {high}", low=low, high=high),
            )
            return None
        return float(str(value))

    def choice(self, key: str, options: type[Choice], default: Choice) -> Choice:
        """Read one of a few words."""
        value = self.raw(key)
        if value is None:
            return default
        if isinstance(value, str) and value in [str(option) for option in options]:
            return options(value)
        self.wrong_word(key, value, [str(option) for option in options])
        return default

    def word(self, key: str, options: Iterable[str]) -> str | None:
        """Read one of a few words that have no type of their own."""
        value = self.raw(key)
        known = list(options)
        if value is None or value in known:
            return None if value is None else str(value)
        self.wrong_word(key, value, known)
        return None

    def words(self, key: str, options: Iterable[str] | None = None) -> tuple[str, ...]:
        """Read a list of texts, each one of ``options`` if there are some."""
        value = self.raw(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
            self.wrong(key, text('{key} must be a list of texts, for example ["a", "b"]', key=key))
            return ()
        known = None if options is None else list(options)
        for word in value:
            if known is not None and word not in known:
                self.wrong_word(key, word, known)
        return tuple(value)

    def section(self, key: str) -> Section | None:
        """Open a table inside this one."""
        value = self.raw(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            name = ".".join((*self.path, key))
            self.wrong(key, text("{key} must be a section: [{key}]", key=name))
            return None
        return Section(self.findings, (*self.path, key), value)

    def wrong(
        self,
        key: str,
        what: Text,
        *,
        code: str = "contract-value",
        why: Text | None = None,
        fix: Text | None = None,
    ) -> None:
        """Note a fault at a key of this section."""
        self.findings.add(what, (*self.path, key), code=code, why=why, fix=fix)

    def wrong_word(self, key: str, value: object, options: Iterable[str]) -> None:
        """Note a word that is not one of the known ones."""
        known = list(options)
        self.wrong(
            key,
            text('{key} = "{value}" is not known', key=key, value=value),
            fix=did_you_mean(str(value), known),
        )

    def lacks(self, key: str, why: Text) -> None:
        """Note a key or a section that must be there and is not."""
        section = ".".join(self.path)
        if not section:
            self.findings.add(
                text("a contract needs a section [{key}]", key=key),
                (),
                code="contract-lacking",
                why=why,
                fix=text("add a section [{key}]; docs/contract.md shows a whole contract", key=key),
            )
            return
        self.findings.add(
            text("[{section}] says nothing about {key}", section=section, key=key),
            self.path,
            code="contract-lacking",
            why=why,
            fix=text("add a line {key} = … under [{section}]", key=key, section=section),
        )

    def close(self, *also: str) -> None:
        """Report the keys that nobody asked for."""
        known = sorted({*self._asked, *also})
        for key in self.table:
            if key not in known:
                name = ".".join((*self.path, key))
                what = (
                    text("there is no section [{key}] in a contract", key=name)
                    if isinstance(self.table[key], Mapping)
                    else text("there is no setting {key} in a contract", key=name)
                )
                self.findings.add(what, (*self.path, key), code="contract-name", fix=did_you_mean(key, known))


def is_number(value: object) -> bool:
    """Tell whether a TOML value is a finite number; a boolean is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
