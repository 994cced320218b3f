"""What a textbook gives: T² and SPE of a principal component model, and Kolmogorov–Smirnov a tag.

T² and SPE: 90 % of the variance, 99 % limits (F distribution; Jackson and Mudholkar), every row.
KS: every window against the whole reference, 5 % divided by the number of tags; chi-square for codes.
"""

from __future__ import annotations

import numpy as np
from exchange import Answer, Job, filled, main
from scipy import stats


def hotelling(job: Job) -> Answer:
    """Score every row by T² and SPE over their limits."""
    reference = filled(job.reference)
    mean, spread = reference.mean(axis=0), reference.std(axis=0, ddof=1)
    spread[spread == 0.0] = 1.0
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov((reference - mean) / spread, rowvar=False)))
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = int(np.searchsorted(np.cumsum(values) / values.sum(), 0.90) + 1)
    n = len(reference)
    t2_limit = kept * (n * n - 1.0) / (n * (n - kept)) * stats.f.ppf(0.99, kept, n - kept)
    spe_limit = _spe_limit(values[kept:])
    score = []
    for run in job.runs:
        rows = (filled(run) - mean) / spread
        parts = rows @ vectors[:, :kept]
        t2 = np.sum(parts**2 / values[:kept], axis=1)
        spe = np.sum(rows**2, axis=1) - np.sum(parts**2, axis=1)
        score.append(np.maximum(t2 / t2_limit, spe / spe_limit))
    found = np.concatenate(score)
    return Answer(found, found > 1.0, 1)


def _spe_limit(left: np.ndarray) -> float:
    """Return the 99 % limit of Jackson and Mudholkar, Technometrics (1979)."""
    sums = [np.sum(left**power) for power in (1, 2, 3)]
    if sums[0] <= 0.0:
        return np.inf
    h = 1.0 - 2.0 * sums[0] * sums[2] / (3.0 * sums[1] ** 2)
    z = stats.norm.ppf(0.99)
    inner = z * np.sqrt(2.0 * sums[1] * h * h) / sums[0] + 1.0 + sums[1] * h * (h - 1.0) / sums[0] ** 2
    return float(sums[0] * inner ** (1.0 / h))


def kolmogorov(job: Job) -> Answer:
    """Score every window by its smallest p-value."""
    tags = job.reference.shape[1]
    known = [np.sort(column[~np.isnan(column)]) for column in job.reference.T]
    score = []
    for window in job.windows():
        p_values = [_p_value(known[tag], window[:, tag], tag in job.categories) for tag in range(tags)]
        score.append(-np.log10(max(min(p_values), 1e-300)))
    found = np.array(score)
    return Answer(found, found > -np.log10(0.05 / tags), job.window)


def _p_value(reference: np.ndarray, current: np.ndarray, codes: bool) -> float:
    current = np.sort(current[~np.isnan(current)])
    if current.size == 0:
        return 0.0
    if codes:
        levels = np.unique(np.concatenate([reference, current]))
        counts = [[np.sum(part == level) for level in levels] for part in (reference, current)]
        return float(stats.chi2_contingency(np.array(counts)).pvalue) if levels.size > 1 else 1.0
    return two_sample(reference, current)


def two_sample(reference: np.ndarray, current: np.ndarray) -> float:
    """Return what ``scipy.stats.ks_2samp(..., method="asymp")`` does, of samples that are sorted already."""
    n, m = reference.size, current.size
    gap = 0.0
    for side in ("left", "right"):  # between two values of the one sample the other only climbs
        shares = [np.searchsorted(sample, current, side) / sample.size for sample in (reference, current)]
        gap = max(gap, float(np.abs(shares[0] - shares[1]).max()))
    return float(stats.kstwo.sf(gap, np.round(n * m / (n + m))))


def judge(job: Job) -> dict[str, Answer]:
    """Judge one stream both ways."""
    return {"T² + SPE": hotelling(job), "KS, Bonferroni": kolmogorov(job)}


if __name__ == "__main__":
    main(judge, "scipy", "numpy")
