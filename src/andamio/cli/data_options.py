"""The options of ``andamio data add``: what overrules a guess, and what settles damage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from andamio.connectors.csv import DateOrder, Ragged
from andamio.errors import UsageError, text
from andamio.language import say

_GUESS = say("When a guess is wrong")
_DAMAGE = say("When a column is damaged")
_DELIMITERS = {"tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}
_MARKS = {"comma": ",", "point": ".", "space": " ", "apostrophe": "'", "none": ""}

HistoryFile = Annotated[Path, typer.Argument(help=say("the file; it is copied and never changed"))]
To = Annotated[str | None, typer.Option(help=say("the dataset; without it, named after the file"))]
NewColumns = Annotated[bool, typer.Option("--new-columns", help=say("let columns appear or stay away"))]

SetMissing = Annotated[
    list[str] | None,
    typer.Option(
        help=say("its mangled cells become missing (or: all)"), metavar="COLUMN", rich_help_panel=_DAMAGE
    ),
]
DropColumn = Annotated[
    list[str] | None,
    typer.Option(help=say("the column is left out (or: all)"), metavar="COLUMN", rich_help_panel=_DAMAGE),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(help=say("it is right as it is (or: all)"), metavar="COLUMN", rich_help_panel=_DAMAGE),
]

Encoding = Annotated[str | None, typer.Option(help=say("for example latin-1"), rich_help_panel=_GUESS)]
Delimiter = Annotated[
    str | None,
    typer.Option(help=say("between fields: comma, semicolon, tab, pipe, space"), rich_help_panel=_GUESS),
]
Decimal = Annotated[
    str | None, typer.Option(help=say("the decimal mark: comma or point"), rich_help_panel=_GUESS)
]
Thousands = Annotated[
    str | None,
    typer.Option(help=say("between thousands: comma, point, space, none"), rich_help_panel=_GUESS),
]
Dates = Annotated[DateOrder | None, typer.Option(help=say("how dates are written"), rich_help_panel=_GUESS)]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header", help=say("does a first row name the columns?"), rich_help_panel=_GUESS
    ),
]
SkipLines = Annotated[
    int | None, typer.Option(min=0, help=say("lines to leave out above the header"), rich_help_panel=_GUESS)
]
Missing = Annotated[
    list[str] | None,
    typer.Option(help=say("a word that means: no value"), metavar="WORD", rich_help_panel=_GUESS),
]
TextColumn = Annotated[
    list[str] | None,
    typer.Option("--text", help=say("a column to keep as text"), metavar="COLUMN", rich_help_panel=_GUESS),
]
RaggedRows = Annotated[
    Ragged, typer.Option(help=say("what to do with rows of the wrong length"), rich_help_panel=_GUESS)
]
Sheet = Annotated[str | None, typer.Option(help=say("the workbook's sheet"), rich_help_panel=_GUESS)]
TimeZone = Annotated[
    str | None,
    typer.Option(help=say("where the file's clock stands, if not the plant's"), rich_help_panel=_GUESS),
]


def delimiter_of(written: str | None) -> str | None:
    """Read a delimiter given by name or as itself.

    Raises:
        UsageError: It is not one character.
    """
    mark = _DELIMITERS.get(written, written) if written else None
    if mark is not None and len(mark) != 1:
        raise UsageError(
            text('"{mark}" is no delimiter', mark=written),
            fix=text("write one character, or one of {names}", names=", ".join(_DELIMITERS)),
        )
    return mark


def decimal_of(written: str | None) -> str | None:
    """Read a decimal mark given by name or as itself.

    Raises:
        UsageError: It is neither a comma nor a point.
    """
    mark = _MARKS.get(written, written) if written else None
    if mark not in {None, ",", "."}:
        raise UsageError(text('"{mark}" is no decimal mark', mark=written), fix=text("write comma or point"))
    return mark


def thousands_of(written: str | None) -> str | None:
    """Read a mark between thousands given by name or as itself; "none" means that there is none."""
    return None if written is None else _MARKS.get(written, written)


def zone_of(written: str | None) -> ZoneInfo | None:
    """Read a time zone's name.

    Raises:
        UsageError: There is no such zone.
    """
    if written is None:
        return None
    try:
        return ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            text('"{zone}" is no time zone', zone=written), fix=text("write it like America/Bogota")
        ) from error
