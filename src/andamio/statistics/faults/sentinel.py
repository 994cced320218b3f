"""Sentinels: the numbers that stand for "no value", where the tag never reads them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CODES = np.array(
    [
        999, -999, 9999, -9999, 99999, -99999, 999999, -999999, 999.9, -999.9, 999.99, -999.99,
        9999.99, -9999.99,
        32767, -32767, -32768, 32768, 65535, 65536, 3276.7, -3276.8, 6553.5, 327.67, 655.35, 8388607,
        -8388608,
        2147483647, -2147483648, 4294967295, 1e10, -1e10, 1e20, 1e30, -1e30, 1e31, 1e38, -1e38,
        3.4028235e38, -3.4028235e38,
    ],
    np.float32,
)  # fmt: skip


def is_code(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which values are among the numbers that stand for "no value"."""
    return np.isin(values.astype(np.float32), CODES)
