"""NannyML: univariate drift by Jensen–Shannon, and reconstruction error of a principal component model.

Chunks of one window, limits of three standard deviations of the reference's own chunks, as shipped. Telemetry
is off (``opponents.QUIET``).
"""

from __future__ import annotations

import nannyml
import numpy as np
import pandas as pd
from exchange import Answer, Job, filled, main


def judge(job: Job) -> dict[str, Answer]:
    """Judge one stream both ways."""
    names = [f"tag{at}" for at in range(job.reference.shape[1])]
    codes = [names[at] for at in job.categories]
    reference, current = (
        table(job.reference, names, codes),
        table(np.concatenate(job.windows()), names, codes),
    )
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=names, treat_as_categorical=codes, chunk_size=job.window
    )
    calculator.fit(reference)
    single = calculator.calculate(current).to_df()
    before = calculator.result.to_df()
    chunk = single["chunk"]["chunk"]["period"] == "analysis"
    strength, alarm = [], []
    for name in names:
        method = "jensen_shannon"
        known = before[name][method]["value"].to_numpy(float)
        value = single[name][method]["value"].to_numpy(float)[chunk]
        known = known[: len(job.reference) // job.window]
        strength.append((value - known.mean()) / max(known.std(), 1e-12))
        alarm.append(single[name][method]["alert"].to_numpy(bool)[chunk])
    found = {
        "NannyML, univariate": Answer(np.max(strength, axis=0), np.any(alarm, axis=0), job.window),
    }
    return found | multivariate(job)


def multivariate(job: Job) -> dict[str, Answer]:
    """Judge the numbers together."""
    names = [f"tag{at}" for at in job.numbers()]
    if len(names) < 2:
        return {}
    reference = table(filled(job.reference)[:, job.numbers()], names, [])
    windows = np.concatenate([filled(window) for window in job.windows()])[:, job.numbers()]
    calculator = nannyml.DataReconstructionDriftCalculator(column_names=names, chunk_size=job.window)
    calculator.fit(reference)
    result = calculator.calculate(table(windows, names, [])).filter(period="analysis").to_df()
    part = result["reconstruction_error"]
    middle = (part["upper_threshold"] + part["lower_threshold"]) / 2.0
    reach = (part["upper_threshold"] - part["lower_threshold"]) / 2.0
    score = ((part["value"] - middle).abs() / reach).to_numpy(float)
    return {"NannyML, reconstruction": Answer(score, part["alert"].to_numpy(bool), job.window)}


def table(rows: np.ndarray, names: list[str], codes: list[str]) -> pd.DataFrame:
    """Return the rows as NannyML wants them."""
    found = pd.DataFrame(rows, columns=names)
    for code in codes:
        found[code] = found[code].map(lambda value: f"level {value:.0f}")
    return found


if __name__ == "__main__":
    main(judge, "nannyml", "pandas", "numpy")
