"""Names of answers as numbers of 64 bits, the same in every process: an answer's id, or machine and moment.

Among 10 million of each, the chance that any two names meet is one in 100,000.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Names = NDArray[np.uint64]
_WORDS = 64
# Odd factors, one for each eight bytes of a text: multilinear hashing, Lemire & Kaser, Computer J. 57 (2014).
_FACTORS = np.random.default_rng(20_261_121).integers(0, 2**64, _WORDS + 2, np.uint64) | np.uint64(1)


def names_of(texts: Sequence[str]) -> Names:
    """Return the names of texts; one beyond 512 bytes is told by its beginning and its length."""
    cut = [text.encode("utf-8", "surrogatepass") for text in texts]
    width = max(1, min(max(map(len, cut), default=0), 8 * _WORDS))
    table = np.array(cut, dtype=f"S{width}").view(np.uint8).reshape(len(cut), width)
    return names_of_table(table, np.array([len(one) for one in cut], np.uint64))


def names_of_table(table: NDArray[np.uint8], lengths: NDArray[np.uint64] | int) -> Names:
    """Return the names of texts whose UTF-8 bytes are the rows of a table, filled up with zeros.

    Args:
        table: Shape ``(texts, bytes)``.
        lengths: How many bytes each text has.
    """
    rows, width = table.shape
    padded = np.zeros((rows, -(-width // 8) * 8), np.uint8)
    padded[:, :width] = table
    words = padded.view("<u8")[:, :_WORDS]
    told = np.broadcast_to(np.asarray(lengths, np.uint64), rows)
    named: Names = words @ _FACTORS[: words.shape[1]] + told * _FACTORS[_WORDS]
    return named


def names_of_moments(machines: Names, moments: NDArray[np.float64]) -> Names:
    """Return the names of machines at moments, which are told apart to a millisecond.

    Args:
        machines: The names of the machines, that of "" for none.
        moments: Seconds since 1970.
    """
    told = np.rint(np.nan_to_num(moments) * 1000).astype(np.int64).view(np.uint64)
    named: Names = machines * _FACTORS[_WORDS + 1] + told
    return named
