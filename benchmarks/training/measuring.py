"""Fit a number on the training part of splits, ask the test part, and print what came of it.

The linear model and the dummy, and the coverage and width of the intervals, are printed beside the chosen
model.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np

from andamio.training.fitting import fit
from andamio.training.table import Problem

Rows = np.ndarray[tuple[int], np.dtype[np.int64]]


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a - b))))


def measure(
    name: str, problem: Problem, splits: Iterable[tuple[int, Rows, Rows]], budget: float, trials: int | None
) -> None:
    """Measure splits, each a number that is also its seed, the rows to learn and the rows to ask."""
    found: dict[str, list[float]] = {"chosen": [], "linear": [], "dummy": [], "coverage": [], "width": []}
    seconds, busy = [], []
    for seed, train, test in splits:
        begun, cpu = time.perf_counter(), time.process_time()
        fitted = fit(problem.take(train), budget_s=budget, trials=trials, seed=seed)
        seconds.append(time.perf_counter() - begun)
        busy.append(time.process_time() - cpu)
        held_out = problem.take(test)
        answers = fitted.native(held_out.rows)
        found["chosen"].append(rmse(answers.value, held_out.target))
        found["linear"].append(rmse(fitted.simplest(held_out.rows).value, held_out.target))
        found["dummy"].append(rmse(fitted.dummy(held_out.rows).value, held_out.target))
        inside = (answers.lower <= held_out.target) & (held_out.target <= answers.upper)
        found["coverage"].append(float(inside.mean()))
        found["width"].append(float((answers.upper - answers.lower).mean()))
        features = ", ".join(one.feature.name for one in fitted.found) or "-"
        print(
            f"{name} {seed:2d}  RMSE {found['chosen'][-1]:.3f}  {fitted.params['family']}"
            f"  {fitted.trials} trials  {seconds[-1]:.0f} s ({busy[-1]:.0f} s busy)"
            f"  {len(fitted.graph) / 1e6:.1f} MB  found: {features}",
            flush=True,
        )
    for what, values in found.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
        print(f"{name}  {what:9s} {np.mean(values):.4f} ± {error:.4f} (s.e. over {len(values)} splits)")
    print(
        f"{name}  {np.mean(seconds):.0f} s a split, at most {np.max(seconds):.0f} s;"
        f" processor time {np.mean(busy):.0f} s, at most {np.max(busy):.0f} s",
        flush=True,
    )
