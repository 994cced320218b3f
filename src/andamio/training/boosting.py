"""Boosted trees by LightGBM: deterministic, stopped early by count and never by the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import lightgbm as lgb
import numpy as np

from andamio.errors import Text, text
from andamio.training.candidates import Folds, Rehearsal, Setting, each_fold, gather
from andamio.training.linear import link_of
from andamio.training.models import BoostedModel
from andamio.training.task import Floats, Task

# All trees together: what one row costs (about 60 ns a tree). All leaves: the size of the graph.
MOST_TREES = 1_200
MOST_LEAVES = 40_000
# Fine histograms find the exact limits of a process; over many features they cost too much.
_FINE_BINS, _COARSE_BINS, _FEW_FEATURES = 1023, 255, 40
_MOST_COLUMNS = 250
# Under so many rows all folds are stopped together.
TOGETHER = 2_000
# What few trees may be: how many leaves each, and how fast they learn.
_FEWEST_LEAVES, _MOST_LEAVES_A_TREE, _QUICKEST = 4, 64, 0.3


@dataclass(frozen=True, slots=True)
class BoostingSettings:
    """What is tuned.

    Attributes:
        learning_rate: Share of each tree that is kept.
        leaves: Of one tree, at most.
        least_rows: Rows in a leaf, at least.
        columns: Share of the features drawn for each tree.
        rows: Share of the rows drawn for each tree.
        l2: Penalty on leaf values.
        bins: Histogram bins of a feature.
        balance: 0 leaves classes as they are, 1 gives all the same total weight; the margins are
            corrected for it afterwards.
        rounds: How many trees (for each class); None until cross-validation has chosen.
    """

    learning_rate: float = 0.05
    leaves: int = 15
    least_rows: int = 5
    columns: float = 0.8
    rows: float = 0.8
    l2: float = 0.01
    bins: int = 1023
    balance: float = 0.0
    rounds: int | None = None


@dataclass(frozen=True, slots=True)
class Boosting:
    """LightGBM with its settings; cross-validation chooses the number of trees, at most ``most`` rounds."""

    chosen: BoostingSettings = field(default_factory=BoostingSettings)
    most: int | None = None
    family: ClassVar[str] = "boosting"
    title: ClassVar[Text] = text("boosted trees (LightGBM)")

    def settings(self) -> Mapping[str, object]:
        """Tell all settings."""
        return asdict(self.chosen)

    def train(self, given: Setting) -> BoostedModel:
        """Train as many trees as were chosen."""
        parameters, weights = _parameters(given.task, self.chosen, given.seed), _weights(given, self.chosen)
        data = lgb.Dataset(given.x, given.y, weight=_of_rows(weights, given), params=parameters)
        rounds = self.chosen.rounds or self._most(given.task)
        return _model(lgb.train(parameters, data, rounds), given.task, weights)

    def rehearse(self, given: Setting, folds: Folds) -> Rehearsal:
        """Cross-validate, stopping early; the best mean round is kept for all folds."""
        most, tested = self._most(given.task), [len(test) for _, test in folds]
        if len(given.y) < TOGETHER:
            courses = _courses_together(given, folds, self.chosen, most)
        else:
            courses = each_fold(
                lambda fold: _course(given.take(fold[0]), given.take(fold[1]), self.chosen, most), folds
            )
        rounds = _best_round([curve for _, curve in courses], tested)
        parts = [
            model.margin(given.x[test], rounds) for (model, _), (_, test) in zip(courses, folds, strict=True)
        ]
        gains = sum(model.booster.feature_importance("gain") for model, _ in courses)
        candidate = replace(self, chosen=replace(self.chosen, rounds=rounds))
        return Rehearsal(candidate, link_of(given.task), gather(parts, given, folds), np.asarray(gains))

    def pruned(self, leaves: int, of: int, task: Task) -> Sequence[Boosting]:
        """Propose the first of its trees, and as few that learn faster, of its size, smaller or larger.

        Args:
            leaves: How many leaves all trees together may have.
            of: How many they have.
            task: What is learnt.
        """
        rounds = self.chosen.rounds or self._most(task)
        each = of / (rounds * task.width)
        proposed = [self._first(int(leaves / (each * task.width)), self.chosen.learning_rate, None)]
        for share in (1.0, 0.5, 2.0):
            size = round(min(max(share * self.chosen.leaves, _FEWEST_LEAVES), _MOST_LEAVES_A_TREE))
            most = int(leaves * self.chosen.leaves / (size * each * task.width))
            rate = self.chosen.learning_rate * rounds * self.chosen.leaves / (max(most, 1) * size)
            proposed.append(self._first(most, min(max(rate, self.chosen.learning_rate), _QUICKEST), size))
        return tuple(dict.fromkeys(proposed))

    def _first(self, most: int, rate: float, leaves: int | None) -> Boosting:
        leaves = leaves or self.chosen.leaves
        return Boosting(replace(self.chosen, rounds=None, learning_rate=rate, leaves=leaves), max(most, 1))

    def _most(self, task: Task) -> int:
        most = most_rounds(self.chosen, task)
        return most if self.most is None else min(most, self.most)


def default_settings(rows: int, features: int, task: Task) -> BoostingSettings:
    """Choose where to start: small trees for few rows, some of the features where there are many."""
    columns = share_of_columns(features)
    bins = _FINE_BINS if features <= _FEW_FEATURES else _COARSE_BINS
    rate = least_rate(task)
    if rows < 300:
        least = max(2, min(5, rows // 20))
        return BoostingSettings(max(0.1, rate), 6, least, columns=0.8 * columns, bins=_COARSE_BINS)
    if rows < 3_000:
        return BoostingSettings(max(0.08, rate), 8, 3, columns=0.7 * columns, bins=bins)
    return BoostingSettings(max(0.05, rate), columns=0.8 * columns, bins=bins)


def least_rate(task: Task) -> float:
    """Learn no slower than the trees that each class may have can follow."""
    return 20 * task.width / MOST_TREES


def share_of_columns(features: int) -> float:
    """Limit how many features one tree looks at: a spectrum has thousands, and neighbours tell the same."""
    return min(1.0, _MOST_COLUMNS / features)


def most_rounds(settings: BoostingSettings, task: Task) -> int:
    """Limit the number of trees so that one row stays quick and the bundle small."""
    return max(1, int(min(MOST_TREES, MOST_LEAVES / settings.leaves) / task.width))


def _courses_together(
    given: Setting, folds: Folds, settings: BoostingSettings, most: int
) -> list[tuple[BoostedModel, Floats]]:
    """Train all folds until their mean loss improves no more; return the losses of every round too.

    A fold of six rows that stops by itself stops where chance is kindest to it, and its loss of that moment
    would speak for all the rounds that it never made. The trees that all rows then get would be many more
    than any fold was measured with: sure of what they do not know.
    """
    parameters = _parameters(given.task, settings, given.seed)
    pairs = [(given.take(inside), given.take(outside)) for inside, outside in folds]
    boosters, curves = [], np.empty((most, len(pairs)))
    for inside, outside in pairs:
        train, other = _datasets(inside, outside, settings, parameters)
        boosters.append(lgb.Booster(parameters, train).add_valid(other, "held out"))
    tested = [len(outside.y) for _, outside in pairs]
    best, best_at, made = np.inf, 0, 0
    for made in range(1, most + 1):
        for place, booster in enumerate(boosters):
            booster.update()
            curves[made - 1, place] = booster.eval_valid()[0][2]
        mean = float(np.average(curves[made - 1], weights=tested))
        if mean < best:
            best, best_at = mean, made
        elif made - best_at >= _patience(settings):
            break
    return [
        (_model(booster, given.task, _weights(inside, settings)), curves[:made, place])
        for place, (booster, (inside, _)) in enumerate(zip(boosters, pairs, strict=True))
    ]


def _datasets(
    given: Setting, held_out: Setting, settings: BoostingSettings, parameters: Mapping[str, object]
) -> tuple[lgb.Dataset, lgb.Dataset]:
    """Give both parts to LightGBM, weighed as the part that is learnt from."""
    weights = _weights(given, settings)
    train = lgb.Dataset(given.x, given.y, weight=_of_rows(weights, given), params=parameters)
    other = _of_rows(weights, held_out)
    return train, train.create_valid(held_out.x, held_out.y, weight=other, params=dict(parameters))


def _course(
    given: Setting, held_out: Setting, settings: BoostingSettings, most: int
) -> tuple[BoostedModel, Floats]:
    """Train until the held-out rows improve no more; return the losses of every round too."""
    parameters, weights = _parameters(given.task, settings, given.seed), _weights(given, settings)
    train, other = _datasets(given, held_out, settings, parameters)
    course: dict[str, dict[str, list[float]]] = {}
    booster = lgb.train(
        parameters,
        train,
        most,
        valid_sets=[other],
        valid_names=["held out"],
        callbacks=[lgb.early_stopping(_patience(settings), verbose=False), lgb.record_evaluation(course)],
    )
    (curve,) = course["held out"].values()
    return _model(booster, given.task, weights), np.array(curve)


def _patience(settings: BoostingSettings) -> int:
    """Wait as many rounds as add up to twice a whole tree."""
    return max(15, round(2.0 / settings.learning_rate))


def _best_round(curves: Sequence[Floats], rows: Sequence[int]) -> int:
    """Find the round of the lowest mean loss; a fold that stopped earlier keeps its last loss."""
    longest = max(len(curve) for curve in curves)
    level = [np.concatenate([c, np.full(longest - len(c), c[-1])]) for c in curves]
    return int(np.argmin(np.average(level, axis=0, weights=rows))) + 1


def _model(booster: Any, task: Task, weights: Floats | None) -> BoostedModel:
    """Wrap trees as a model; class weights are taken back by constants on the margins."""
    shift: tuple[float, ...] = ()
    if weights is not None:
        logs = -np.log(weights)
        shift = (float(logs[1] - logs[0]),) if task.is_binary else tuple(logs.tolist())
    return BoostedModel(booster, task.width, link_of(task), shift)


def _weights(given: Setting, settings: BoostingSettings) -> Floats | None:
    """Weigh classes by ``(rows / (classes * rows of the class)) ** balance``; None when all weigh one."""
    if given.task.is_regression or settings.balance == 0:
        return None
    counts = np.bincount(given.y.astype(np.int64), minlength=given.task.classes).astype(np.float64)
    return np.asarray((len(given.y) / (given.task.classes * np.maximum(counts, 1.0))) ** settings.balance)


def _of_rows(weights: Floats | None, given: Setting) -> Floats | None:
    if weights is None:
        return None if given.weight == 1.0 else np.full(len(given.y), given.weight)
    return np.asarray(given.weight * weights[given.y.astype(np.int64)])


def _parameters(task: Task, settings: BoostingSettings, seed: int) -> Mapping[str, object]:
    objective: dict[str, object] = {"objective": "regression", "metric": "l2"}
    if task.is_binary:
        objective = {"objective": "binary", "metric": "binary_logloss"}
    elif not task.is_regression:
        objective = {"objective": "multiclass", "num_class": task.classes, "metric": "multi_logloss"}
    return {
        **objective,
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.least_rows,
        "min_sum_hessian_in_leaf": 1e-3,
        "feature_fraction": settings.columns,
        "bagging_fraction": settings.rows,
        "bagging_freq": 1,
        "lambda_l2": settings.l2,
        "max_bin": settings.bins,
        "min_data_in_bin": 1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
