"""Search for pairwise features, and keep them only when they pay.

All pairs of the most useful tags are tried at once; the most helpful ones are tried again in ever smaller
sets (recursive elimination, so that what two features share falls to the one that stays). The smallest set
that is as good as the best is kept, if it lowers the out-of-fold loss by more than the noise.

Source of the elimination: Guyon et al., Gene selection for cancer classification (2002).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from andamio.contracts.contract import Contract, Feature
from andamio.errors import text
from andamio.training.candidates import Candidate
from andamio.training.matrix import Matrices
from andamio.training.pairs import numeric_tags, pair_features, telling
from andamio.training.task import gain
from andamio.training.trials import Proposal, Strategy, Trial

MOST_TAGS = 8
SIZES = (16, 8, 5, 3, 2, 1)
MOST_FOUND = 8
# How many standard errors the loss must fall by, for features to be kept.
BEYOND_NOISE = 2.0
LEAST_SHARE = 0.01


def search_features(
    contract: Contract,
    excluded: frozenset[str],
    matrices: Matrices,
    candidate: Candidate,
    quick: Candidate,
    start: Trial,
) -> Strategy:
    """Propose sets of found features and return the set that pays, empty when none does.

    Args:
        contract: Names and units.
        excluded: Tags that must not be used.
        matrices: Computes the features of candidates.
        candidate: The model to try them with.
        quick: A coarser one, to try many at once with.
        start: Its trial without found features.
    """
    names = matrices.graph().names
    tags = _most_useful(numeric_tags(contract, excluded), names, start)
    pool = pair_features(contract, tags)
    if not pool:
        return ()
    pool = telling(pool, matrices.matrix(pool), len(names))
    tried: list[Trial] = []
    for size in (len(pool), *(s for s in SIZES if s < len(pool))):
        pool = _best(pool, size, len(names), tried[-1] if tried else start)
        said = text("looking for features: {n} pairs of tags at once", n=len(pool))
        if len(pool) <= MOST_FOUND:
            said = text("looking for features: {names}", names=", ".join(f.name for f in pool))
        screening = len(pool) > MOST_FOUND
        tried.append((yield Proposal(quick if screening else candidate, pool, said)))
    return _paying(start, [t for t in tried if len(t.found) <= MOST_FOUND])


def _most_useful(tags: Sequence[str], names: Sequence[str], start: Trial) -> list[str]:
    by_gain = sorted(tags, key=lambda tag: -float(start.gains[names.index(tag)]))
    return by_gain[:MOST_TAGS]


def _best(pool: tuple[Feature, ...], size: int, width: int, last: Trial) -> tuple[Feature, ...]:
    """Keep the features that helped most in the last trial, in the order of their help."""
    if size >= len(pool) or not last.found:
        return pool
    gains = last.gains[width:]
    return tuple(pool[place] for place in np.argsort(-gains, kind="stable")[:size].tolist())


def _paying(start: Trial, tried: Sequence[Trial]) -> tuple[Feature, ...]:
    if not tried:
        return ()
    best = min(tried, key=lambda trial: trial.score)
    for trial in reversed(tried):  # the smallest set first
        less, noise = gain(start.losses, trial.losses)
        share = less / max(float(np.nanmean(start.losses)), 1e-30)
        lost, between = gain(trial.losses, best.losses)
        if less > BEYOND_NOISE * noise and share > LEAST_SHARE and (trial is best or lost < between):
            return trial.found
    return ()
