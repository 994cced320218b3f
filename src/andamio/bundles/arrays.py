"""Named arrays in one ``.npz`` file: the same arrays give the same bytes, and no object is ever unpickled."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from andamio.bundles.refusal import Suspicious
from andamio.errors import text

# The oldest moment that a zip archive can write down.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,199}")
_KINDS = frozenset("biufU")
_MOST_ARRAYS = 10_000


def write_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Write arrays of numbers, booleans or text; names may have letters, digits and ``_ . : / -``.

    Stored uncompressed, in the order of their names, without times: equal arrays give equal bytes on
    every machine.

    Raises:
        ValueError: An array holds objects, or a name has other characters.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            array = np.ascontiguousarray(arrays[name]).reshape(np.shape(arrays[name]))
            if array.dtype.kind not in _KINDS or not _NAME.fullmatch(name):
                raise ValueError(f"{name}: arrays of {array.dtype} or under this name are not stored")
            entry = zipfile.ZipInfo(name + ".npy", _NO_TIME)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, _npy(array))
    return content.getvalue()


def read_arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """Read what ``write_arrays`` wrote; the arrays are read-only.

    Raises:
        Suspicious: It is anything else: compressed, with objects, with sizes that do not add up.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(content))
            return {entry.filename.removesuffix(".npy"): _array(archive.read(entry)) for entry in entries}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise Suspicious(text("it cannot be read: {reason}", reason=error)) from error


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    names = {entry.filename for entry in entries}
    plain = all(
        entry.compress_type == zipfile.ZIP_STORED
        and entry.compress_size == entry.file_size
        and entry.filename.endswith(".npy")
        and _NAME.fullmatch(entry.filename.removesuffix(".npy"))
        for entry in entries
    )
    together = sum(entry.file_size for entry in entries)
    if not plain or len(names) != len(entries) or len(entries) > _MOST_ARRAYS or together > size:
        raise Suspicious(text("its arrays are not stored the way Andamio stores them"))


def _npy(array: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    npy.write_array(content, array, version=(1, 0), allow_pickle=False)
    return content.getvalue()


def _array(content: bytes) -> NDArray[Any]:
    file = io.BytesIO(content)
    if npy.read_magic(file) != (1, 0):
        raise Suspicious(text("its arrays are not stored the way Andamio stores them"))
    shape, by_columns, dtype = npy.read_array_header_1_0(file)
    start = file.tell()
    if dtype.kind not in _KINDS or by_columns or prod(shape) * dtype.itemsize != len(content) - start:
        raise Suspicious(text("its arrays are not stored the way Andamio stores them"))
    return np.frombuffer(content, dtype, offset=start).reshape(shape)
