"""What the journal holds of a model is gathered whole."""

from __future__ import annotations

import numpy as np

from andamio.monitoring import observation
from tests.unit.monitoring.conftest import Plant, usual


def test_answers_refusals_and_truths_are_counted(plant: Plant) -> None:
    ids = plant.answer(usual(30, 40))
    plant.refuse(3)
    plant.tell([ids[0], "nobody"], ["1", "0"])
    seen = plant.seen()
    assert (seen.answered, seen.refused, len(seen.judged), seen.unmatched) == (30, 3, 1, 1)
    assert seen.reasons == {("contract-type", "temp"): 3}
    assert seen.numbers.shape == (30, 2)


def test_rows_of_another_version_are_kept_apart(plant: Plant) -> None:
    plant.answer(usual(10, 41))
    plant.answer(usual(5, 42), version=2)
    seen = plant.seen()
    assert seen.of_version(1).tolist() == list(range(10))
    assert seen.of_version(2).tolist() == list(range(10, 15))


def test_a_journal_that_does_not_exist_is_empty(plant: Plant) -> None:
    seen = plant.seen()
    assert len(seen) == 0
    assert seen.last is None


def test_a_row_with_other_inputs_than_the_contract_s_is_missing_not_mixed_up(plant: Plant) -> None:
    plant.answer(np.ones((2, 3)))
    assert np.isnan(plant.seen().numbers).all()


def test_only_the_latest_rows_are_looked_at_however_they_came(plant: Plant, monkeypatch) -> None:
    monkeypatch.setattr(observation, "KEPT", 12)
    ids = plant.answer(usual(20, 43))
    for seed in range(7):
        ids += plant.answer(usual(1, seed))
    ids += plant.answer(usual(4, 44))
    seen = plant.seen()
    assert [row.id for row in seen.predictions] == ids[-12:]
    assert seen.answered == len(ids) == 31
