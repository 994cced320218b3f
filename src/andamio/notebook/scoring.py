"""Score rows with a bundle, without a service and without a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from andamio.bundles import Bundle
from andamio.contracts import RowDecoder
from andamio.kernel.ids import IdMaker
from andamio.serving.answers import Prediction, answerer

Row = Mapping[str, object]


def score(
    bundle: Bundle, rows: Sequence[Row], *, units: Mapping[str, str] | None = None
) -> Sequence[Prediction]:
    """Answer rows as the scoring process would; nothing is recorded, and the answers say so.

    Args:
        bundle: As ``open_bundle`` returned it.
        rows: Each a mapping of tag to value; NaN and None mean missing.
        units: Units of tags that come in another unit than the contract's.

    Returns:
        One answer a row, in their order.

    Raises:
        RowsRejected: At least one row breaks the contract; every fault of every row is in it.
    """
    body = msgspec.json.encode({"rows": list(rows), "units": dict(units or {})}, enc_hook=_plain)
    decoded = RowDecoder(bundle.contract).decode(body)
    outputs = bundle.graph().run(decoded, features=False)
    answer = answerer(bundle.info)
    return answer(IdMaker().take(len(decoded)), outputs, decoded.flags, recorded=False)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} is no value of a tag")
