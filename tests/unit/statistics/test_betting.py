"""The bets: the run length that is guaranteed holds, and harm is seen as soon as it is stated."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.statistics.betting import Wagers, upper_limit
from andamio.statistics.dependence import Dependence, dependence_of

RUNS = 200


def first_alarm(losses: np.ndarray, limit: float, stake: float, *, alike: float = 0.0, size: int = 1) -> int:
    """Return after how many losses harm was confirmed; more than there are when it never was."""
    wagers, total = Wagers(limit), 0.0
    for place, loss in enumerate(losses.tolist()):
        total = 0.0 if place % size == 0 else total
        if wagers.take(loss, stake=stake, alike=alike, cluster=(place % size, total)) >= 1:
            return place + 1
        total += loss
    return len(losses) + 1


def clustered(random: np.random.Generator, mean: float, alike: float, rows: int, size: int) -> np.ndarray:
    """Draw errors whose rate differs from cluster to cluster."""
    weight = (1 - alike) / alike
    rates = random.beta(mean * weight, (1 - mean) * weight, rows // size + 1).repeat(size)[:rows]
    return (random.random(rows) < rates).astype(float)


@pytest.mark.parametrize("mean", [0.1, 0.02, 0.5])
def test_the_run_length_without_harm_is_at_least_the_one_that_is_guaranteed(mean: float) -> None:
    random = np.random.default_rng(1)
    runs = [first_alarm((random.random(700) < mean).astype(float), mean, 1 / 200) for _ in range(RUNS)]
    # Cut off at 700, so the true mean is longer still; some alarms come, or the limit would be slack.
    assert np.mean(runs) >= 200
    assert min(runs) < 700


def test_the_run_length_holds_for_losses_that_are_no_mere_errors() -> None:
    random = np.random.default_rng(2)
    runs = [first_alarm(random.beta(2, 2, 700), 0.5, 1 / 200) for _ in range(RUNS)]
    assert np.mean(runs) >= 200


def test_the_run_length_holds_for_clusters_of_one_machine_and_day() -> None:
    random = np.random.default_rng(3)
    draws = [clustered(random, 0.1, 0.2, 700, 20) for _ in range(RUNS)]
    known = [first_alarm(losses, 0.1, 1 / 200, alike=0.2, size=20) for losses in draws]
    blind = [first_alarm(losses, 0.1, 1 / 200) for losses in draws]
    assert np.mean(known) >= 200
    assert np.mean(blind) < 150  # which is why clusters matter


@pytest.mark.parametrize(("good", "bad", "most"), [(0.10, 0.20, 250), (0.02, 0.05, 700), (0.30, 0.40, 500)])
def test_harm_is_confirmed_within_the_stated_labels(good: float, bad: float, most: int) -> None:
    """The limits are those of an evaluation of 1,000 rows, the stake one false alarm in 10,000 labels."""
    random = np.random.default_rng(4)
    limit = upper_limit(good, (good * (1 - good) / 1000) ** 0.5, 1000)
    delays = [first_alarm((random.random(1500) < bad).astype(float), limit, 1e-4) for _ in range(40)]
    assert np.median(delays) <= most
    assert min(delays) > 10


def test_the_similarity_within_clusters_is_estimated_and_adds_up() -> None:
    random = np.random.default_rng(5)
    losses, clusters = clustered(random, 0.2, 0.15, 40_000, 20), np.arange(40_000) // 20
    whole = dependence_of(losses, clusters)
    assert whole.correlation == pytest.approx(0.15, abs=0.02)
    assert whole.cautious > whole.correlation
    halves = dependence_of(losses[:20_000], clusters[:20_000]) + dependence_of(
        losses[20_000:], clusters[20_000:]
    )
    np.testing.assert_allclose(halves.array(), whole.array())


def test_independent_rows_are_not_taken_to_be_alike() -> None:
    losses = (np.random.default_rng(6).random(40_000) < 0.2).astype(float)
    assert dependence_of(losses, np.arange(40_000) // 20).cautious < 0.01


def test_losses_added_one_by_one_give_the_sums_of_all() -> None:
    random = np.random.default_rng(7)
    losses, clusters = random.random(300), random.integers(0, 12, 300)
    one_by_one, seen = Dependence(), {}
    for loss, cluster in zip(losses.tolist(), clusters.tolist(), strict=True):
        count, total, squares = seen.get(cluster, (0.0, 0.0, 0.0))
        one_by_one.add(loss, count, total, squares)
        seen[cluster] = (count + 1, total + loss, squares + loss * loss)
    np.testing.assert_allclose(one_by_one.array(), dependence_of(losses, clusters).array())


@pytest.mark.parametrize(("mean", "rows"), [(0.1, 1000), (0.0, 50), (0.5, 40)])
def test_the_upper_end_of_a_mean_is_above_it(mean: float, rows: int) -> None:
    assert mean < upper_limit(mean, (mean * (1 - mean) / rows) ** 0.5, rows) < 1
