"""What a tag should read by what the others read: a few peers each, chosen one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PEERS = 6
_RIDGE = 1e-3
_WORTH = 0.005

Table = NDArray[np.float64]


def learn_peers(
    table: Table, *, worth: float = _WORTH, ridge: float = _RIDGE
) -> tuple[NDArray[np.int64], Table]:
    """Learn a sparse ridge regression of every column on at most six others.

    Args:
        table: Shape ``(rows, tags)``, about zero; what the relation shall hold for.
        worth: Share of the variance that a further peer has to explain.
        ridge: What is added to every peer's variance, as a share of it: the larger, the less peers share out.

    Returns:
        Peers and weights, both of shape ``(tags, 6)``; a weight of zero says that there is no such peer.

    Source: orthogonal matching pursuit, Pati, Rezaiifar, Krishnaprasad (1993), on the Gram matrix.
    """
    tags = table.shape[1]
    peers, weights = np.zeros((tags, PEERS), np.int64), np.zeros((tags, PEERS))
    scale: Table = np.sqrt((table**2).mean(axis=0)) if len(table) else np.zeros(tags)
    alive = scale > 0
    unit = np.where(alive, scale, 1.0)
    gram = (table / unit).T @ (table / unit) / max(len(table), 1)
    for tag in np.flatnonzero(alive) if len(table) >= 4 * PEERS else ():
        chosen: list[int] = []
        fitted: Table = np.zeros(0)
        left = 1.0
        for _ in range(PEERS):
            pull = np.abs(gram[tag] - (gram[:, chosen] @ fitted if chosen else 0.0)) * alive
            pull[[tag, *chosen]] = -1.0
            new = int(np.argmax(pull))
            if pull[new] <= 0:
                break
            tried = [*chosen, new]
            solved = np.linalg.solve(
                gram[np.ix_(tried, tried)] + ridge * np.eye(len(tried)), gram[tried, tag]
            )
            rest = 1.0 - 2 * solved @ gram[tried, tag] + solved @ gram[np.ix_(tried, tried)] @ solved
            if left - rest < worth:
                break
            chosen, fitted, left = tried, np.asarray(solved, np.float64), float(rest)
        peers[tag, : len(chosen)] = chosen
        weights[tag, : len(chosen)] = fitted * unit[tag] / unit[chosen]
    return peers, weights


def unexplained(values: Table, peers: NDArray[np.int64], weights: Table) -> Table:
    """Take away from every tag what its peers explain; the sum runs in a fixed order.

    Returns:
        Shape ``(rows, tags)``.
    """
    left = values
    for k in range(peers.shape[1]):
        if weights[:, k].any():
            left = left - values[:, peers[:, k]] * weights[:, k]
    return left
