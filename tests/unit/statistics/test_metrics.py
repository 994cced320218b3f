from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as peer

from andamio.statistics.intervals import bootstrap, resamples
from andamio.statistics.metrics import classification, confusion, regression, roc_auc

tables = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=6, max_size=60).filter(
    lambda rows: len({truth for truth, _ in rows}) == 2
)


@settings(max_examples=25, deadline=None)
@given(tables)
def test_two_class_metrics_agree_with_their_definitions_elsewhere(rows):
    truth = np.array([t for t, _ in rows])
    score = np.array([s / 20 for _, s in rows])
    decision = (score >= 0.5).astype(int)
    found = classification(truth, decision, np.column_stack([1 - score, score]), 1, (10.0, 1.0))
    assert found["roc_auc"] == pytest.approx(peer.roc_auc_score(truth, score))
    assert found["average_precision"] == pytest.approx(peer.average_precision_score(truth, score))
    assert found["brier"] == pytest.approx(peer.brier_score_loss(truth, score))
    assert found["accuracy"] == pytest.approx(peer.accuracy_score(truth, decision))
    assert found["recall"] == pytest.approx(peer.recall_score(truth, decision))
    assert found["f1"] == pytest.approx(peer.f1_score(truth, decision, zero_division=0.0))
    table = confusion(truth, decision, 2)
    assert table.tolist() == peer.confusion_matrix(truth, decision, labels=[0, 1]).tolist()
    assert found["false_alarm_rate"] == pytest.approx(table[0, 1] / table[0].sum())
    assert found["cost_per_row"] == pytest.approx((10 * table[1, 0] + table[0, 1]) / len(rows))


def test_several_classes_are_averaged():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 200)
    chances = rng.dirichlet([1, 1, 1], 200)
    decision = chances.argmax(axis=1)
    found = classification(truth, decision, chances, None)
    assert found["f1"] == pytest.approx(peer.f1_score(truth, decision, average="macro"))
    assert found["roc_auc"] == pytest.approx(peer.roc_auc_score(truth, chances, multi_class="ovr"))
    assert found["brier"] == pytest.approx(np.mean(((np.eye(3)[truth] - chances) ** 2).sum(axis=1)))
    assert np.isnan(found["cost_per_row"])


def test_what_cannot_be_measured_is_not_a_number():
    none = np.zeros(5, np.int64)
    found = classification(none, none, np.tile([[0.9, 0.1]], (5, 1)), 1)
    assert np.isnan(found["recall"])
    assert np.isnan(found["roc_auc"])
    assert np.isnan(found["precision"])
    assert np.isnan(roc_auc(np.zeros(0, bool), np.zeros(0)))


def test_numbers_are_measured_in_their_unit():
    truth, value = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 2.0, 5.0])
    found = regression(truth, value, value - 0.6, value + 0.6)
    assert found["rmse"] == pytest.approx(0.75)
    assert found["mae"] == pytest.approx(0.625)
    assert found["bias"] == pytest.approx(0.125)
    assert found["r2"] == pytest.approx(peer.r2_score(truth, value))
    assert found["coverage"] == 0.5
    assert found["interval_width"] == pytest.approx(1.2)


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    values = np.random.default_rng(0).normal(size=400)
    found = bootstrap(lambda i: {"mean": float(values[i].mean())}, 400, draws=1000)["mean"]
    assert (found.high - found.low) == pytest.approx(2 * 1.96 / 20, rel=0.12)
    assert found.low < values.mean() < found.high


def test_alike_rows_drawn_as_groups_promise_less():
    groups = np.repeat(np.arange(20), 20)
    values = np.random.default_rng(0).normal(size=20)[groups]
    single = bootstrap(lambda i: {"mean": float(values[i].mean())}, 400)["mean"]
    grouped = bootstrap(lambda i: {"mean": float(values[i].mean())}, 400, groups)["mean"]
    assert grouped.high - grouped.low > 2.5 * (single.high - single.low)


def test_groups_are_drawn_whole():
    groups = np.array([3, 1, 3, 2, 1])
    for index in resamples(5, groups, draws=20, seed=0):
        drawn = np.bincount(groups[index], minlength=4)
        assert drawn[3] % 2 == drawn[1] % 2 == 0


def test_a_metric_that_most_draws_cannot_measure_has_no_interval():
    found = bootstrap(lambda i: {"x": 1.0 if 0 in i[:1] else float("nan")}, 50)["x"]
    assert found.value == 1.0
    assert np.isnan(found.low)
