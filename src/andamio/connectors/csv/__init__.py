"""Read a CSV file as plants write it, guessing what nobody wrote down, and saying every guess.

``read_csv`` finds the encoding, the delimiter, the header and, column by column, the decimal mark,
the thousands mark and the order of dates. Numbers come out as ``1234.5`` and times as ISO 8601,
whatever was written; the cells as written stay beside them in ``raw``. What was guessed is in
``CsvGuess``, and each guess can be overruled by ``CsvOptions``.
"""

from andamio.connectors.csv.columns import read_as_numbers
from andamio.connectors.csv.dates import DateOrder
from andamio.connectors.csv.numbers import Marks
from andamio.connectors.csv.options import (
    ColumnGuess,
    ColumnKind,
    CsvGuess,
    CsvOptions,
    CsvTable,
    Ragged,
    RaggedRow,
)
from andamio.connectors.csv.ordinary import OrdinaryCsv, open_ordinary
from andamio.connectors.csv.reading import read_csv

__all__ = [
    "ColumnGuess",
    "ColumnKind",
    "CsvGuess",
    "CsvOptions",
    "CsvTable",
    "DateOrder",
    "Marks",
    "OrdinaryCsv",
    "Ragged",
    "RaggedRow",
    "open_ordinary",
    "read_as_numbers",
    "read_csv",
]
