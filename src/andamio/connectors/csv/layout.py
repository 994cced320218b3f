"""Cut a file's text into a header and rows of equal length."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from andamio.connectors.csv.dates import looks_like_times
from andamio.connectors.csv.missing import MISSING_WORDS
from andamio.connectors.csv.numbers import Marks, read_number
from andamio.connectors.csv.options import CsvOptions, Ragged, RaggedRow
from andamio.errors import Fault, FileRefused, Text, text

_DELIMITERS = ("\t", ";", "|", ",")
_NONE = "\x1f"
_SPACES = " "
_SAMPLE_ROWS = 300
_FOOTER_ROWS = 5
_MOST_TITLES = 20
_TABLE_SHARE = 0.3
_ONE_COLUMN = re.compile(r"[^,\n]*\n+(?:[+-]?\d+(?:,\d+)?[ \t\r]*\n+)*+(?:[+-]?\d+(?:,\d+)?[ \t\r]*)?")
"""A name, and under it numbers with decimal commas: one column, not two."""
_LONGEST_CELL = 1_000_000
_EUROPEAN = Marks(",", ".")
_MOST = 0.9
_NO_CUT = (0.0, 0, 0)

Row = tuple[int, list[str]]
"""A line number, from 1, and the fields of the row that begins there."""


@dataclass(slots=True)
class Layout:
    """A file cut into fields: every row is as long as the header."""

    delimiter: str
    header: list[str]
    header_line: int
    rows: list[list[str]]
    lines: list[int]
    ragged: list[RaggedRow] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)


def lay_out(content: str, options: CsvOptions, path: Path) -> Layout:
    """Cut text into a header and rows.

    Blank lines are left out. Title lines above the header and short lines at the very end (totals,
    signatures, a line cut while it was written) are left out and noted. Any other row of the wrong
    length is treated as ``options.ragged`` says.

    Raises:
        FileRefused: The file is empty, a quote is never closed, or rows are ragged.
    """
    delimiter = options.delimiter or sniff_delimiter(content)
    rows = [(line, cells) for line, cells in _cut(content, delimiter, path) if any(cells)]
    if options.skip_lines is not None:
        rows = [(line, cells) for line, cells in rows if line > options.skip_lines]
    if not rows:
        raise FileRefused(
            text("the file has no rows"),
            where=text("{path}", path=path),
            fix=text("check that the export wrote something, and that it is a CSV file"),
        )
    layout = Layout(delimiter, [], 0, [], [])
    width = _usual_width(rows)
    rows = _below_titles(rows, width, layout, padded=options.header is not False)
    has_header = options.header if options.header is not None else _first_row_is_header(rows)
    if has_header:
        layout.header_line, layout.header = rows[0][0], _padded(_trimmed(rows[0][1]), width)
        rows = rows[1:]
    else:
        layout.header = [f"column_{n}" for n in range(1, width + 1)]
        layout.notes.append(text("the file has no header; its columns are called column_1, column_2 …"))
    _square(rows, len(layout.header), options, layout, path)
    return layout


def sniff_delimiter(content: str) -> str:
    r"""Guess the delimiter: the one that cuts the most lines into the same number of fields.

    >>> sniff_delimiter("a;b\n1,5;2,5\n3,5;4,5\n")
    ';'
    >>> sniff_delimiter('a;b\n1;"[0,5; 1,5]"\n2;"[0,7; 2,5]"\n')
    ';'
    """
    sample = head_of(content)
    best, best_score = _NONE, _NO_CUT
    cuts: dict[str, list[list[str]]] = {}
    for delimiter in _DELIMITERS:
        try:
            cut = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
            cuts[delimiter] = [row for row in cut if any(row)]
        except csv.Error:
            continue
        score = _evenness([len(row) for row in cuts[delimiter]])
        if score > best_score and not (delimiter == "," and _ONE_COLUMN.fullmatch(sample)):
            best, best_score = delimiter, score
    if best == ",":
        best = next((other for other in cuts if _makes_commas_decimal(cuts[other], cuts[","])), best)
    if best == _NONE:
        widths = [len(line.split()) for line in sample.splitlines() if line.strip()]
        numeric = all(_is_value(cell) for line in sample.splitlines()[1:20] for cell in line.split())
        if numeric and _evenness(widths) > _NO_CUT:
            return _SPACES
    return best


def _makes_commas_decimal(rows: Sequence[list[str]], by_commas: Sequence[list[str]]) -> bool:
    """Tell whether a cut explains the commas as decimal marks: they would always cut one field more.

    It cuts the lines at least as evenly, its table begins no later, and what it leaves commas in is numbers.
    """
    widths, wider = [len(row) for row in rows], [len(row) for row in by_commas]
    if _evenness(widths)[0] < _evenness(wider)[0] or rows == by_commas:
        return False
    if widths.index(_usual(widths)[0]) > wider.index(_usual(wider)[0]):
        return False
    left = [cell.strip() for row in rows for cell in row if "," in cell]
    return sum(map(_is_european, left)) >= _MOST * len(left)


def _is_european(cell: str) -> bool:
    """Tell whether a cell is a number with a decimal comma, or a waveform of them: ``[0,5; -1,2]``."""
    parts = cell[1:-1].split(";") if cell.startswith("[") and cell.endswith("]") else [cell]
    return all(read_number(part.strip(), _EUROPEAN) is not None for part in parts)


def head_of(content: str) -> str:
    """Return the lines from which the layout is guessed."""
    end = 0
    for _ in range(_SAMPLE_ROWS):
        found = content.find("\n", end)
        if found < 0:
            return content
        end = found + 1
    return content[:end]


def _evenness(widths: Sequence[int]) -> tuple[float, int, int]:
    """Score a cut by the share of lines of the usual width, then by that width, then by those lines."""
    width, count = _usual(widths)
    share = round(count / max(1, len(widths)), 1)
    return (share, width, count) if width > 1 else _NO_CUT


def _usual(widths: Sequence[int]) -> tuple[int, int]:
    """Return the most common width and its count; titles and footers of one cell do not outvote the table."""
    wide = Counter(width for width in widths if width > 1).most_common(1)
    if wide and wide[0][1] >= _TABLE_SHARE * len(widths):
        return wide[0]
    return 1, len(widths)


def _cut(content: str, delimiter: str, path: Path) -> Iterator[Row]:
    if delimiter == _SPACES:
        yield from ((number, line.split()) for number, line in enumerate(content.splitlines(), 1))
        return
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, skipinitialspace=True)
    line, spaced = 1, _has_spaces_to_strip(content, delimiter)
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells] if spaced else cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(
            text("a cell never ends: its quote is not closed"),
            where=text("{path}, line {line}", path=path, line=line),
            fix=text("open the file in a text editor and close the quote on that line"),
        ) from error


def _has_spaces_to_strip(content: str, delimiter: str) -> bool:
    pairs = (f" {delimiter}", f"{delimiter} ", " \n", "\n ", " \r", ' "', '" ', "\u00a0")
    return content[:1] == " " or content[-1:] == " " or any(pair in content for pair in pairs)


def _usual_width(rows: Sequence[Row]) -> int:
    return _usual([len(_trimmed(cells)) for _, cells in rows[:_SAMPLE_ROWS]])[0]


def _below_titles(rows: list[Row], width: int, layout: Layout, *, padded: bool) -> list[Row]:
    """Leave out title lines: rows above the first that is as wide as the rest, or that Excel made so."""
    widest = max(width, max(len(cells) for _, cells in rows[:_SAMPLE_ROWS]) if width > 1 else 1)
    for first, (_, cells) in enumerate(rows[:_SAMPLE_ROWS]):
        if width <= len(cells) <= widest:
            position = first + (_padded_titles(rows[first : first + _MOST_TITLES], width) if padded else 0)
            line = rows[position][0]
            if position:
                titles = text(
                    "title lines above line {line} were left out (lines: {n})", n=position, line=line
                )
                layout.notes.append(titles)
            return rows[position:]
    return rows


def _padded_titles(rows: Sequence[Row], width: int) -> int:
    """Count the title lines that were padded with delimiters: ``Pumps;;;`` above a header that is full.

    They are titles only if that header has names alone, and values stand below it.
    """
    full = next((place for place, (_, cells) in enumerate(rows) if sum(map(bool, cells)) >= width), 0)
    if any(len(_trimmed(cells)) * 2 > width for _, cells in rows[:full]):
        return 0
    below = [cell for _, cells in rows[full + 1 : full + 4] for cell in cells if cell]
    names = not any(_is_measured(cell) for cell in rows[full][1] if cell)
    return full if names and any(_is_value(cell) for cell in below) else 0


def _first_row_is_header(rows: Sequence[Row]) -> bool:
    """Tell whether the first row names the columns: it is not made of values, or it counts wavelengths."""
    first = [cell for cell in rows[0][1] if cell]
    values = sum(_is_value(cell) for cell in first)
    if values * 2 <= len(first):
        return True
    if values < len(first) or len(first) < 10 or len(rows) < 2:
        return False
    numbers, below = (_plain_numbers(cells) for _, cells in rows[:2])
    return _rises(numbers) and not _rises(below)


def _is_value(cell: str) -> bool:
    return cell in MISSING_WORDS or _is_measured(cell)


def _is_measured(cell: str) -> bool:
    """Tell a number or a time; a name may be a word that also means no value, as ``falla`` does."""
    return any(read_number(cell, Marks(decimal)) for decimal in ".,") or looks_like_times([cell])


def _plain_numbers(cells: Sequence[str]) -> list[float]:
    return [float(number) for cell in cells if (number := read_number(cell, Marks()))]


def _rises(numbers: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(numbers)) or all(a > b for a, b in pairwise(numbers))


def _square(rows: Sequence[Row], width: int, options: CsvOptions, layout: Layout, path: Path) -> None:
    """Keep the rows of the header's width, and deal with the others."""
    trailing = 0
    footer = _footer_start(rows, width)
    for position, (line, fields) in enumerate(rows):
        cells = fields
        if len(fields) > width and not any(fields[width:]):
            trailing += 1
            cells = fields[:width]
        elif len(fields) < width and options.ragged is Ragged.FILL and position < footer:
            cells = _padded(fields, width)
        if len(cells) == width:
            layout.rows.append(cells)
            layout.lines.append(line)
        elif position >= footer:
            layout.notes.append(
                text(
                    "line {line}, at the end, was left out: it has fewer fields (fields: {n})",
                    line=line,
                    n=len(cells),
                )
            )
        else:
            layout.ragged.append(RaggedRow(line, cells))
    if trailing and trailing < len(rows):
        layout.notes.append(
            text("lines end in extra delimiters, which were ignored (lines: {n})", n=trailing)
        )
    if layout.ragged and options.ragged is not Ragged.SKIP:
        raise _ragged(layout, width, path)


def _footer_start(rows: Sequence[Row], width: int) -> int:
    start = len(rows)
    while start > max(1, len(rows) - _FOOTER_ROWS) and len(rows[start - 1][1]) < width:
        start -= 1
    return start


def _ragged(layout: Layout, width: int, path: Path) -> FileRefused:
    longer = any(len(row.fields) > width for row in layout.ragged)
    comma = layout.delimiter == "," and longer
    if comma:
        why = text("a comma may be both the delimiter and the decimal mark here")
        fix = text("export the file again with ; between the fields")
    else:
        why = text("fields were lost or added on these lines")
        fix = text("correct these lines of the file")
    return FileRefused(
        text(
            "rows do not have the {width} fields of the header (rows: {n})", n=len(layout.ragged), width=width
        ),
        where=text("{path}", path=path),
        why=why,
        fix=fix,
        faults=[
            Fault(
                "file-refused",
                text("line {line} has another number of fields: {n}", line=row.line, n=len(row.fields)),
                data={"line": row.line, "fields": len(row.fields)},
            )
            for row in layout.ragged
        ],
        data={"ragged": len(layout.ragged), "mendable": not comma},
    )


def _trimmed(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))
