"""History cut into blocks, each held as sums: enough to compare any later window with it, block by block.

Rows beside each other are alike, blocks much less so. What is compared are therefore the means of blocks, of
many simple features: each column, its square, how often it is low or high, and the product of each pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

_MOST_BLOCKS = 128
_FEWEST_BLOCKS = 8
_MOST_PAIRS = 600
_EDGES = (-1.2816, -0.6745, 0.6745, 1.2816)  # deciles and quartiles of a normal column


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Means of features over blocks.

    Attributes:
        size: Rows in a block.
        means: Shape ``(blocks, features)``: columns, squares, the low and high shares, products of pairs.
        edges: Between low and high of each column, shape ``(4, columns)``.
        pairs: The pairs whose products are held, shape ``(pairs, 2)``.
    """

    size: int
    means: Table
    edges: Table
    pairs: NDArray[np.int64]

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return int(self.edges.shape[1])

    def of(self, z: Table) -> Table:
        """Return the means of the features over the blocks of a window, shape ``(blocks, features)``.

        Args:
            z: Standardised rows, shape ``(rows, columns)``; rows beyond the last whole block count to it.
        """
        return _means(z, max(1, len(z) // self.size), self.edges, self.pairs)


def cut(z: Table, memory: float) -> Blocks:
    """Cut history into blocks that are longer than its memory.

    Args:
        z: Standardised rows, shape ``(rows, columns)``, NaN for missing.
        memory: Rows after which a column has mostly forgotten.
    """
    rows, columns = z.shape
    count = int(np.clip(rows / max(2 * memory, 1.0), _FEWEST_BLOCKS, _MOST_BLOCKS))
    filled = np.where(np.isfinite(z), z, 0.0)
    known = np.where(np.isfinite(z), z, np.nan)
    still = ~np.isfinite(known).any(axis=0)
    shares = [0.1, 0.25, 0.75, 0.9]
    edges = np.where(
        still, np.array(_EDGES)[:, None], np.nanquantile(np.where(still, 0.0, known), shares, axis=0)
    )
    first, second = np.triu_indices(columns, 1)
    if first.size > _MOST_PAIRS:
        strength = np.abs((filled.T @ filled / rows)[first, second])
        kept = np.sort(np.argsort(strength, kind="stable")[-_MOST_PAIRS:])
        first, second = first[kept], second[kept]
    pairs = np.stack([first, second], axis=1)
    return Blocks(size=max(1, rows // count), means=_means(z, count, edges, pairs), edges=edges, pairs=pairs)


def _means(z: Table, count: int, edges: Table, pairs: NDArray[np.int64]) -> Table:
    z = np.where(np.isfinite(z), np.clip(z, -5, 5), 0.0)
    found = []
    for part in np.array_split(z, count):
        low_high = [(part < edge).mean(axis=0) for edge in edges[:2]]
        low_high += [(part > edge).mean(axis=0) for edge in edges[2:]]
        products = part.T @ part / len(part)
        found.append(
            np.concatenate(
                [part.mean(axis=0), np.diag(products), *low_high, products[pairs[:, 0], pairs[:, 1]]]
            )
        )
    return np.array(found)
