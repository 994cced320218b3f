"""Truth finds its prediction by id, or by asset and moment; the last that arrived wins."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.journal import PredictionRecord, TruthRecord, count_joined, join_truth
from andamio.journal.truth import moment_of

BOGOTA = timezone(timedelta(hours=-5))


def rows(record: PredictionRecord) -> list:
    return list(record.predictions())


def test_truth_by_id(prediction, truth):
    asked = rows(prediction("a", "b", "c"))
    join = join_truth(asked, [truth(2.0, prediction="b"), truth(1.0, prediction="a")])
    assert [(j.prediction.id, j.truth.value) for j in join.judged] == [("a", 1.0), ("b", 2.0)]
    assert join.unmatched == ()


def test_the_last_truth_that_arrived_wins_and_the_others_are_kept(prediction, truth):
    late, early = truth("no", time=30.0, prediction="a"), truth("yes", time=10.0, prediction="a")
    middle = truth("no", time=20.0, prediction="a")
    (judged,) = join_truth(rows(prediction("a")), [late, early, middle]).judged
    assert (judged.truth, judged.replaced) == (late, (early, middle))


def test_of_two_that_arrived_at_once_the_later_in_the_journal_wins(prediction, truth):
    (judged,) = join_truth(rows(prediction("a")), [truth(v, prediction="a") for v in (1.0, 2.0, 3.0)]).judged
    assert judged.truth.value == 3.0


def test_a_truth_without_prediction_is_reported(prediction, truth):
    lost = [
        truth(1.0, prediction="unknown"),
        truth(1.0, asset="p9", event_time="2026-01-01T00:00:00Z"),
        truth(1.0, asset="p1", event_time="2026-01-01T00:00:01Z"),
        truth(1.0, prediction="a", model="fan"),
        truth(1.0, asset="p1", event_time="yesterday"),
        truth(1.0, asset="p1"),
        truth(1.0),
    ]
    asked = rows(prediction("a", assets=["p1"], event_times=["2026-01-01T00:00:00Z"]))
    join = join_truth(asked, lost)
    assert (join.judged, list(join.unmatched)) == ((), lost)


def test_truth_by_asset_and_moment_however_the_moment_is_written(prediction, truth):
    asked = rows(
        prediction(
            "a", "b", assets=["p1", "p2"], event_times=["2026-01-01T05:00:00Z", "2026-01-01T05:00:00Z"]
        )
    )
    for written in ("2026-01-01T05:00:00+00:00", "2026-01-01T00:00:00-05:00", "2026-01-01T00:00:00"):
        join = join_truth(asked, [truth(1.0, asset="p2", event_time=written)], zone=BOGOTA)
        assert [j.prediction.id for j in join.judged] == ["b"]


def test_every_prediction_of_the_moment_gets_the_truth(prediction, truth):
    asked = rows(prediction("a", "b", assets=["p1", "p1"], event_times=["2026-01-01T05:00:00Z"] * 2))
    join = join_truth(asked, [truth(1.0, asset="p1", event_time="2026-01-01T05:00:00Z")])
    assert [j.prediction.id for j in join.judged] == ["a", "b"]


def test_a_plant_without_assets_is_joined_by_the_moment(prediction, truth):
    asked = rows(prediction("a", event_times=["2026-01-01T05:00:00Z"]))
    join = join_truth(asked, [truth(1.0, event_time="2026-01-01T05:00:00Z")])
    assert [j.prediction.id for j in join.judged] == ["a"]


@pytest.mark.parametrize(
    ("second", "tolerance_s", "expected"),
    [(4, 0, []), (4, 3.9, []), (4, 4, ["a"]), (5, 10, ["a"]), (6, 10, ["b"]), (14, 4, ["b"]), (15, 4, [])],
)
def test_the_nearest_moment_within_the_tolerance_is_taken(prediction, truth, second, tolerance_s, expected):
    times = ["2026-01-01T05:00:00Z", "2026-01-01T05:00:10Z"]
    asked = rows(prediction("a", "b", assets=["p1", "p1"], event_times=times))
    arrived = truth(1.0, asset="p1", event_time=f"2026-01-01T05:00:{second:02d}Z")
    join = join_truth(asked, [arrived], tolerance_s=tolerance_s)
    assert [j.prediction.id for j in join.judged] == expected


def test_a_truth_by_id_and_one_by_moment_are_truths_of_the_same_prediction(prediction, truth):
    asked = rows(prediction("a", assets=["p1"], event_times=["2026-01-01T05:00:00Z"]))
    by_id = truth("no", time=2.0, prediction="a")
    by_moment = truth("yes", time=1.0, asset="p1", event_time="2026-01-01T05:00:00Z")
    (judged,) = join_truth(asked, [by_id, by_moment]).judged
    assert (judged.truth, judged.replaced) == (by_id, (by_moment,))


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_none(written):
    found = moment_of(written)
    assert found is None or isinstance(found, float)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcx"), st.integers(0, 5), st.floats(0, 1)), max_size=20))
def test_every_truth_is_judged_replaced_or_unmatched(arrivals):
    record = PredictionRecord(ids=["a", "b", "c"], time=0.0, model="pump", version=1, digest="", numbers=b"")
    truths = [TruthRecord(time=float(t), model="pump", value=v, prediction=i) for i, t, v in arrivals]
    join = join_truth(rows(record), truths)
    kept = [t for j in join.judged for t in (*j.replaced, j.truth)] + list(join.unmatched)
    assert sorted(map(id, kept)) == sorted(map(id, truths))
    for judged in join.judged:
        assert all(old.time <= judged.truth.time for old in judged.replaced)


MOMENTS = ("2026-01-01T05:00:00Z", "2026-01-01T00:00:00-05:00", "2026-01-01T06:00:00", "yesterday", None)
NAMES = st.sampled_from("abcd")
MODELS = st.sampled_from(("pump", "fan"))
ASSETS = st.sampled_from(("p1", "p2", None))
TRUTHS = st.lists(
    st.builds(
        TruthRecord,
        time=st.floats(0, 9),
        model=MODELS,
        value=st.just(1.0),
        prediction=st.none() | NAMES,
        asset=ASSETS,
        event_time=st.sampled_from(MOMENTS),
    ),
    max_size=5,
)
ASKED = st.lists(
    st.tuples(MODELS, st.lists(st.tuples(NAMES, ASSETS, st.sampled_from(MOMENTS)), min_size=1, max_size=3)),
    max_size=4,
)


@given(asked=ASKED, truths=TRUTHS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_counting_the_joined_truths_is_counting_what_the_join_found(asked, truths):
    records = [
        PredictionRecord(
            ids=[row[0] for row in rows], time=1.0, model=model, version=1, digest="d", numbers=b"",
            assets=[row[1] for row in rows], event_times=[row[2] for row in rows],
        )
        for model, rows in asked
    ]  # fmt: skip
    join = join_truth([row for r in records for row in r.predictions()], truths, zone=BOGOTA)
    assert count_joined(records, truths, zone=BOGOTA) == len(truths) - len(join.unmatched)
