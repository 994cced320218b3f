"""Ask whether what is claimed of 60 labelled rows is true: AI4I 2020, many draws of 60 rows.

Two ways of drawing. "random": 60 of the 10,000 rows, about two of them failures, as a plant that labels
what comes. "picked": 15 failures and 45 others, as a plant that labels what failed; the truth is then
measured on rows of the same mix (every failure left, three times as many others). Of each draw a model is
trained as `andamio train` does, within an exact number of trials; the truth is what this very model gives
on all rows that were not drawn.

Printed: how often the 95 % interval of each metric holds the truth, and how wide it is; how often the model
is said to beat the dummy, and how often it does; and, with --more, the learning curve's forecast for 200 more
rows against the mean truth of models trained on as many.

With --quick every model is a plain logistic regression on the five numbers, which takes milliseconds:
hundreds of draws then tell the rate at which the intervals hold.

    python benchmarks/training/small_ai4i.py [--draws 40] [--quick] [--steps 2] [--rows 60] [--how picked]
        [--more 0]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import polars as pl
from ai4i import CONTRACT, DATA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from andamio.bundles import Outputs
from andamio.contracts import parse_contract
from andamio.contracts.rows import Rows
from andamio.errors import Text
from andamio.training.evaluation import evaluate
from andamio.training.judging import main_metric, measure
from andamio.training.learnt import Learn, Learnt, learn
from andamio.training.repeating import Repetition, kinds_to_repeat, repeat, too_few
from andamio.training.splits import holdout
from andamio.training.table import Problem, read_problem

SHOWN = ("recall", "precision", "f1", "false_alarm_rate", "accuracy", "roc_auc", "average_precision", "brier")


def draw(problem: Problem, how: str, rows: int, seed: int) -> tuple[Problem, Problem]:
    """Draw the labelled rows, and the rows that the truth is measured on."""
    rng = np.random.default_rng(seed)
    if how == "random":
        order = rng.permutation(len(problem))
        return problem.take(np.sort(order[:rows])), problem.take(np.sort(order[rows:]))
    events = rng.permutation(np.flatnonzero(problem.target == problem.positive))
    others = rng.permutation(np.flatnonzero(problem.target != problem.positive))
    k = rows // 4
    left = len(events) - k
    drawn = np.concatenate([events[:k], others[: rows - k]])
    rest = np.concatenate([events[k:], others[rows - k : rows - k + 3 * left]])
    return problem.take(np.sort(drawn)), problem.take(np.sort(rest))


def train(drawn: Problem, steps: int, seed: int, learn: Learn):
    """Train and judge as `andamio train` does."""
    split = holdout(drawn, 0.2, seed)
    inside = drawn.take(split.train)
    learnt = learn(inside, excluded=frozenset(), budget_s=0, trials=4, seed=seed, progress=_quiet)
    repeated = None
    if too_few(drawn) and steps:
        repetition = Repetition(
            learn=learn, excluded=frozenset(), kinds=kinds_to_repeat(learnt, len(drawn)), seed=seed
        )
        repeated = repeat(drawn, repetition, _quiet, budget_s=0, steps=steps)
    if steps == 0:
        return learnt, None
    evaluation = evaluate(
        inside,
        drawn.take(split.test),
        learnt.native,
        {},
        {"passed": True},
        seed,
        repeated=None if repeated is None else (drawn, repeated),
    )
    return learnt, evaluation


def _quiet(_step: object) -> None:
    """Say nothing."""


def quick(problem: Problem, **_unused: object) -> Learnt:
    """Fit a plain logistic regression, decided at one half."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(problem.rows.numbers, problem.target)
    share = float(np.mean(problem.target == problem.positive))

    def native(rows: Rows) -> Outputs:
        return _answers(model.predict_proba(rows.numbers)[:, 1])

    def dummy(rows: Rows) -> Outputs:
        return _answers(np.full(len(rows), share))

    return Learnt(
        name="linear",
        title=Text("linear model"),
        graph=b"",
        info=None,
        native=native,
        native_features=None,
        simpler={"dummy": dummy},
    )


def _answers(chance: np.ndarray) -> Outputs:
    both = np.column_stack([1 - chance, chance]).astype(np.float32)
    return Outputs(probabilities=both, decision=(chance >= 0.5).astype(np.int64))


def main() -> None:  # noqa: C901  a protocol reads best from top to bottom
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--first", type=int, default=0, help="the first draw's seed")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--how", choices=("random", "picked"), default="picked")
    parser.add_argument("--quick", action="store_true", help="plain logistic regressions")
    parser.add_argument(
        "--more", type=int, default=0, help="models trained on 200 more rows, to check the curve"
    )
    options = parser.parse_args()
    contract = parse_contract(CONTRACT, name="machines", file="-")
    problem = read_problem(contract, pl.read_csv(DATA / "ai4i2020/ai4i2020.csv"))
    inside: dict[str, list[bool]] = {name: [] for name in SHOWN}
    width: dict[str, list[float]] = {name: [] for name in SHOWN}
    silent, forecasts, busy, supported = 0, [], [], []
    for seed in range(options.first, options.first + options.draws):
        begun = time.process_time()
        drawn, rest = draw(problem, options.how, options.rows, seed)
        if len(np.unique(drawn.target)) < 2:
            silent += 1
            continue
        learnt, evaluation = train(drawn, options.steps, seed, quick if options.quick else learn)
        busy.append(time.process_time() - begun)
        if evaluation.claims is None:
            silent += 1
        else:
            dummy = measure(rest, learnt.simpler["dummy"](rest.rows))
        truth = measure(rest, learnt.native(rest.rows))
        for name in SHOWN:
            one = evaluation.metrics[name]
            low, high = (0.0 if np.isnan(one.low) else one.low), (1.0 if np.isnan(one.high) else one.high)
            if np.isfinite(truth[name]):
                inside[name].append(low <= truth[name] <= high)
                width[name].append(high - low)
        if evaluation.claims is not None:
            supported.append((evaluation.claims.supported, truth["f1"] > (dummy["f1"] or 0)))
            if evaluation.claims.curve is not None:
                forecasts.append(evaluation.claims.curve.more)
        f1 = evaluation.metrics["f1"]
        print(
            f"draw {seed}  {learnt.name}  F1 {f1.value:.3f} ({f1.low:.3f} to {f1.high:.3f}), truth"
            f" {truth['f1']:.3f}  recall {evaluation.metrics['recall'].value:.2f}/{truth['recall']:.2f}"
            f"  {busy[-1]:.1f} s busy",
            flush=True,
        )
    for name in SHOWN:
        if inside[name]:
            print(
                f"{name:18s} holds the truth in {np.mean(inside[name]):.3f} of {len(inside[name])} draws,"
                f" mean width {np.mean(width[name]):.3f}"
            )
    print(f"nothing claimed in {silent} draws; said to beat the dummy in {sum(bool(a) for a, _ in supported)}"
          f" of {len(supported)}, beats it in {sum(bool(b) for _, b in supported)}")  # fmt: skip
    if options.more:
        _check_curve(problem, options, forecasts)
    print(f"{np.mean(busy):.1f} s busy a draw")


def _check_curve(problem: Problem, options: argparse.Namespace, forecasts: list) -> None:
    """Compare the forecast for 200 more rows with models that were trained on so many."""
    rows = options.rows + 200
    truths = []
    for seed in range(1000, 1000 + options.more):
        drawn, rest = draw(problem, options.how, rows, seed)
        learnt, _ = train(drawn, 0, seed, quick if options.quick else learn)
        truths.append(measure(rest, learnt.native(rest.rows))[main_metric(drawn)[0]])
    truth = float(np.mean(truths))
    said = [next(p for p in more if p.rows == rows) for more in forecasts]
    inside = np.mean([p.low <= truth <= p.high for p in said])
    print(
        f"{rows} rows: F1 {truth:.3f} (mean of {len(truths)} models), forecast"
        f" {np.mean([p.value for p in said]):.3f} on average, its interval holds the truth in"
        f" {inside:.3f} of {len(said)} draws,"
        f" mean width {np.mean([p.high - p.low for p in said]):.3f}"
    )


if __name__ == "__main__":
    main()
