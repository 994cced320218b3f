"""Ask whether rows without a label help a model of sixty labelled ones, by the rule that everything goes by.

Many draws of 60 labelled rows; all other rows are unlabelled history, and the truth is the loss on them.
Four kinds of help, each learnt from all rows without their targets, against the same model without it:

  scale    standardised by the mean and spread of all rows
  scores   the first three principal components of all rows as more features
  groups   distances to eight centres of all rows (k-means) as more features
  self     self-training: the model's own answers on the unlabelled rows that it is sure of (chance above
           0.95; of a number: all) as labels, together with the weight of the labelled rows

Models are a logistic or ridge regression and small boosted trees. AI4I (15 of 60 are failures), wheat seeds
(three kinds), red wine (quality of 6 and more; and the number itself). "Kept" is what the rule says: the
loss of five folds of the 60 rows falls by more than the standard error of the difference.

    python benchmarks/training/small_unlabelled.py [--draws 30] [--rows 60]
"""

from __future__ import annotations

import argparse
import warnings

import lightgbm as lgb
import numpy as np
import polars as pl
from ai4i import DATA
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from andamio.training.task import Task, gain

HELPS = ("scale", "scores", "groups", "self")
MOST_UNLABELLED = 1500


def tables():
    """Yield the name, inputs, target and number of classes (0: a number) of each table."""
    ai4i = pl.read_csv(DATA / "ai4i2020/ai4i2020.csv")
    tags = [n for n in ai4i.columns if n.split(" ")[0] in ("Air", "Process", "Rotational", "Torque", "Tool")]
    yield "AI4I", ai4i[tags].to_numpy(), ai4i["Machine failure"].to_numpy(), 2
    seeds = _numbers("seeds/wheat-seeds.csv")
    yield "seeds", seeds[:, :-1], (seeds[:, -1] - seeds[:, -1].min()).astype(int), 3
    wine = _numbers("wine_quality/winequality-red.csv")
    yield "wine, good or not", wine[:, :-1], (wine[:, -1] >= 6).astype(int), 2
    yield "wine, number", wine[:, :-1], wine[:, -1], 0


def _numbers(file: str) -> np.ndarray:
    table = pl.read_csv(DATA / file, has_header=False, infer_schema_length=None)
    return table.select(pl.all().cast(pl.Float64, strict=False)).drop_nulls().to_numpy()


class Model:
    """A linear model or small boosted trees, with or without help from unlabelled rows."""

    def __init__(self, kind: str, task: Task, unlabelled, helped: str | None) -> None:
        self.kind, self.task, self.unlabelled, self.helped = kind, task, unlabelled, helped

    def fit(self, x, y) -> Model:
        all_rows = np.concatenate([x, self.unlabelled])
        base = all_rows if self.helped == "scale" else x
        self.mean, self.spread = base.mean(axis=0), base.std(axis=0) + 1e-9
        if self.helped in ("scores", "groups"):
            m, s = all_rows.mean(axis=0), all_rows.std(axis=0) + 1e-9
            make = PCA(3) if self.helped == "scores" else KMeans(8, n_init=1, random_state=0)
            make.fit((all_rows - m) / s)
            self.more = lambda rows: make.transform((rows - m) / s)
        self.inner = self._learn(self._inputs(x), y, None)
        if self.helped == "self":
            answers = self.inner(self._inputs(self.unlabelled))
            if self.task.is_regression:
                rows, told = np.arange(len(answers)), answers[:, 0]
            else:
                rows, told = np.flatnonzero(answers.max(axis=1) > 0.95), answers.argmax(axis=1)
            if len(rows):
                weight = np.concatenate([np.ones(len(x)), np.full(len(rows), len(x) / len(rows))])
                joined = np.concatenate([x, self.unlabelled[rows]])
                self.inner = self._learn(self._inputs(joined), np.concatenate([y, told[rows]]), weight)
        return self

    def _inputs(self, x):
        made = (x - self.mean) / self.spread
        return np.column_stack([made, self.more(x)]) if self.helped in ("scores", "groups") else made

    def _learn(self, z, y, weight):
        if self.kind == "linear" and self.task.is_regression:
            model = Ridge(alpha=1.0).fit(z, y, weight)
            return lambda rows: model.predict(rows)[:, None]
        if self.kind == "linear":
            model = LogisticRegression(max_iter=200).fit(z, y, weight)
            return model.predict_proba
        classes = self.task.classes
        objective = "regression" if not classes else "binary" if classes == 2 else "multiclass"
        settings = {"objective": objective, "num_leaves": 6, "min_data_in_leaf": 3, "learning_rate": 0.1}
        settings |= {"verbosity": -1, "num_threads": 1, "deterministic": True}
        settings |= {"num_class": classes} if classes > 2 else {}
        booster = lgb.train(settings, lgb.Dataset(z, y, weight=weight), 40)

        def answers(rows):
            told = np.asarray(booster.predict(rows))
            if classes == 2:
                return np.column_stack([1 - told, told])
            return told if classes else told[:, None]

        return answers

    def losses(self, x, y):
        answers = self.inner(self._inputs(x))
        return self.task.losses(answers[:, 1:] if self.task.is_binary else answers, y)


def draw(y, task: Task, rows: int, name: str, rng) -> np.ndarray:
    """Draw the labelled rows: of AI4I a quarter are failures, else by chance, each class five times."""
    if name == "AI4I":
        events, others = (rng.permutation(np.flatnonzero(y == k)) for k in (1, 0))
        return np.concatenate([events[: rows // 4], others[: rows - rows // 4]])
    while True:
        drawn = rng.permutation(len(y))[:rows]
        if task.is_regression or np.bincount(y[drawn], minlength=task.classes).min() >= 5:
            return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--rows", type=int, default=60)
    options = parser.parse_args()
    for name, x, y, classes in tables():
        task = Task(classes)
        told: dict[tuple[str, str], list[tuple[bool, float]]] = {}
        for seed in range(options.draws):
            rng = np.random.default_rng(seed)
            drawn = draw(y, task, options.rows, name, rng)
            rest = np.setdiff1d(np.arange(len(y)), drawn)
            unlabelled = x[rng.permutation(rest)[:MOST_UNLABELLED]]
            if name == "AI4I":  # the truth on a mix as that of the labels
                events = rest[y[rest] == 1]
                rest = np.concatenate([events, rng.permutation(rest[y[rest] == 0])[: 3 * len(events)]])
            deal = (KFold if task.is_regression else StratifiedKFold)(5, shuffle=True, random_state=seed)
            pairs = [(drawn[a], drawn[b]) for a, b in deal.split(drawn, y[drawn])]
            for kind in ("linear", "boosting"):
                found = {}
                for one in (None, *HELPS):
                    if kind == "boosting" and one == "scale":
                        continue
                    inside = [
                        Model(kind, task, unlabelled, one).fit(x[a], y[a]).losses(x[b], y[b])
                        for a, b in pairs
                    ]
                    model = Model(kind, task, unlabelled, one).fit(x[drawn], y[drawn])
                    found[one] = np.concatenate(inside), float(model.losses(x[rest], y[rest]).mean())
                for one in found.keys() - {None}:
                    less, noise = gain(found[None][0], found[one][0])
                    change = found[one][1] / found[None][1] - 1
                    told.setdefault((kind, one), []).append((less > noise, change))
        for (kind, one), all_draws in sorted(told.items()):
            kept = [change for used, change in all_draws if used]
            change = np.array([c for _, c in all_draws])
            rule = np.array([c if used else 0.0 for used, c in all_draws])
            always, ruled = _percent(change), _percent(rule)
            there = f"{100 * np.mean(kept):+.1f} %" if kept else "-"
            print(
                f"{name:18s} {kind:8s} {one:7s} loss, always {always};"
                f" kept in {len(kept)} of {len(change)}, there {there}; by the rule {ruled}",
                flush=True,
            )


def _percent(change: np.ndarray) -> str:
    return f"{100 * change.mean():+.1f} ± {100 * change.std(ddof=1) / np.sqrt(len(change)):.1f} %"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with threadpool_limits(limits=1):
        main()
