"""Truths are held against the answers they name, each once, wherever the reading is cut."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andamio.bundles import GraphInfo
from andamio.journal import Cursor, PredictionRecord, TruthRecord, join_truth, read_journal
from andamio.monitoring import following, stream
from andamio.monitoring.asset_line import Patience
from andamio.monitoring.findings import Cause, Level
from andamio.monitoring.following import Follower, Replay
from andamio.monitoring.performance import LossDetector, Promise, judging
from andamio.monitoring.performance.harm import in_order_of_arrival
from andamio.monitoring.performance.judging import Judging
from andamio.monitoring.performance.names import names_of
from andamio.monitoring.watch import Watch
from andamio.monitoring.watch_file import WatchFile
from andamio.storage import files

from .watched import CONTRACT, DIGEST, Writer, detectors

INFO = GraphInfo(
    kind="classification",
    numbers=("temp", "flow"),
    categories=("product",),
    features=("temp",),
    classes=("0", "1"),
    positive=None,
)
PROMISED = {"accuracy": Promise(0.9, 0.881, 0.919)}


def detector() -> LossDetector:
    return LossDetector(CONTRACT, INFO, {}, PROMISED, held_out_rows=1000)


def follower(folder: Path, *, version: int = 1, kept: bool = True) -> Follower:
    digest = DIGEST if version == 1 else str(version) * 64
    watch = Watch(
        detectors, patience=Patience(late_s=120), judging=Judging(detector, INFO, (version, digest))
    )
    file = WatchFile(folder / "monitor" / f"{version}.npz", "x") if kept else None
    one = Follower(Writer(folder / "journal").stream(version), watch, file)
    one.begin()
    return one


def caught_up(folder: Path, **kind: Any) -> Follower:
    one = follower(folder, **kind)
    one.catch_up(np.inf)
    return one


def taken(one: Follower) -> int:
    """Count the labels that were bet on."""
    assert one.watch.judging is not None
    return one.watch.judging.detector.streams["accuracy"].labels


def evidence(one: Follower) -> dict[str, np.ndarray]:
    assert one.watch.judging is not None
    return dict(one.watch.judging.detector.state())


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


def labelled(writer: Writer, start: int, rows: int, rate: float, seed: int = 0) -> list[str]:
    """Journal answers, one in five minutes, and their truths an hour later, told in turns."""
    random = np.random.default_rng(seed)
    told: list[str] = []
    for at in range(start, start + rows, 10):
        minutes = [5.0 * minute for minute in range(at, at + 10)]
        ids = writer.answer(minutes, assets=[f"pump-{minute % 7}" for minute in range(at, at + 10)])
        truths = ["1" if wrong else "0" for wrong in random.random(10) < rate]
        writer.tell(truths, of=ids, arrived=minutes[-1] + 60)
        told += ids
    return told


def test_it_bets_on_what_the_join_of_the_whole_journal_finds(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal")
    labelled(writer, 0, 200, 0.1)
    records = list(read_journal(writer.folder))
    rows = [row for one in records if isinstance(one, PredictionRecord) for row in one.predictions()]
    judged = join_truth(rows, [one for one in records if isinstance(one, TruthRecord)]).judged
    by_hand = detector()
    by_hand.feed_truth(in_order_of_arrival(judged))
    assert_same(evidence(caught_up(tmp_path)), dict(by_hand.state()))


def test_errors_that_double_are_an_alarm_about_the_model_and_good_ones_are_none(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal")
    labelled(writer, 0, 600, 0.1)
    assert not caught_up(tmp_path).watch.standing()
    labelled(writer, 600, 600, 0.25, seed=1)
    (found,) = caught_up(tmp_path).watch.standing()
    assert (found.kind, found.level, found.cause) == ("harm", Level.ALARM, Cause.CONCEPT)
    assert found.data["live"] == pytest.approx(0.75, abs=0.06)
    (again,) = caught_up(tmp_path).watch.standing()
    assert again == found


@pytest.mark.parametrize("seed", range(3))
def test_cut_and_restarted_anywhere_it_bets_the_same(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    writer, kept = Writer(tmp_path / "journal"), None
    for turn in range(12):
        labelled(writer, 20 * turn, 20, 0.2, seed=turn)
        if kept is None or random.random() < 0.5:
            kept = follower(tmp_path)
        kept.rests_until = -np.inf if random.random() < 0.7 else np.inf
        kept.catch_up(np.inf)
    assert taken(caught_up(tmp_path)) == 240
    assert_same(evidence(caught_up(tmp_path)), evidence(caught_up(tmp_path, kept=False)))


def test_so_many_truths_that_they_are_looked_up_in_parts(tmp_path: Path, monkeypatch: Any) -> None:
    labelled(Writer(tmp_path / "journal"), 0, 200, 0.2)
    whole = evidence(caught_up(tmp_path, kept=False))
    monkeypatch.setattr(stream, "AT_ONCE", 16)
    monkeypatch.setattr(judging, "MOST_HEARD", 30)
    monkeypatch.setattr(judging, "_AT_ONCE", 7)
    monkeypatch.setattr(following, "SAVED_EVERY", 40)
    assert_same(evidence(caught_up(tmp_path)), whole)


def test_a_truth_that_is_corrected_or_told_again_counts_once(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal")
    ids = writer.answer([1, 2, 3])
    writer.tell(["0", "1"], of=ids[:2], arrived=10)
    writer.tell(["0"], of=ids[1:2], arrived=11)
    first = evidence(caught_up(tmp_path))
    assert taken(caught_up(tmp_path)) == 2
    writer.tell(["1", "1"], of=ids[:2], arrived=20)
    writer.tell(["1"], minutes=[2], arrived=21)
    after = caught_up(tmp_path)
    assert taken(after) == 2
    assert {n: a.tolist() for n, a in evidence(after).items() if n.startswith("accuracy")} == {
        n: a.tolist() for n, a in first.items() if n.startswith("accuracy")
    }


def test_a_correction_that_comes_after_thousands_of_others_counts_once(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("andamio.monitoring.performance.harm._COUNTED", 4)
    writer = Writer(tmp_path / "journal")
    ids = labelled(writer, 0, 40, 0.1)
    assert taken(caught_up(tmp_path)) == 40
    writer.tell(["1"], of=ids[:1], arrived=400)
    assert taken(caught_up(tmp_path)) == 40


def test_a_truth_by_machine_and_moment_and_one_that_comes_before_its_answer(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal")
    writer.answer([1, 2], assets=["pump-1", "pump-2"])
    writer.tell(["1", "0", "0"], minutes=[1, 2, 3], asset="pump-1", arrived=10)
    assert taken(caught_up(tmp_path)) == 1, "pump-2 was not told of, and nothing was answered at 3"
    writer.answer([3, 4], arrived=30)
    assert taken(caught_up(tmp_path)) == 1
    writer.tell(["0"], minutes=[4], arrived=40)
    assert taken(caught_up(tmp_path)) == 3


def test_each_version_answers_for_itself_and_a_shadow_for_nothing(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal")
    mine, other = writer.answer([1, 2]), writer.answer([3, 4, 5], version=2)
    shadow = writer.answer([6], shadow=True)
    writer.tell(["0"] * 6, of=[*mine, *other, *shadow], arrived=10)
    assert (taken(caught_up(tmp_path)), taken(caught_up(tmp_path, version=2))) == (2, 3)
    one = caught_up(tmp_path)
    assert one.watch.judging is not None
    assert len(one.watch.judging.pack()["truths.names"]) == 1, "only the shadow's still waits"


def test_what_is_no_class_and_what_names_nothing_is_passed_over(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal")
    ids = writer.answer([1, 2])
    writer.tell(["broken", 1.0], of=ids, arrived=10)
    writer.tell(["0"], of=["nobody"], arrived=11)
    assert taken(caught_up(tmp_path)) == 1


def test_truths_behind_the_place_of_a_reader_are_not_seen(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal")
    ids = writer.answer([1, 2])
    place = Cursor()
    list(read_journal(writer.folder, place))
    writer.tell(["0"], of=ids[:1], arrived=10)
    heard: list[TruthRecord] = []
    batches = list(writer.stream().answers(place, heard.append))
    assert (sum(len(batch.names) for batch in batches), heard) == (2, [])


@pytest.mark.parametrize("torn", [False, True])
def test_killed_at_any_step_each_truth_counts_once(tmp_path: Path, torn: bool) -> None:
    died = 0
    for step in range(1, 40):
        folder, calm = tmp_path / f"{step}", tmp_path / f"{step}-calm"
        labelled(Writer(folder / "journal"), 0, 40, 0.2)
        child = os.fork()
        if child == 0:
            _die_at(folder, step, torn=torn)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            break
        died += 1
        labelled(Writer(folder / "journal"), 40, 40, 0.2, seed=1)
        shutil.copytree(folder / "journal", calm / "journal")
        assert_same(evidence(caught_up(folder)), evidence(caught_up(calm, kept=False)))
    assert died > 2, "it was killed at many steps"


def _die_at(folder: Path, step: int, *, torn: bool) -> None:
    left = step

    def before(kind: str, path: Path) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            if torn and kind == "write":
                path.write_bytes(b"PK\x03\x04 half of a file")
            os._exit(9)

    files._before = before
    try:
        caught_up(folder)
    finally:
        os._exit(0)


def test_a_replay_says_when_the_truth_would_have_alarmed(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal")
    labelled(writer, 0, 600, 0.1)
    labelled(writer, 600, 600, 0.3, seed=1)
    one = follower(tmp_path, kept=False)
    one.watch.step = 15
    episodes = Replay(one.watch).run(one.stream)
    assert [(episode.kind, episode.asset, episode.cleared) for episode in episodes] == [("harm", "", None)]
    since = episodes[0].since
    assert since is not None
    assert since < episodes[0].raised
    early = follower(tmp_path, kept=False)
    end = one.watch.assets["pump-1"].line.released - 5 * 60 * 620
    assert Replay(early.watch, end=end).run(early.stream) == []


def test_a_damaged_state_begins_anew(tmp_path: Path) -> None:
    labelled(Writer(tmp_path / "journal"), 0, 40, 0.2)
    whole = evidence(caught_up(tmp_path))
    (tmp_path / "monitor" / "1.npz").write_bytes(b"PK nothing")
    assert_same(evidence(caught_up(tmp_path)), whole)


def test_names_are_the_same_however_they_are_put_together() -> None:
    texts = ["", "a", "ñandú", "a\0", "0123456789abcdefg", "x" * 600, "x" * 601, "b"]
    together = names_of(texts).tolist()
    assert together == [int(names_of([text])[0]) for text in texts]
    assert len(set(together)) == len(texts)
