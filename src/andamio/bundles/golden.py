"""Golden rows: a few rows with the answers they got when the bundle was built, asked again on every box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.bundles.graph import Graph, Outputs
from andamio.contracts import Rows
from andamio.errors import Fault, GoldenRowsDiffer, text

# Other processors round float32 sums in another order; a wrong answer is far outside this.
RELATIVE, ABSOLUTE = 1e-4, 1e-5
_ANSWERS = ("probabilities", "decision", "value", "lower", "upper", "health")


def golden_rows(rows: Rows, answers: Outputs) -> list[dict[str, Any]]:
    """Write down some rows with their answers; a missing number is null."""
    golden = []
    for i in range(len(rows)):
        entry: dict[str, Any] = {
            "numbers": [None if np.isnan(value) else float(value) for value in rows.numbers[i]],
            "categories": [str(value) for value in rows.categories[i]],
        }
        if rows.signals is not None:
            entry["signals"] = [None if np.isnan(value) else float(value) for value in rows.signals[i]]
        for name in _ANSWERS:
            answer = getattr(answers, name)
            if answer is not None:
                entry[name] = answer[i].tolist()
        golden.append(entry)
    return golden


def rows_of(golden: Sequence[Mapping[str, Any]]) -> Rows:
    """Read the rows back, as the graph takes them."""
    n = len(golden)
    numbers = [[np.nan if value is None else value for value in entry["numbers"]] for entry in golden]
    categories = [entry["categories"] for entry in golden]
    return Rows(
        np.array(numbers, np.float32).reshape(n, -1 if n else 0),
        np.array(categories, object).reshape(n, -1 if n else 0),
        [None] * n,
        [None] * n,
        [()] * n,
        _signals(golden),
    )


def _signals(golden: Sequence[Mapping[str, Any]]) -> NDArray[np.float32] | None:
    if not golden or "signals" not in golden[0]:
        return None
    return np.array(
        [[np.nan if value is None else value for value in entry["signals"]] for entry in golden], np.float32
    )


def check_golden(graph: Graph, golden: Sequence[Mapping[str, Any]]) -> None:
    """Ask the golden rows again.

    Numbers may differ by one part in ten thousand, as between processors; decisions may not.

    Raises:
        GoldenRowsDiffer: An answer is another one; the faults say which.
    """
    if not golden:
        return
    answers = graph.run(rows_of(golden), features=False)
    faults = [
        Fault(
            GoldenRowsDiffer.code,
            text("{name} was {then} and is {now}", name=name, then=entry[name], now=now.tolist()),
            where=text("golden row {row}", row=i),
        )
        for i, entry in enumerate(golden)
        for name in _ANSWERS
        if name in entry and not _same(entry[name], now := _answer(answers, name, i))
    ]
    if faults:
        raise GoldenRowsDiffer(
            text("the bundle answers its golden rows differently here than where it was built"),
            why=text("{n} answers of {rows} golden rows differ", n=len(faults), rows=len(golden)),
            fix=text("install the locked versions of this release (requirements/), then deploy again"),
            faults=faults,
        )


def _answer(answers: Outputs, name: str, i: int) -> NDArray[Any]:
    found = getattr(answers, name)
    return np.array(np.nan) if found is None else np.asarray(found[i])


def _same(then: Any, now: NDArray[Any]) -> bool:
    if now.dtype.kind == "i":
        return bool(now == then)
    return bool(np.allclose(np.asarray(then, float), now, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True))
