"""Which rows to label next, and that what is concluded from them is not biased by the choice."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest

from andamio.journal import TruthRecord
from andamio.monitoring import labelling
from andamio.monitoring.labelling import Mark, choose_rows, estimate_loss, gather_candidates, read_mark
from andamio.monitoring.labelling.candidates import Candidates
from tests.unit.monitoring.conftest import START, Plant, usual

RISKS = np.concatenate([np.full(360, 0.02), np.linspace(0.3, 0.7, 40)])


@pytest.fixture
def waiting(plant: Plant) -> Candidates:
    """400 rows, 40 of them near the threshold, five far outside of what was usual."""
    tags = usual(400, 1)
    tags[:5, 0] = 500.0
    plant.answer(tags, risk=RISKS)
    return gather_candidates(plant.folder, "pump", 1, since=0.0, seed=0)


def test_a_row_whose_truth_is_known_is_not_asked_for(plant: Plant) -> None:
    ids = plant.answer(usual(30, 2))
    plant.answer(usual(30, 3), version=2)
    plant.tell(ids[:10], ["0"] * 10)
    found = gather_candidates(plant.folder, "pump", 1, since=0.0, seed=0)
    assert {row.id for row in found.rows} == set(ids[10:])
    assert found.of == 20
    assert gather_candidates(plant.folder, "pump", 1, since=START + 1, seed=0).rows == ()


def test_half_is_random_and_half_goes_where_the_model_is_unsure_or_the_row_rare(
    plant: Plant, waiting: Candidates
) -> None:
    chosen = choose_rows(waiting, 60, plant.info, plant.profile, seed=1)
    drawn = [one for one in chosen if one.why == "random"]
    told = [one for one in chosen if one.why != "random"]
    assert len(drawn) == 30
    assert 15 < len(told) <= 30
    doubtful = [abs(float(one.row.probabilities[1]) - 0.5) < 0.25 for one in told]  # type: ignore[index]
    assert np.mean(doubtful) > 0.2  # twice as often as by chance
    assert any(one.why == "unsure" for one in told)
    assert any(one.why == "rare" for one in told)
    assert [one.row.id for one in choose_rows(waiting, 60, plant.info, plant.profile, seed=1)] == [
        one.row.id for one in chosen
    ]


def test_every_row_is_drawn_as_often_as_its_weight_says(plant: Plant, waiting: Candidates) -> None:
    times, weights = dict.fromkeys((row.id for row in waiting.rows), 0), {}
    for seed in range(300):
        for one in choose_rows(waiting, 80, plant.info, plant.profile, seed=seed):
            times[one.row.id] += 1
            weights[one.row.id] = one.weight
    shares = np.array([times[name] / 300 for name in weights])
    chances = np.array([1 / weight for weight in weights.values()])
    assert np.abs(shares - chances).mean() < 0.025
    likely = chances > 1.5 * chances.min()
    assert likely.sum() > 20
    assert shares[likely].mean() == pytest.approx(chances[likely].mean(), rel=0.05)


def test_an_estimate_from_chosen_rows_is_not_biased_by_the_choice(plant: Plant, waiting: Candidates) -> None:
    """Where the model is unsure it errs more often; a plain mean over labels would exaggerate."""
    wrong = {row.id: float(i >= 360 and i % 2 == 0) for i, row in enumerate(waiting.rows)}
    truth = np.mean(list(wrong.values()))
    plain, weighted, inside = [], [], 0
    for seed in range(200):
        chosen = choose_rows(waiting, 80, plant.info, plant.profile, seed=seed)
        losses = [wrong[one.row.id] for one in chosen]
        found = estimate_loss(losses, [Mark(one.why, one.weight) for one in chosen])
        assert found is not None
        plain.append(np.mean(losses))
        weighted.append(found.value)
        inside += found.low <= truth <= found.high
    assert np.mean(plain) > 1.5 * truth
    assert np.mean(weighted) == pytest.approx(truth, rel=0.05)
    assert inside >= 180


def test_of_too_many_rows_some_are_drawn_and_stand_for_the_others(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling.candidates, "KEPT", 20)
    for seed in range(4):
        plant.answer(usual(25, seed))
    found = gather_candidates(plant.folder, "pump", 1, since=0.0, seed=3)
    assert (len(found.rows), found.of) == (20, 100)
    chosen = choose_rows(found, 20, plant.info, None, seed=0)
    assert sum(one.weight for one in chosen if one.why == "random") >= 100 / 2


def test_more_rows_than_there_are_takes_each_once(plant: Plant) -> None:
    plant.answer(usual(7, 4))
    found = gather_candidates(plant.folder, "pump", 1, since=0.0, seed=0)
    chosen = choose_rows(found, 50, plant.info, plant.profile, seed=0)
    assert len({one.row.id for one in chosen}) == len(chosen) <= 7
    assert choose_rows(Candidates((), 0), 5, plant.info, None, seed=0) == []


def test_a_mark_survives_the_journal_and_nothing_else_is_one(plant: Plant) -> None:
    assert read_mark(Mark("rare", 12.5).source()) == Mark("rare", 12.5)
    assert [
        read_mark(source) for source in ("http", "label:rare:0.5", "label:odd:3", "label:rare:1e999")
    ] == [None] * 4
    assert TruthRecord(time=0, model="m", value=1, source=Mark("rare", 2.0).source()).source == "label:rare:2"


def test_ten_right_answers_do_not_prove_that_no_answer_is_wrong() -> None:
    marks = [Mark("random", 8.0)] * 10
    found = estimate_loss([0.0] * 10, marks, is_share=True)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.278, abs=0.01)
    uneven = estimate_loss([0.0] * 10, [Mark("rare", 1.0)] * 9 + [Mark("random", 50.0)], is_share=True)
    assert uneven.high > 0.6


def test_of_anomalies_rows_near_the_limit_are_asked_for(plant: Plant, waiting: Candidates) -> None:
    scores = np.concatenate([np.full(360, 0.1), np.linspace(0.8, 1.25, 20), np.full(20, 30.0)])
    rows = tuple(
        dataclasses.replace(row, probabilities=None, value=float(score), decision=int(score > 1))
        for row, score in zip(waiting.rows, scores, strict=True)
    )
    info = msgspec.structs.replace(plant.info, classes=("normal", "anomaly"), threshold=None)
    chosen = choose_rows(Candidates(rows, len(rows)), 60, info, None, seed=1)
    told = [one for one in chosen if one.why == "unsure"]
    assert np.mean([0.7 < one.row.value < 1.5 for one in told]) > 0.2  # one row in twenty is near
