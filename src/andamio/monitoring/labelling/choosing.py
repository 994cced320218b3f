"""Choose rows to label: half at random, half where a label tells most, and remember each row's chance.

The random half keeps every later estimate honest. The other half goes to rows about which the model is unsure
and to rows that are unlike the training data, by a draw in proportion (systematic, so that each row's chance
is known and not only estimated).

Source: Horvitz & Thompson, JASA 47 (1952); Madow, Annals of Mathematical Statistics 20 (1949), for the draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo
from andamio.monitoring.labelling.candidates import Candidate, Candidates
from andamio.statistics.profile import Profile

Why = Literal["random", "unsure", "rare"]
# Every row keeps some chance in the second half, or its weight would know no bound.
_LEAST = 0.1
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row to label: why it, and how many rows of the whole it stands for."""

    row: Candidate
    why: Why
    weight: float


def choose_rows(
    candidates: Candidates, rows: int, info: GraphInfo, profile: Profile | None, *, seed: int
) -> list[Chosen]:
    """Choose up to so many rows; a row that both halves draw counts as drawn at random.

    Args:
        candidates: Rows whose truth is unknown.
        rows: How many are wanted.
        info: Classes and threshold of the graph.
        profile: What was usual in training; without it no row is rare.
        seed: Of the draws; the same seed and rows give the same choice.

    Returns:
        The rows in the order of the journal, each with the inverse of its chance.
    """
    known = candidates.rows
    count = min(rows, len(known))
    if not count:
        return []
    random = np.random.default_rng(seed)
    first = count - count // 2
    at_random = np.zeros(len(known), bool)
    at_random[random.permutation(len(known))[:first]] = True
    unsure, rare = _ranks(_unsureness(known, info)), _ranks(_rarity(known, profile))
    chance = _chances(_LEAST + np.maximum(unsure, rare) ** 4, count // 2)
    told = _systematic(chance, random)
    either = 1 - (1 - first / len(known)) * (1 - chance)
    weight = 1 / (either * candidates.chance)
    why = np.where(at_random, "random", np.where(unsure >= rare, "unsure", "rare")).tolist()
    return [Chosen(known[i], why[i], float(weight[i])) for i in np.flatnonzero(at_random | told).tolist()]


def _unsureness(rows: Sequence[Candidate], info: GraphInfo) -> Floats:
    """Return how unsure each answer is: near the threshold or limit, two classes alike, a wide interval."""
    if all(row.probabilities is None and row.lower is None for row in rows):
        return np.array([_near_limit(row.value) for row in rows])
    if not info.classes:
        return np.array([0.0 if r.lower is None or r.upper is None else r.upper - r.lower for r in rows])
    return np.array([_doubt(row.probabilities, info) for row in rows])


def _near_limit(score: float | None) -> float:
    """Return how near the score of an anomaly is to its limit, 1: up to 1, alike to both sides."""
    if score is None or not score > 0:
        return 0.0
    return float(min(score, 1 / score))


def _doubt(probabilities: NDArray[np.float32] | None, info: GraphInfo) -> float:
    if probabilities is None:
        return 0.0
    if info.positive is not None and info.threshold is not None:
        risk, threshold = float(probabilities[info.positive]), float(info.threshold)
        return 1 - abs(risk - threshold) / max(threshold, 1 - threshold)
    high = np.sort(probabilities)[-2:]
    return 1 - float(high[-1] - high[0])


def _rarity(rows: Sequence[Candidate], profile: Profile | None) -> Floats:
    """Return how far the most unusual tag of each row lies from the middle of training, 0 to 1."""
    if profile is None or not profile.quantiles.size:
        return np.zeros(len(rows))
    table = np.stack([row.numbers for row in rows]).astype(np.float64)
    if table.shape[1] != len(profile.quantiles):
        return np.zeros(len(rows))
    pairs = zip(table.T, profile.quantiles, strict=True)
    places = np.stack([np.searchsorted(known, column) / len(known) for column, known in pairs])
    far = np.where(np.isnan(table.T), 0.0, np.abs(2 * places - 1))
    return np.asarray(np.max(far, axis=0) + 1e-3 * far.mean(axis=0))


def _ranks(values: Floats) -> Floats:
    """Return ranks from 0 to 1; where all are equal nothing stands out."""
    if values.size < 2 or np.ptp(values) == 0:
        return np.zeros(len(values))
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts + 1) / 2)[place] / (len(values) - 1))


def _chances(sizes: Floats, rows: int) -> Floats:
    """Return chances in proportion to sizes that add up to ``rows``; none is above 1."""
    chance = np.zeros(len(sizes))
    sure = np.zeros(len(sizes), bool)
    for _ in range(len(sizes) + 1):
        rest = rows - int(sure.sum())
        chance = np.where(sure, 1.0, rest * sizes / max(float(sizes[~sure].sum()), 1e-300))
        over = ~sure & (chance >= 1)
        if not over.any():
            break
        sure |= over
    return np.clip(chance, 0.0, 1.0)


def _systematic(chance: Floats, random: np.random.Generator) -> NDArray[np.bool_]:
    """Draw so that each row is in with exactly its chance: equal steps along their sum, in a random order."""
    order = random.permutation(len(chance))
    ends = np.cumsum(chance[order]) + random.random()
    drawn = np.zeros(len(chance), bool)
    drawn[order] = np.floor(ends) > np.floor(ends - chance[order])
    return drawn
