"""Our conformal quantile is the one of MAPIE, whose intervals cannot travel in a graph."""

from __future__ import annotations

import numpy as np
import pytest
from mapie.regression import SplitConformalRegressor
from sklearn.linear_model import LinearRegression

from andamio.training.intervals import conformal_quantile


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("rows", [39, 200])
def test_the_interval_reaches_as_far_as_mapie_s(rows: int, coverage: float) -> None:
    random = np.random.default_rng(rows)
    x = random.normal(size=(2 * rows, 3))
    y = x @ [1.0, -2.0, 0.5] + random.normal(size=2 * rows)
    model = LinearRegression().fit(x[:rows], y[:rows])
    mapie = SplitConformalRegressor(model, confidence_level=coverage, prefit=True)
    mapie.conformalize(x[rows:], y[rows:])
    value, interval = mapie.predict_interval(x[:1])
    reach = conformal_quantile(np.abs(y[rows:] - model.predict(x[rows:])), coverage)
    assert interval[0, 1, 0] - value[0] == pytest.approx(reach, rel=1e-9)
