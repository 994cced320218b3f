"""The names that people know mean in the report what they mean elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from andamio.monitoring.comparing import compare_tags
from andamio.monitoring.stream import Arrivals
from andamio.statistics.histograms import histogram, moments, quantile_edges

from .watched import CONTRACT


def reference(temp: np.ndarray) -> dict[str, np.ndarray]:
    counted = histogram(temp, quantile_edges(temp))
    told = moments(temp)
    return {
        "number.temp.edges": counted.edges,
        "number.temp.counts": np.append(counted.filled(), 0),
        "moments.numbers": np.array([[told.count, told.mean, told.deviation, told.low, told.high]] * 2),
        "category.product.counts": np.array([600, 400, 0, 0]),
    }


def rows(temp: np.ndarray, products: list[str]) -> Arrivals:
    count = len(temp)
    return Arrivals(
        times=np.arange(count, dtype=np.float64),
        arrived=np.arange(count, dtype=np.float64),
        records=np.zeros(count, np.int64),
        assets=np.zeros(count, np.int64),
        names=("",),
        numbers=np.stack([temp, np.zeros(count)], axis=1).astype(np.float32),
        categories=np.array(products, dtype=object).reshape(-1, 1),
        scores=np.zeros(count),
    )


def test_a_tag_that_moved_by_one_spread() -> None:
    random = np.random.default_rng(0)
    then, now = random.normal(60, 3, 20_000), random.normal(63, 3, 20_000)
    temp, product = compare_tags(CONTRACT, reference(then), rows(now, ["L", "M"] * 10_000))
    assert temp.wasserstein == pytest.approx(1.0, abs=0.2), "the outer bins are wide"
    assert temp.ks == pytest.approx(0.383, abs=0.02)
    assert temp.psi == pytest.approx(1.0, abs=0.1)
    assert temp.jensenshannon == pytest.approx(jensenshannon(temp.then, temp.now, base=2), abs=1e-9)
    assert product.jensenshannon == pytest.approx(jensenshannon([0.6, 0.4], [0.5, 0.5], base=2), abs=1e-9)
    assert product.ks == pytest.approx(0.1)
    assert product.wasserstein is None


def test_nothing_moved_and_nothing_came() -> None:
    then = np.random.default_rng(0).normal(60, 3, 20_000)
    temp, product = compare_tags(CONTRACT, reference(then), rows(then, ["L"] * 12_000 + ["M"] * 8_000))
    assert temp.wasserstein == pytest.approx(0, abs=1e-3)
    assert temp.ks == pytest.approx(0, abs=1e-3)
    assert product.psi == pytest.approx(0, abs=1e-3)
    temp, _ = compare_tags(CONTRACT, reference(then), rows(np.full(3, np.nan), [""] * 3))
    assert (temp.psi, temp.wasserstein, temp.missing) == (None, None, 1.0)
