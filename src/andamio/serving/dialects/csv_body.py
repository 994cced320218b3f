"""CSV between machines: UTF-8, commas, decimal points, a header; every row as long as the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from andamio.errors import BodyRefused, Fault, text
from andamio.serving.dialects.answer_columns import AnswerColumn
from andamio.serving.dialects.asking import more_than, no_row

CSV = b"text/csv"
_SHOWN = 20


def csv_columns(body: bytes, cap: int) -> list[tuple[str, list[str]]]:
    """Read a body as columns of texts.

    Raises:
        BodyRefused: It is no such CSV; every row of another length is a fault.
        BodyTooLarge: It has more rows than ``cap``.
    """
    try:
        written = body.decode("utf-8-sig")
        rows = list(islice(_filled(written), cap + 2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BodyRefused(
            text("the body is not CSV"),
            why=text("{reason}", reason=error),
            fix=text("send UTF-8 with commas, decimal points and a header"),
        ) from error
    if len(rows) > cap + 1:
        raise more_than(cap)
    if len(rows) < 2:
        raise no_row()
    header = rows[0][1]
    ragged = [(line, row) for line, row in rows if len(row) != len(header)]
    if ragged:
        raise _ragged(ragged, len(header))
    return [(name, [row[place] for _, row in rows[1:]]) for place, name in enumerate(header)]


def _filled(written: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(written, newline=""), strict=True)
    return ((reader.line_num, row) for row in reader if row)


def _ragged(rows: Sequence[tuple[int, list[str]]], width: int) -> BodyRefused:
    faults = [
        Fault(
            "body-refused",
            text("the row has {found} fields and the header {width}", found=len(row), width=width),
            text("line {line}", line=line),
            fix=text("put a text with commas in quotes, and write decimals with a point"),
            data={"line": line},
        )
        for line, row in rows[:_SHOWN]
    ]
    return BodyRefused(
        text("{count} rows of the CSV are not as long as its header", count=len(rows)), faults=faults
    )


def write_csv(columns: Sequence[AnswerColumn]) -> bytes:
    """Write columns with a header."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    cells = [
        ["true" if value else "false" for value in column.values] if column.form == "truth" else column.values
        for column in columns
    ]
    writer.writerows(zip(*cells, strict=True))
    return written.getvalue().encode()
