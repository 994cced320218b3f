"""Find the line of a key in a TOML text, which ``tomllib`` does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

_HEADER = re.compile(r"^\s*\[{1,2}\s*([^\[\]].*?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_.\- ])+?)\s*=(.*)$""")
_BLOCK = re.compile(r'"""|\'\'\'')


class Locator:
    """The lines of one TOML text, by path: ``locator.line("input", "bearing_temp", "range")``."""

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        section: tuple[str, ...] = ()
        inside_block = False
        for number, line in enumerate(text.splitlines(), start=1):
            if not inside_block:
                section = self._note(section, line, number)
            if len(_BLOCK.findall(line)) % 2:
                inside_block = not inside_block

    def line(self, *path: str) -> int:
        """Return the line of a key, or of the nearest section around it; 0 when there is none."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 0

    def _note(self, section: tuple[str, ...], line: str, number: int) -> tuple[str, ...]:
        header = _HEADER.match(line)
        if header:
            section = _keys(header.group(1))
            self._add(section, number)
        elif key := _KEY.match(line):
            self._add(section + _keys(key.group(1)), number)
        return section

    def _add(self, path: tuple[str, ...], number: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], number)


def _keys(written: str) -> tuple[str, ...]:
    try:
        table: object = tomllib.loads(f"{written} = 0")
    except tomllib.TOMLDecodeError:
        return (written,)
    path: tuple[str, ...] = ()
    while isinstance(table, Mapping):
        ((key, table),) = table.items()
        path += (str(key),)
    return path
