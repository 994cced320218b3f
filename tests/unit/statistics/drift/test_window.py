"""A window against history: an exact level, power where single columns show nothing, known distances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from andamio.statistics.drift import DriftReference, compare
from andamio.statistics.drift.distances import FineCounts
from andamio.statistics.drift.learning import learn_drift

from .streams import autoregressive


@pytest.fixture(scope="module", params=[0.0, 0.8], ids=["independent", "autocorrelated"])
def learnt(request: pytest.FixtureRequest) -> tuple[float, DriftReference]:
    phi = request.param
    return phi, learn_drift(_mixed(6000, phi, seed=1), false_alarms_per_month=100.0)


def _mixed(rows: int, phi: float, seed: int) -> np.ndarray:
    table = autoregressive(rows, 5, phi, seed)
    table[:, 1] = 0.8 * table[:, 0] + 0.6 * table[:, 1]
    return table


def test_windows_like_history_are_significant_as_often_as_they_should(
    learnt: tuple[float, DriftReference],
) -> None:
    phi, reference = learnt
    reports = [compare(reference, _mixed(600, phi, seed=100 + i)) for i in range(60)]
    assert sum(report.p_value <= 0.05 for report in reports) <= 9  # 3 are expected
    assert sum(report.alarm for report in reports) <= 3


@pytest.mark.parametrize(
    ("kind", "column"), [("mean", 2), ("variance", 3), ("correlation", 0)], ids=["mean", "variance", "pair"]
)
def test_what_moved_is_found_and_named(learnt: tuple[float, DriftReference], kind: str, column: int) -> None:
    phi, reference = learnt
    window = _mixed(1500, phi, seed=50)
    if kind == "mean":
        window[:, 2] += 1
    elif kind == "variance":
        window[:, 3] *= 2
    else:
        window[:, 1] = autoregressive(1500, 1, phi, seed=51)[:, 0]
    report = compare(reference, window)
    assert report.alarm
    assert any(m.kind == kind and column in m.columns for m in report.moved)
    assert report.moved[0].p_value <= 0.05
    assert abs(report.moved[0].effect) > report.moved[0].low > 0


def test_what_is_significant_and_too_small_to_matter_is_no_alarm() -> None:
    reference = learn_drift(autoregressive(20_000, 2, 0.0, seed=2), false_alarms_per_month=100.0)
    report = compare(reference, autoregressive(20_000, 2, 0.0, seed=3) + 0.1)
    assert report.p_value <= 0.05
    assert not report.alarm


def test_too_few_rows_give_no_verdict_and_say_so(learnt: tuple[float, DriftReference]) -> None:
    phi, reference = learnt
    report = compare(reference, _mixed(40, phi, seed=4) + 9)
    assert report.abstains == "rows"
    assert np.isnan(report.p_value)
    assert not report.alarm
    assert report.distances.ks.min() > 0.5


def test_distances_are_those_that_people_know() -> None:
    random = np.random.default_rng(5)
    before, now = random.normal(10, 2, (20_000, 1)), random.normal(10.5, 2.5, (5_000, 1))
    found = FineCounts.learn(before).compare(now)
    assert found.ks[0] == pytest.approx(stats.ks_2samp(before[:, 0], now[:, 0]).statistic, abs=0.01)
    far = stats.wasserstein_distance(before[:, 0], now[:, 0]) / before.std()
    assert found.wasserstein[0] == pytest.approx(far, rel=0.03)
    edges = np.linspace(0, 25, 60)
    shares = [np.histogram(part, edges)[0] for part in (before, now)]
    assert found.jensenshannon[0] == pytest.approx(jensenshannon(*shares, base=2), abs=0.03)
    deciles = np.quantile(before, np.linspace(0, 1, 11))
    deciles[0], deciles[-1] = -np.inf, np.inf
    p, q = (np.histogram(part, deciles)[0] / len(part) for part in (before, now))
    assert found.psi[0] == pytest.approx(float(((q - p) * np.log(q / p)).sum()), rel=0.1)
    assert found.missing[0] == 0


def test_a_column_like_history_has_small_distances_and_missing_values_are_counted() -> None:
    random = np.random.default_rng(6)
    before, now = random.exponential(1, (9000, 2)), random.exponential(1, (9000, 2))
    now[:900, 1] = np.nan
    found = FineCounts.learn(before).compare(now)
    assert found.psi.max() < 0.02
    assert found.ks.max() < 0.04
    assert found.missing.tolist() == [0.0, 0.1]


def test_a_stability_index_has_a_limit_of_its_own_for_each_window(
    learnt: tuple[float, DriftReference],
) -> None:
    phi, reference = learnt
    short, long = (compare(reference, _mixed(rows, phi, seed=60)) for rows in (300, 3000))
    assert (short.psi_limits > 2 * long.psi_limits).all()
    over = [
        (report.distances.psi > report.psi_limits).mean()
        for seed in range(60)
        for report in [compare(reference, _mixed(600, phi, seed=200 + seed))]
    ]
    assert np.mean(over) < 0.15  # 0.05 is expected


def test_kernel_means_and_a_classifier_see_what_moves_no_single_column() -> None:
    reference = learn_drift(_mixed(8000, 0.0, seed=1), false_alarms_per_month=100.0)
    same = compare(reference, _mixed(3000, 0.0, seed=70))
    assert same.mmd is not None
    assert same.classifier is not None
    assert same.mmd[1] > 0.01
    assert same.classifier[1] > 0.01
    wider = _mixed(3000, 0.0, seed=71)
    wider[:, 2] *= 1.5
    moved = compare(reference, wider)
    assert moved.mmd is not None
    assert moved.classifier is not None
    assert moved.mmd[1] <= 0.01
    assert moved.classifier[0] > 0.6
    assert moved.classifier[1] < 0.001
    assert compare(reference, wider[:1500]).classifier is None


def test_a_rare_operating_point_is_no_drift_and_a_shift_at_it_is() -> None:
    load = np.random.default_rng(20).choice([40.0, 60.0, 80.0, 100.0], 60, p=[0.05, 0.45, 0.45, 0.05])
    load = np.repeat(load, 100)
    reference = learn_drift(
        autoregressive(6000, 3, 0.8, seed=21) + 0.05 * load[:, None],
        context=load[:, None],
        false_alarms_per_month=100.0,
    )
    rare = np.full(1500, 100.0)
    window = autoregressive(1500, 3, 0.8, seed=22) + 0.05 * rare[:, None]
    terms = reference.context.terms(1500, None, rare[:, None])
    assert reference.context.certainty(terms).max() < 0.6
    found = compare(reference, window, context=rare[:, None])
    assert found.abstains is None
    assert not found.alarm
    window[:, 1] *= 2
    assert compare(reference, window, context=rare[:, None]).alarm
