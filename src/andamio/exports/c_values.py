"""Write values as C: numbers that read back to the same bits, and constant tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

C_TYPES = {"float32": "float", "float64": "double", "int64": "int64_t", "int32": "int32_t", "bool": "uint8_t"}
_LINE = 12


class Unwritable(Exception):
    """An operation that has no C here; its name is the message."""


def c_type(values: NDArray[Any]) -> str:
    """Return the C type of an array's elements.

    Raises:
        Unwritable: There is none.
    """
    if values.dtype.kind in "OUS":
        return "const char *"
    if values.dtype.name not in C_TYPES:
        raise Unwritable(values.dtype.name)
    return C_TYPES[values.dtype.name]


def floats(values: Iterable[float]) -> list[str]:
    """Write float32 numbers: nine digits read back to the same bits."""
    return [_number(float(value), 9, "f") for value in values]


def text_of(value: str) -> str:
    """Write a text in quotes; what is not plain ASCII as the bytes of its UTF-8."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in value.encode()
    )
    return f'"{plain}"'


def literals(values: NDArray[Any]) -> list[str]:
    """Write the elements of an array."""
    flat = values.ravel().tolist()
    if values.dtype.kind in "OUS":
        return [text_of(str(value)) for value in flat]
    if values.dtype.name == "float32":
        return floats(flat)
    if values.dtype.name == "float64":
        return [_number(value, 17, "") for value in flat]
    return [str(int(value)) for value in flat]


def array(name: str, kind: str, values: NDArray[Any]) -> str:
    """Write a constant table."""
    written = literals(values)
    lines = [", ".join(written[start : start + _LINE]) for start in range(0, len(written), _LINE)]
    body = ",\n    ".join(lines)
    space = "" if kind.endswith("*") else " "
    fixed = kind if kind.startswith("const") else f"const {kind}"
    return f"static {fixed}{space}{name}[{max(len(written), 1)}] = {{\n    {body}\n}};"


def _number(value: float, digits: int, suffix: str) -> str:
    if np.isnan(value):
        return "NAN"
    if np.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    written = f"{value:.{digits}g}"
    return (written if any(c in written for c in ".e") else written + ".0") + suffix
