"""A shadow is asked off the answer's path: slow, failing or full, nobody waits for it."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from andamio.contracts import Rows
from andamio.errors import JournalFull, text
from andamio.journal import Journal, PredictionRecord, ShadowRecord, read_journal
from andamio.monitoring import observe
from andamio.serving.routing import Shadows

BODY = b'{"row": {"bearing_temp": 80, "product": "L", "asset": "p1"}}'


class Slow:
    """A graph that answers when it is let."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.entered, self.let = threading.Event(), threading.Event()

    def run(self, rows: Rows, *, features: bool = True) -> Any:
        self.entered.set()
        assert self.let.wait(20)
        return self.real.run(rows, features=features)


def until(counts: Counter[Any], outcome: str, rows: int) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if counts["pump", 3, outcome] >= rows:
            return
        pause.wait(0.01)
    raise AssertionError(counts)


def test_what_a_shadow_answers_is_journalled_beside_the_predictions(models: Any, tmp_path: Path) -> None:
    scorer, counts = models.scorer("two"), Counter[Any]()
    shadows = Shadows(lambda: Journal(tmp_path, "serve-1-shadow"), counts)
    rows = scorer.decode(BODY)
    shadows.hear(scorer, rows, ["id-1"])
    until(counts, "journalled", 1)
    shadows.close()
    [record] = read_journal(tmp_path)
    assert isinstance(record, ShadowRecord)
    [prediction] = record.answer.predictions()
    assert (prediction.id, prediction.version, prediction.asset) == ("id-1", 3, "p1")
    assert record.answer.route == "shadow"
    assert prediction.probabilities == pytest.approx(scorer.graph.run(rows).probabilities[0])


def test_monitoring_does_not_take_a_shadow_for_an_answer(models: Any, tmp_path: Path) -> None:
    scorer = models.scorer("two")
    given = scorer.score(scorer.decode(BODY)).record
    with Journal(tmp_path, "serve-1") as journal:
        journal.append_now([given, ShadowRecord(time=given.time, answer=given)])
    assert [type(record) for record in read_journal(tmp_path)] == [PredictionRecord, ShadowRecord]
    assert observe(tmp_path, scorer.contract).answered == 1


def test_what_the_thread_cannot_keep_up_with_is_dropped_and_counted(
    models: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer, counts = models.scorer("two"), Counter[Any]()
    slow = Slow(scorer.graph)
    monkeypatch.setattr(scorer, "graph", slow)
    shadows = Shadows(lambda: Journal(tmp_path, "serve-1-shadow"), counts, requests=3)
    rows = scorer.decode(BODY)
    shadows.hear(scorer, rows, ["first"])
    assert slow.entered.wait(20)
    for number in range(10):  # none of these waits for the one that is being asked
        shadows.hear(scorer, rows, [str(number)])
    assert counts == {("pump", 3, "dropped"): 7}
    slow.let.set()
    until(counts, "journalled", 4)
    shadows.close()


def test_the_rows_that_wait_are_bounded_too(models: Any, tmp_path: Path) -> None:
    scorer, counts = models.scorer("two"), Counter[Any]()
    shadows = Shadows(lambda: Journal(tmp_path, "serve-1-shadow"), counts, rows=5)
    many = scorer.decode(b'{"rows": [' + b",".join([b'{"bearing_temp": 80, "product": "L"}'] * 6) + b"]}")
    shadows.hear(scorer, many, [str(n) for n in range(6)])
    assert counts == {("pump", 3, "dropped"): 6}
    shadows.close()


def test_a_shadow_that_fails_is_counted_and_the_next_one_is_asked(
    models: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer, counts = models.scorer("two"), Counter[Any]()
    shadows = Shadows(lambda: Journal(tmp_path, "serve-1-shadow"), counts)
    rows, real = scorer.decode(BODY), scorer.graph
    monkeypatch.setattr(scorer, "graph", None)
    shadows.hear(scorer, rows, ["id-1"])
    until(counts, "failed", 1)
    monkeypatch.setattr(scorer, "graph", real)
    shadows.hear(scorer, rows, ["id-2"])
    until(counts, "journalled", 1)
    shadows.close()


def test_a_full_disk_costs_the_shadow_only(models: Any) -> None:
    scorer, counts = models.scorer("two"), Counter[Any]()

    def full() -> Journal:
        raise JournalFull(text("no room"))

    shadows = Shadows(full, counts)
    shadows.hear(scorer, scorer.decode(BODY), ["id-1"])
    until(counts, "failed", 1)
    shadows.close()


def test_closing_drops_and_counts_what_waits(
    models: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer, counts = models.scorer("two"), Counter[Any]()
    slow = Slow(scorer.graph)
    monkeypatch.setattr(scorer, "graph", slow)
    shadows = Shadows(lambda: Journal(tmp_path, "serve-1-shadow"), counts)
    for number in range(3):
        shadows.hear(scorer, scorer.decode(BODY), [str(number)])
    assert slow.entered.wait(20)
    slow.let.set()
    shadows.close()
    shadows.hear(scorer, scorer.decode(BODY), ["late"])
    assert sum(counts.values()) == 4
    assert counts["pump", 3, "dropped"] >= 1
