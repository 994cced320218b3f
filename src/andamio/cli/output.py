"""What a command prints: sentences and tables for a person, or one JSON value for a program."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from andamio.errors import Text
from andamio.language import say

if TYPE_CHECKING:
    from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help=say("print one JSON value instead of sentences"))]


class Output:
    """One command's voice. In JSON mode sentences and tables are silent and ``data`` speaks."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json

    @cached_property
    def console(self) -> Console:
        """The terminal, for whatever is more than a plain sentence; a service in a log never loads it."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=True, quiet=self.json)

    def say(self, sentence: str | Text, /, *, style: str | None = None, **values: object) -> None:
        """Print one sentence in the language of the moment."""
        if style is None:
            self._write(say(sentence, **values) + "\n")
        else:
            self.console.print(say(sentence, **values), style=style, markup=False)

    def blank(self) -> None:
        """Print an empty line."""
        self._write("\n")

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
    ) -> None:
        """Print a plain table, header and cells in the reader's language; ``right`` aligns columns."""
        from rich.table import Table

        grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
        for position, title in enumerate(header):
            grid.add_column(title, justify="right" if position in right else "left", overflow="fold")
        for row in rows:
            grid.add_row(*[_literal(cell) for cell in row])
        self.console.print(grid, soft_wrap=False)

    def data(self, value: Mapping[str, object]) -> None:
        """Print the command's result as JSON, in JSON mode only."""
        if self.json:
            encoded = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)
            sys.stdout.write(encoded.decode() + "\n")

    def _write(self, plain: str) -> None:
        if not self.json:
            sys.stdout.write(plain)


def _literal(cell: str) -> str:
    return cell.replace("[", "\\[")
