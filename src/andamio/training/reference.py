"""Learn what normal looks like from the training rows; it travels in the bundle as plain arrays.

Keys of ``reference.npz`` besides ``profile.*`` (``statistics.profile``), for every numeric tag ``T``,
category ``C``, feature number ``J`` (names in ``graph.json``) and the watched score:

    number.T.edges, number.T.counts            histogram; counts are under, bins, over, missing
    category.C.counts                          each declared value, others, missing
    feature.J.edges, feature.J.counts          histogram of the graph's feature
    score.edges, score.counts                  histogram of the prediction
    moments.numbers, moments.features          count, mean, standard deviation, least, most; one line a column
    rows                                       how many rows
    target.counts or target.edges, .counts     the truth
    sensors.*                                  how every sensor behaves (``statistics.faults.reference``)
    background.numbers, .categories            what explanations compare with (``explanations.background``)
    drift.*                                    what drift is held against (``statistics.drift``)
    loss.*                                     what it got wrong on the held-out part (``training.losses``)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs
from andamio.explanations import background_arrays
from andamio.statistics.drift.learning import FEWEST, learn_drift
from andamio.statistics.drift.tags import context_table, watched_table
from andamio.statistics.faults import FaultReference
from andamio.statistics.histograms import count_categories, histogram, moments, quantile_edges
from andamio.statistics.profile import learn_profile, watched_score
from andamio.training.table import Problem

BINS = 20
_FIRST_CLOCK = 1e8  # seconds since 1970: no plant's history is older than 1973


def reference(problem: Problem, outputs: Outputs, info: GraphInfo) -> dict[str, NDArray[np.generic]]:
    """Learn the reference profile.

    Args:
        problem: The rows to learn from.
        outputs: The graph's answers for these rows, features included.
        info: Names of the graph's columns.

    Returns:
        Arrays by key; equal rows and answers give equal arrays.
    """
    score = watched_score(outputs.probabilities, outputs.value)
    contract = problem.contract
    order = None if problem.times is None else np.argsort(problem.times, kind="stable").astype(np.int64)
    arrays: dict[str, NDArray[np.generic]] = dict(
        learn_profile(
            problem.rows.numbers,
            score,
            order=order,
            assets=None if problem.assets is None else problem.assets.tolist(),
        ).arrays()
    )
    arrays |= FaultReference.learn(
        problem.rows.numbers,
        problem.times,
        assets=None if problem.assets is None else problem.assets.tolist(),
        ranges=[i.range for i in contract.numbers],
        units=[i.unit for i in contract.numbers],
    ).arrays()
    arrays |= background_arrays(problem.rows, score)
    arrays |= _drift(problem, score)
    arrays["rows"] = np.array(len(problem), dtype=np.int64)
    features = outputs.features if outputs.features is not None else np.zeros((len(problem), 0), np.float32)
    for j, declared in enumerate(contract.numbers):
        arrays |= _binned(f"number.{declared.name}", problem.rows.numbers[:, j])
    for j, declared in enumerate(contract.categories):
        counts = count_categories(problem.rows.categories[:, j].tolist(), declared.values)
        arrays[f"category.{declared.name}.counts"] = counts
    for j in range(len(info.features)):
        arrays |= _binned(f"feature.{j}", features[:, j])
    arrays |= _binned("score", score)
    arrays["moments.numbers"] = _moments(problem.rows.numbers)
    arrays["moments.features"] = _moments(features)
    if problem.is_regression:
        arrays |= _binned("target", problem.target)
    else:
        arrays["target.counts"] = np.bincount(problem.target.astype(np.int64), minlength=len(problem.classes))
    return arrays


def _drift(problem: Problem, score: NDArray[np.float64]) -> dict[str, NDArray[np.generic]]:
    """Learn what drift is held against; nothing from fewer rows than it needs."""
    if len(problem) < FEWEST:
        return {}
    contract, rows = problem.contract, problem.rows
    context = context_table(contract, rows.numbers, rows.categories)
    return learn_drift(
        watched_table(contract, rows.numbers, rows.categories, score),
        times=problem.times if _is_clock(problem.times) else None,
        context=context,
        assets=None if problem.assets is None else problem.assets.tolist(),
        false_alarms_per_month=contract.monitor.false_alarms_per_month,
    ).arrays()


def _is_clock(times: NDArray[np.float64] | None) -> bool:
    """Tell times from the numbers of a counting column."""
    return times is not None and bool(np.min(times) > _FIRST_CLOCK)


def _binned(key: str, values: NDArray[np.floating] | NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    numbers = np.asarray(values, dtype=np.float64)
    counted = histogram(numbers, quantile_edges(numbers, BINS))
    return {
        f"{key}.edges": counted.edges,
        f"{key}.counts": np.append(counted.filled(), counted.missing).astype(np.int64),
    }


def _moments(table: NDArray[np.float32]) -> NDArray[np.float64]:
    found = [moments(column) for column in table.T]
    return np.array([[m.count, m.mean, m.deviation, m.low, m.high] for m in found]).reshape(len(found), 5)
