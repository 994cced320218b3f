"""Evidently's default tests of data drift, a window against the whole reference.

The preset draws a picture of every column, which takes seconds a window, so the tests that it chooses are
called by themselves; the first window of the first stream is also given to the preset, and the figures must
be the same. Telemetry is off (``opponents.QUIET``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.legacy.calculations.stattests import get_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset
from exchange import Answer, Job, main

Column = tuple[float, bool, float]
checked: list[bool] = []


def judge(job: Job) -> dict[str, Answer]:
    """Judge one stream: any column drifted, and the preset's own verdict, half of the columns drifted."""
    names = [f"tag{at}" for at in range(job.reference.shape[1])]
    kinds = [
        ColumnType.Categorical if at in job.categories else ColumnType.Numerical for at in range(len(names))
    ]
    reference = pd.DataFrame(job.reference, columns=names)
    any_score, half_score, any_alarm, half_alarm = [], [], [], []
    for window in job.windows():
        current = pd.DataFrame(window, columns=names)
        found = [column(reference[n], current[n], kind) for n, kind in zip(names, kinds, strict=True)]
        if not checked:
            agree(found, reference, current, job)
            checked.append(True)
        strength = np.sort([how for how, _, _ in found])[::-1]
        drifted = np.array([drift for _, drift, _ in found])
        any_score.append(strength[0])
        half_score.append(strength[(len(names) + 1) // 2 - 1])
        any_alarm.append(bool(drifted.any()))
        half_alarm.append(bool(drifted.mean() >= 0.5))
    return {
        "Evidently, any column": Answer(np.array(any_score), np.array(any_alarm), job.window),
        "Evidently, half the columns": Answer(np.array(half_score), np.array(half_alarm), job.window),
    }


def column(reference: pd.Series, current: pd.Series, kind: ColumnType) -> Column:
    """Return how strong a column's drift is (1 at the default limit), the verdict, the preset's figure."""
    reference, current = reference.dropna(), current.dropna()
    if current.empty:
        return np.inf, True, np.nan
    found = get_stattest(reference, current, kind, None)(reference, current, kind, None)
    limit, score = found.actual_threshold, found.drift_score
    if found.drifted == (score < limit):  # a p-value
        return float(np.log(max(score, 1e-300)) / np.log(limit)), bool(found.drifted), float(score)
    return float(score / limit), bool(found.drifted), float(score)


def agree(
    found: list[tuple[float, bool, float]], reference: pd.DataFrame, current: pd.DataFrame, job: Job
) -> None:
    """Raise unless the preset says the same."""
    names = list(reference.columns)
    definition = DataDefinition(
        numerical_columns=[names[at] for at in job.numbers()],
        categorical_columns=[names[at] for at in job.categories],
    )
    both = [Dataset.from_pandas(table, data_definition=definition) for table in (current, reference)]
    metrics = Report([DataDriftPreset()]).run(*both).dict()["metrics"]
    theirs = {m["config"]["column"]: float(m["value"]) for m in metrics if "column" in m["config"]}
    for name, (_, _, score) in zip(names, found, strict=True):
        if not np.isclose(theirs[name], score):
            raise SystemExit(f"the preset says {theirs[name]} of {name}, its test {score}")


if __name__ == "__main__":
    main(judge, "evidently", "pandas", "numpy")
