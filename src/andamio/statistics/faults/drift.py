"""Slow drift of one sensor: what the other tags do not explain of its level adds up, block after block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.history import Stretch
from andamio.statistics.faults.peers import PEERS, learn_peers, unexplained

BLOCK = 64
_TAUGHT = 0.5
_FEWEST_BLOCKS = 12  # after those that taught
_EXPLAINED = 0.25  # share of the level's variance that may be left over, on rows that taught nothing
_SLACK = 1.0  # usual block deviations that never add up
_RIDGE = 1e-2  # levels wander apart over a year: many peers a little are steadier than few a lot
_MOST = 50.0  # usual block deviations that one block may add
_SLOW = 3  # blocks that a drift lasts at least before it is named: what jumps is no drift
_STILL = 0.3  # of another's deviation: no deviation
_AHEAD_OF = 1.5  # the blamed tag stands out so much from the others

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def learn_levels(found: list[Stretch], tags: int) -> dict[str, NDArray[np.generic]]:
    """Learn what each tag's level should be by its peers, and how much may stay unexplained.

    The regression learns from the first half of history and is judged on the second; a tag whose relation
    does not hold there, or a history that is too short, has an infinite limit: nothing is said about it.
    """
    smooth = np.vstack([s.smooth for s in found]) if found else np.zeros((0, tags))
    cut = int(_TAUGHT * len(smooth))
    none = {
        "level_peers": np.zeros((tags, PEERS), np.int64),
        "level_weights": np.zeros((tags, PEERS)),
        "level_centre": np.zeros(tags),
        "level_spread": np.ones(tags),
        "level_limit": np.full(tags, np.inf),
    }
    if (len(smooth) - cut) // BLOCK < _FEWEST_BLOCKS or tags < 2:
        return none
    middle = np.median(smooth[:cut], axis=0)
    taught = smooth[: cut : max(1, cut // 4000)] - middle
    peers, weights = learn_peers(taught, worth=0.0, ridge=_RIDGE)
    left = unexplained(smooth, peers, weights)
    centre = np.median(left[:cut], axis=0)
    blocks, levels = _means(left[cut:]), _means(smooth[cut:])
    spread = np.maximum(_means(left[:cut]).std(axis=0), 1e-12)
    explained = (blocks - centre).std(axis=0) < np.sqrt(_EXPLAINED) * levels.std(axis=0)
    explained &= np.abs(blocks.mean(axis=0) - centre) < 2 * spread
    sums, most = np.zeros((2, tags)), np.zeros(tags)
    for block in blocks:
        sums = add_up(sums, (block - centre) / spread)
        most = np.maximum(most, sums.max(axis=0))
    limit = np.where(explained & weights.any(axis=1), np.maximum(2.5 * most + 8.0, 16.0), np.inf)
    return none | {
        "level_peers": peers, "level_weights": weights, "level_centre": centre,
        "level_spread": spread, "level_limit": limit,
    }  # fmt: skip


def add_up(sums: Numbers, block: Numbers) -> Numbers:
    """Add one block's deviation to the sums upwards and downwards (Page's CUSUM, Biometrika 1954)."""
    return np.maximum(0.0, sums + np.stack([block, -block]) - _SLACK)


def _means(rows: Numbers) -> Numbers:
    count = len(rows) // BLOCK
    out: Numbers = rows[: count * BLOCK].reshape(count, BLOCK, -1).mean(axis=1)
    return out


@dataclass(slots=True)
class Levels:
    """The sums of a watch, up and down, shape ``(2, tags)``, and for how many blocks they have grown."""

    sums: Numbers
    blocks: NDArray[np.int64]

    def take(self, deviation: Numbers, limit: Numbers, busy: Flags, leans: Flags) -> int | None:
        """Take one block; return the tag that drifts, when one stands out.

        A tag on which another leans that does not deviate is itself sound.

        Args:
            deviation: Of the block, in usual block deviations, shape ``(tags,)``.
            limit: Of the sums.
            busy: Tags with a fault of their own; they add up nothing.
            leans: Which tag (line) leans on which (column), shape ``(tags, tags)``.
        """
        self.sums = np.where(busy, 0.0, add_up(self.sums, np.clip(deviation, -_MOST, _MOST)))
        self.blocks = np.where(self.sums.max(axis=0) > 0, self.blocks + 1, 0)
        ratio = self.sums.max(axis=0) / limit
        sound = (leans & np.isfinite(limit)[:, None] & (ratio[:, None] < _STILL * ratio[None, :])).any(axis=0)
        ratio = np.where(sound, 0.0, ratio)
        order = np.argsort(-ratio, kind="stable")
        if ratio[order[0]] < 1.0 or self.blocks[order[0]] < _SLOW:
            return None
        if len(order) > 1 and ratio[order[1]] * _AHEAD_OF > ratio[order[0]]:
            return None
        return int(order[0])


def leaning(peers: NDArray[np.int64], weights: Numbers, deviation: Numbers) -> Flags:
    """Tell which tag owes at least half of its level to which peer, shape ``(tags, tags)``."""
    out = np.zeros((len(deviation), len(deviation)), bool)
    share = np.abs(weights) * deviation[peers] >= 0.5 * deviation[:, None]
    lines = np.repeat(np.arange(len(deviation)), peers.shape[1]).reshape(peers.shape)
    out[lines[share & (weights != 0)], peers[share & (weights != 0)]] = True
    return out
