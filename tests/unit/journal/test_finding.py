"""One prediction is found by its id, wherever it is, and nothing else is taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from andamio.journal import (
    Journal,
    PredictionRecord,
    ShadowRecord,
    TruthRecord,
    find_prediction,
)


def answer(*ids: str, value: float = 1.0) -> PredictionRecord:
    n = len(ids)
    return PredictionRecord(
        ids=ids, time=1.0, model="pump", version=1, digest="d", numbers=np.arange(n, dtype="<f4").tobytes(),
        value=np.full(n, value, "<f4").tobytes(),
    )  # fmt: skip


def test_a_row_among_many_workers_and_requests_is_found(tmp_path: Path) -> None:
    for worker in ("serve-1", "serve-2"):
        with Journal(tmp_path, worker) as journal:
            for request in range(50):
                journal.append_now([answer(*(f"{worker}-{request}-{row}" for row in range(3)))])
    found = find_prediction(tmp_path, "serve-2-33-2")
    assert found is not None
    assert found.id == "serve-2-33-2"
    assert found.numbers.tolist() == [2.0]


def test_a_truth_and_a_shadow_bear_the_id_and_are_not_the_prediction(tmp_path: Path) -> None:
    with Journal(tmp_path, "a") as journal:
        journal.append_now([answer("one", value=1.0)])
    with Journal(tmp_path, "b") as journal:
        journal.append_now([TruthRecord(time=2.0, model="pump", value=1.0, prediction="one")])
        journal.append_now([ShadowRecord(time=2.0, answer=answer("one", value=2.0))])
        journal.append_now([TruthRecord(time=2.0, model="pump", value=1.0, prediction="two")])
    found = find_prediction(tmp_path, "one")
    assert found is not None
    assert found.value == 1.0
    assert find_prediction(tmp_path, "two") is None


@pytest.mark.parametrize("name", ["nobody", "on"])
def test_what_is_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    assert find_prediction(tmp_path / "nowhere", name) is None
    (tmp_path / "serve-1-00000001.journal").write_bytes(b"")
    with Journal(tmp_path, "a") as journal:
        journal.append_now([answer("one")])
        assert find_prediction(tmp_path, name) is None
        assert find_prediction(tmp_path, "one") is not None


def test_a_damaged_stretch_does_not_hide_what_comes_after(tmp_path: Path) -> None:
    with Journal(tmp_path, "a") as journal:
        journal.append_now([answer("one")])
        journal.append_now([answer("two")])
    (segment,) = tmp_path.glob("*.journal")
    content = bytearray(segment.read_bytes())
    content[content.find(b"one")] ^= 1
    segment.write_bytes(content)
    assert find_prediction(tmp_path, "one") is None
    assert find_prediction(tmp_path, "two") is not None
