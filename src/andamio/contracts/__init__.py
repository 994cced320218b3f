"""What a model promises, and the one door through which its inputs come in.

``models/NAME.toml`` is read into a ``Contract`` (``reading``). A contract compiles to a decoder for JSON rows
and to a check over a table's columns; both give the same ``Rows``, the graph's input tensors, and the
same faults. It also writes itself as JSON Schema, and tells what changed between two of its versions.
"""

from andamio.contracts.contract import Contract, Feature, Gate, Input, Kind, Missing, OutOfRange, TagType
from andamio.contracts.decoder import RowDecoder
from andamio.contracts.differences import Change, diff
from andamio.contracts.headers import TableColumns, table_columns
from andamio.contracts.reading import parse_contract, read_contract
from andamio.contracts.rows import Rows
from andamio.contracts.schema import example_row, json_schema
from andamio.contracts.signal import Signal
from andamio.contracts.table import TableValidator, TableVerdict

__all__ = [
    "Change",
    "Contract",
    "Feature",
    "Gate",
    "Input",
    "Kind",
    "Missing",
    "OutOfRange",
    "RowDecoder",
    "Rows",
    "Signal",
    "TableColumns",
    "TableValidator",
    "TableVerdict",
    "TagType",
    "diff",
    "example_row",
    "json_schema",
    "parse_contract",
    "read_contract",
    "table_columns",
]
