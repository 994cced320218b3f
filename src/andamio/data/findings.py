"""What reading a history file found in it that a person should know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from andamio.errors import Text

_KEPT = 100
_SHOWN = 6


class FindingKind(StrEnum):
    """What was found. Only ``MANGLED`` keeps a file out of a dataset until somebody decides."""

    MANGLED = "mangled"
    """Numbers whose decimal mark a spreadsheet lost or moved."""
    DOUBTFUL = "doubtful"
    """Large whole numbers only, in a file where other columns lost their decimal mark."""
    IMPOSSIBLE = "impossible"
    """Values outside what physics allows for the column's name or unit."""
    JUMP = "jump"
    """A few values a thousand times larger than all others, or a lone zero among large ones."""
    UNREADABLE = "unreadable"
    """Cells that are no value of their column's kind; they became missing."""
    CLOCK = "clock"
    """The clock goes back, repeats or skips an hour."""
    DUPLICATES = "duplicates"
    """Rows that are in the file more than once; all were kept."""
    RAGGED = "ragged"
    """Rows with the wrong number of fields; they were left out on request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: its column, its lines in the file (from 1), examples, and the sentence to show.

    ``likely`` gives, for each example, the value that was probably measured, or "" when unknown.
    """

    kind: FindingKind
    what: Text
    column: str | None = None
    count: int = 0
    lines: Sequence[int] = ()
    examples: Sequence[str] = ()
    likely: Sequence[str] = ()
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        """Tell whether this keeps the file out until somebody decides."""
        return self.kind is FindingKind.MANGLED

    def shortened(self) -> Finding:
        """Return the finding as a dataset's record keeps it: the first hundred lines and the count."""
        return replace(self, lines=list(self.lines[:_KEPT]))


def written_lines(lines: Sequence[int], shown: int = _SHOWN) -> str:
    """Write line numbers as a person reads them: ``2–181, 190, 200 …``.

    >>> written_lines([2, 3, 4, 9])
    '2–4, 9'
    """
    runs = list(_runs(lines))
    parts = [f"{first}" if first == last else f"{first}–{last}" for first, last in runs[:shown]]
    return ", ".join(parts) + (" …" if len(runs) > shown else "")


def _runs(lines: Iterable[int]) -> Iterable[tuple[int, int]]:
    first = last = None
    for line in lines:
        if first is None or last is None:
            first = last = line
        elif line == last + 1:
            last = line
        else:
            yield first, last
            first = last = line
    if first is not None and last is not None:
        yield first, last
