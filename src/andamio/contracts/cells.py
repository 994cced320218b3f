"""Read the cells of one column as its tag's type: the one rule that every door follows.

A typed value (JSON, a Parquet column) says its own type: a number is a number, 0 and 1 may stand for a
truth value, and a text is no number. A text cell (CSV) is a spelling: ``5``, ``5.0``, ``sí``, an empty
cell. Both give a float64 array with NaN for missing and infinity for what is not of the type, or texts
with "" for missing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from types import NoneType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import TagType
from andamio.contracts.spelling import spelled

WRONG = math.inf
MISSING = math.nan
TRUTHS = {"true": 1.0, "yes": 1.0, "sí": 1.0, "si": 1.0, "verdadero": 1.0, "on": 1.0}
TRUTHS |= {"false": 0.0, "no": 0.0, "falso": 0.0, "off": 0.0}
_EMPTY = {"", "nan", "na", "n/a", "#n/a", "null", "none"}
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_BLOCK = 10_000
_numbers = msgspec.json.Decoder(list[float | None])

Cells = Sequence[Any] | NDArray[Any]


class NoNumber(str):
    """A text that whoever read the file knows to be no number there, however much it looks like one.

    ``1.5`` in a column of decimal commas is one: read as it stands it would be a guess.
    """

    __slots__ = ()


def read_numbers(cells: Cells, kind: TagType, *, typed: bool) -> NDArray[np.float64]:
    """Read a column of numbers, whole numbers or truth values.

    Args:
        cells: A list, an array, or anything that turns into an array (a Polars series).
        kind: number, integer or boolean.
        typed: A text is a text (JSON), not the spelling of a number (CSV).

    Returns:
        Shape ``(rows,)``; NaN is missing, infinity is a cell that is not of the type.
    """
    values = _floats(_plain(cells), kind, typed=typed)
    if kind is TagType.INTEGER:
        values[np.isfinite(values) & (values != np.floor(values))] = WRONG
    elif kind is TagType.BOOLEAN:
        values[~np.isnan(values) & (values != 0.0) & (values != 1.0)] = WRONG
    values[values == -math.inf] = WRONG
    return values


def read_texts(cells: Cells, *, typed: bool) -> tuple[list[str], NDArray[np.bool_]]:
    """Read a column of categories: the texts, "" for missing, and which cells cannot be one."""
    plain = _plain(cells)
    listed = plain.tolist() if isinstance(plain, np.ndarray) else plain
    if set(map(type, listed)) <= {str, NoneType}:
        table = {cell: text_of(cell, typed=typed) for cell in set(listed)}
        texts = [table[cell] for cell in listed]
    else:
        texts = [text_of(cell, typed=typed) for cell in listed]
    wrong = np.fromiter((text is None for text in texts), np.bool_, len(texts))
    return [text or "" for text in texts], wrong


def number_of(cell: object, kind: TagType, *, typed: bool) -> float:
    """Read one cell as a number; NaN is missing, infinity is not a number."""
    value = cell.item() if isinstance(cell, np.generic) else cell
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return float(value) if kind is TagType.BOOLEAN else WRONG
    if isinstance(value, (int, float)):
        try:
            return float(value)
        except OverflowError:
            return WRONG
    if not isinstance(value, str) or isinstance(value, NoNumber) or typed:
        return WRONG
    return number_of_text(value, kind)


def number_of_text(cell: str, kind: TagType) -> float:
    """Read the text of one cell as a number; decimal points only, as the CSV reader leaves them."""
    written = cell.strip()
    if _NUMBER.fullmatch(written):
        return float(written)
    folded = written.casefold()
    if folded in _EMPTY:
        return MISSING
    return TRUTHS.get(folded, WRONG) if kind is TagType.BOOLEAN else WRONG


def text_of(cell: object, *, typed: bool) -> str | None:
    """Read one cell as a category; "" is missing, None is a cell that cannot be one."""
    value = cell.item() if isinstance(cell, np.generic) else cell
    if value is None:
        return ""
    if isinstance(value, str):
        return value if typed else value.strip()
    if isinstance(value, float) and not math.isfinite(value):
        return "" if math.isnan(value) else None
    return spelled(value) if isinstance(value, (bool, int, float)) else None


def _plain(cells: Cells) -> Cells:
    if isinstance(cells, (list, tuple)):
        return cells
    array = np.asarray(cells)
    return array.tolist() if array.dtype.kind not in "fiub" else array


def _floats(cells: Cells, kind: TagType, *, typed: bool) -> NDArray[np.float64]:
    if isinstance(cells, np.ndarray):
        if cells.dtype.kind == "b" and kind is not TagType.BOOLEAN:
            return np.full(len(cells), WRONG)
        return cells.astype(np.float64)
    types = set(map(type, cells))
    if types <= {float, int, NoneType} or (kind is TagType.BOOLEAN and types <= {bool, float, int, NoneType}):
        try:
            return np.array(cells, dtype=np.float64)
        except OverflowError:
            return _one_by_one(cells, kind, typed=typed)
    if types <= {str, NoneType} and not typed:
        blocks = [_texts(cells[start : start + _BLOCK], kind) for start in range(0, len(cells), _BLOCK)]
        return np.concatenate(blocks) if blocks else np.empty(0)
    return _one_by_one(cells, kind, typed=typed)


def _texts(cells: Sequence[str | None], kind: TagType) -> NDArray[np.float64]:
    # A list of JSON numbers is read at C speed, and JSON's grammar of a number is narrower than ours.
    joined = ",".join([cell or "null" for cell in cells])
    try:
        numbers = _numbers.decode(f"[{joined}]")
    except (msgspec.DecodeError, UnicodeEncodeError):
        return _one_by_one(cells, kind, typed=False)
    if len(numbers) != len(cells):
        return _one_by_one(cells, kind, typed=False)
    return np.array(numbers, dtype=np.float64)


def _one_by_one(cells: Sequence[object], kind: TagType, *, typed: bool) -> NDArray[np.float64]:
    return np.fromiter((number_of(cell, kind, typed=typed) for cell in cells), np.float64, len(cells))
