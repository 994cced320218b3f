"""The tensors of the Open Inference Protocol, as JSON and as bytes behind it.

One tensor is one tag: shape ``[n]`` or ``[n, 1]``. The declared datatype says how bytes are read; what a
value may be, the contract says.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from andamio.contracts.cells import Cells
from andamio.contracts.validator import read_json
from andamio.errors import BodyRefused, text
from andamio.serving.dialects.answer_columns import AnswerColumn, Form
from andamio.serving.dialects.asking import not_of_the_form

WIDTHS = {"INT8": "<i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "BOOL": "<u1"}
WIDTHS |= {"UINT8": "<u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8"}
WIDTHS |= {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}
DATATYPES = (*WIDTHS, "BYTES")
ANSWERED: Mapping[Form, str] = {"text": "BYTES", "truth": "BOOL", "number": "FP32"}


class InputTensor(msgspec.Struct):
    """One input as the request describes it; ``data`` is empty when its values follow as bytes."""

    name: str
    shape: list[int]
    datatype: str
    data: msgspec.Raw = msgspec.Raw()
    parameters: dict[str, Any] | None = None


def read_tensors(tensors: Sequence[InputTensor], tail: bytes) -> list[tuple[str, Cells]]:
    """Read tensors as columns; ``tail`` are the bytes behind the JSON.

    Raises:
        BodyRefused: A tensor has another shape, an unknown datatype or other data than it says.
    """
    columns: list[tuple[str, Cells]] = []
    place = 0
    for tensor in tensors:
        rows = _rows(tensor, tensors[0])
        size = (tensor.parameters or {}).get("binary_data_size")
        if size is None:
            columns.append((tensor.name, _listed(tensor, rows)))
            continue
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= len(tail) - place:
            raise _wrong_size(tensor)
        columns.append((tensor.name, _from_bytes(tensor, tail[place : place + size], rows)))
        place += size
    if place != len(tail):
        raise not_of_the_form(
            text("bytes follow that no tensor names"),
            text("give every binary tensor its binary_data_size, in their order"),
        )
    return columns


def _rows(tensor: InputTensor, first: InputTensor) -> int:
    shape = tensor.shape
    if len(shape) not in (1, 2) or shape[0] < 0 or (len(shape) == 2 and shape[1] != 1):
        raise not_of_the_form(
            text("{tensor} has the shape {shape}", tensor=tensor.name[:60], shape=str(shape)[:60]),
            text("send one tensor for each tag, of shape [rows] or [rows, 1]"),
        )
    if shape[0] != first.shape[0]:
        raise not_of_the_form(
            text("{tensor} has not as many rows as {first}", tensor=tensor.name[:60], first=first.name[:60]),
            text("send every tensor with the same number of rows"),
        )
    if tensor.datatype not in DATATYPES:
        raise not_of_the_form(
            text(
                "{tensor} has the datatype {datatype}", tensor=tensor.name[:60], datatype=tensor.datatype[:60]
            ),
            text("use one of: {datatypes}", datatypes=", ".join(DATATYPES)),
        )
    return shape[0]


def _listed(tensor: InputTensor, rows: int) -> list[object]:
    data = read_json(bytes(tensor.data) or b"null")
    if isinstance(data, list) and len(tensor.shape) == 2 and all(isinstance(cell, list) for cell in data):
        data = [cell[0] if len(cell) == 1 else cell for cell in data]
    if not isinstance(data, list) or len(data) != rows:
        raise not_of_the_form(
            text("the data of {tensor} is not a list of {rows} values", tensor=tensor.name[:60], rows=rows),
            text("send as many values as the shape says"),
        )
    return data


def _from_bytes(tensor: InputTensor, content: bytes, rows: int) -> Cells:
    if tensor.datatype == "BYTES":
        return _texts(tensor, content, rows)
    dtype = np.dtype(WIDTHS[tensor.datatype])
    if len(content) != rows * dtype.itemsize:
        raise _wrong_size(tensor)
    values = np.frombuffer(content, dtype)
    if tensor.datatype != "BOOL":
        return values
    if (values > 1).any():
        raise _wrong_size(tensor)
    return values.astype(np.bool_)


def _texts(tensor: InputTensor, content: bytes, rows: int) -> list[str]:
    texts: list[str] = []
    place = 0
    try:
        while place < len(content):
            (length,) = struct.unpack_from("<I", content, place)
            if length > len(content) - place - 4:
                raise _wrong_size(tensor)
            texts.append(content[place + 4 : place + 4 + length].decode("utf-8"))
            place += 4 + length
    except (struct.error, UnicodeDecodeError) as error:
        raise _wrong_size(tensor) from error
    if len(texts) != rows:
        raise _wrong_size(tensor)
    return texts


def _wrong_size(tensor: InputTensor) -> BodyRefused:
    return not_of_the_form(
        text(
            "the bytes of {tensor} are not {shape} values of {datatype}",
            tensor=tensor.name[:60],
            shape=str(tensor.shape)[:60],
            datatype=tensor.datatype,
        ),
        text("send little-endian values; each text after its length in 4 bytes, in UTF-8"),
    )


def write_tensor(column: AnswerColumn, *, binary: bool) -> tuple[dict[str, object], bytes]:
    """Write a column of an answer: what the JSON says of it, and the bytes behind the JSON."""
    described: dict[str, object] = {
        "name": column.name,
        "datatype": ANSWERED[column.form],
        "shape": [len(column.values)],
    }
    if not binary:
        return described | {"data": column.values}, b""
    if column.form == "text":
        written = [str(value).encode() for value in column.values]
        content = b"".join(struct.pack("<I", len(value)) + value for value in written)
    else:
        content = np.array(column.values, "<f4" if column.form == "number" else "<u1").tobytes()
    return described | {"parameters": {"binary_data_size": len(content)}}, content
