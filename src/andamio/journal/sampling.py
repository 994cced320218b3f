"""Which rows keep the samples of their signals: a share of them, chosen by the prediction's id alone."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

_BYTES = 4
_ALL = 256**_BYTES


def rows_with_samples(ids: Sequence[str], share: float) -> list[int]:
    """Choose rows by the digest of their ids: the same in every process, a shadow's as the answer's.

    A greater share keeps all that a smaller one keeps.

    Args:
        ids: Of the predictions.
        share: Between 0 and 1.

    >>> ids = [f"{number:017}" for number in range(1000)]
    >>> len(rows_with_samples(ids, 0.0)), len(rows_with_samples(ids, 1.0))
    (0, 1000)
    >>> 60 < len(rows_with_samples(ids, 0.1)) < 140
    True
    """
    limit = share * _ALL
    return [
        row
        for row, name in enumerate(ids)
        if int.from_bytes(blake2b(name.encode(), digest_size=_BYTES).digest()) < limit
    ]
