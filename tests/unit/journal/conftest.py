"""Records to put into a journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from andamio.journal import Damage, PredictionRecord, Record, TruthRecord, read_journal


def _prediction(*ids: str, time: float = 1000.0, **changes: object) -> PredictionRecord:
    n = len(ids)
    fields = {
        "ids": list(ids),
        "time": time,
        "model": "pump",
        "version": 3,
        "digest": "d" * 64,
        "numbers": np.arange(2 * n, dtype=np.float32).tobytes(),
        "value": np.arange(n, dtype=np.float32).tobytes(),
    }
    return PredictionRecord(**(fields | changes))


@pytest.fixture
def prediction() -> Callable[..., PredictionRecord]:
    return _prediction


@pytest.fixture
def truth() -> Callable[..., TruthRecord]:
    def _truth(value: float | str, time: float = 2000.0, **changes: object) -> TruthRecord:
        return TruthRecord(**({"time": time, "model": "pump", "value": value} | changes))

    return _truth


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".andamio" / "journal"


@pytest.fixture
def ids_in(folder: Path) -> Callable[[], list[str]]:
    """The ids of every prediction in the journal, and nothing else is in it."""

    def _ids() -> list[str]:
        found: list[str] = []
        for item in read_journal(folder):
            assert isinstance(item, PredictionRecord), item
            found.extend(item.ids)
        return found

    return _ids


@pytest.fixture
def kinds_in(folder: Path) -> Callable[[], list[type[Record | Damage]]]:
    return lambda: [type(item) for item in read_journal(folder)]
