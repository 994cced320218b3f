"""alibi-detect: Kolmogorov–Smirnov with Bonferroni, and MMD by permutation, a window against the reference.

Both at their default 5 %. MMD compares all pairs of rows, a hundred times over, so it is given 250 rows
spread over the reference and about 120 spread over the window.
"""

from __future__ import annotations

import numpy as np
import torch
from alibi_detect.cd import KSDrift, MMDDrift
from exchange import Answer, Job, filled, main

torch.set_num_threads(1)


def judge(job: Job) -> dict[str, Answer]:
    """Judge one stream both ways."""
    reference = filled(job.reference).astype(np.float32)
    spread = reference.std(axis=0)
    spread[spread == 0.0] = 1.0
    mean = reference.mean(axis=0)
    reference = (reference - mean) / spread
    every = max(1, len(reference) // 250)
    ks = KSDrift(reference)
    np.random.seed(1)
    torch.manual_seed(1)
    mmd = MMDDrift(reference[::every][:250], backend="pytorch", device="cpu")
    score, alarm = {"ks": [], "mmd": []}, {"ks": [], "mmd": []}
    for window in job.windows():
        rows = ((filled(window) - mean) / spread).astype(np.float32)
        said = ks.predict(rows)["data"]
        score["ks"].append(-np.log10(max(float(np.min(said["p_val"])), 1e-300)))
        alarm["ks"].append(bool(said["is_drift"]))
        said = mmd.predict(rows[:: max(1, len(rows) // 120)])["data"]
        score["mmd"].append(float(said["distance"]))
        alarm["mmd"].append(bool(said["is_drift"]))
    return {
        "alibi-detect, KS": Answer(np.array(score["ks"]), np.array(alarm["ks"]), job.window),
        "alibi-detect, MMD": Answer(np.array(score["mmd"]), np.array(alarm["mmd"]), job.window),
    }


if __name__ == "__main__":
    main(judge, "alibi-detect", "torch", "numpy")
