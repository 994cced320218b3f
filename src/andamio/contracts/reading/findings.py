"""Collect everything that is wrong with a contract's file, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from andamio.contracts.reading.locator import Locator
from andamio.errors import Fault, Text, text


class Findings:
    """The faults of one file, in the order of its lines."""

    def __init__(self, file: str, locator: Locator) -> None:
        self.file = file
        self._locator = locator
        self._faults: list[tuple[int, Fault]] = []

    def add(
        self,
        what: Text,
        path: tuple[str, ...],
        *,
        code: str = "contract-value",
        why: Text | None = None,
        fix: Text | None = None,
    ) -> None:
        """Note one fault at the line of ``path``."""
        line = self.line(*path)
        where = (
            text("{file}, line {line}", file=self.file, line=line) if line else text("{file}", file=self.file)
        )
        data: Mapping[str, object] = {"line": line, "key": ".".join(path)}
        self._faults.append((line, Fault(code, what, where, why, fix, data)))

    def line(self, *path: str) -> int:
        """Return the line of a key, or of the nearest section around it."""
        return self._locator.line(*path)

    @property
    def faults(self) -> list[Fault]:
        """Everything noted so far, by line."""
        return [fault for _, fault in sorted(self._faults, key=lambda noted: noted[0])]


def did_you_mean(word: str, options: Iterable[str]) -> Text:
    """Suggest the nearest of the known words, or list them all."""
    known = list(options)
    close = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if close:
        return text('did you mean "{word}"?', word=close[0])
    return text("write one of: {options}", options=", ".join(known))
