"""Machines with several ways to run: a model for each, declared by a tag or found by clustering."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from andamio.errors import Text, text
from andamio.features import ByRegime, Combined, Score, Smallest
from andamio.training.anomaly.candidates import Candidate, Floats, Usual, some_rows, standard
from andamio.training.models import Matrix, Thresholds

_FEWEST_ROWS, _MOST_ROWS = 40, 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A part's own distance in units of what one of its usual rows in a hundred passes."""

    usual: Usual
    size: float

    @classmethod
    def learn(cls, candidate: Candidate, x: Matrix, seed: int) -> Scaled:
        """Learn a part from its rows."""
        usual = candidate.learn(x, seed)
        return cls(usual, max(float(np.quantile(usual.raw(x), 0.99)), 1e-12))

    def raw(self, x: Matrix) -> Floats:
        """Divide by its size."""
        return self.usual.raw(x) / self.size

    def score(self) -> Score:
        """Export it."""
        return Combined((self.usual.score(),), (1.0 / self.size,))


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """What is usual in each declared regime; the last part is for all others."""

    columns: tuple[int, ...]
    parts: tuple[Scaled, ...]

    def raw(self, x: Matrix) -> Floats:
        """Ask each row's own part."""
        found = self.parts[-1].raw(x)
        for column, part in zip(self.columns, self.parts, strict=False):
            inside = x[:, column] > 0.5
            if inside.any():
                found[inside] = part.raw(x[inside])
        return found

    def score(self) -> ByRegime:
        """Export it."""
        return ByRegime(self.columns, tuple(part.score() for part in self.parts))

    def thresholds(self) -> Thresholds:
        """Return the split points of all parts."""
        return _all_thresholds(self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is usual around each operating point that was found; the nearest one counts."""

    parts: tuple[Scaled, ...]

    def raw(self, x: Matrix) -> Floats:
        """Take the least."""
        return np.asarray(np.min([part.raw(x) for part in self.parts], axis=0))

    def score(self) -> Smallest:
        """Export it."""
        return Smallest(tuple(part.score() for part in self.parts))

    def thresholds(self) -> Thresholds:
        """Return the split points of all parts."""
        return _all_thresholds(self.parts)


@dataclass(frozen=True, slots=True)
class InRegimes:
    """A candidate of its own for every declared regime with rows enough.

    Attributes:
        inner: What is learnt in each.
        columns: The feature column that is one in each regime.
    """

    inner: Candidate
    columns: tuple[int, ...]

    @property
    def family(self) -> str:
        """That of the inner candidate."""
        return self.inner.family

    @property
    def title(self) -> Text:
        """Its kind, for people."""
        return text("{model}, for each regime", model=self.inner.title)

    def settings(self) -> Mapping[str, object]:
        """Those of the inner candidate, and how many regimes were told."""
        return {**self.inner.settings(), "regimes": len(self.columns)}

    def suits(self, rows: int, features: int) -> bool:
        """The whole must suit."""
        return self.inner.suits(rows, features)

    def learn(self, x: Matrix, seed: int) -> Declared:
        """Learn each regime from its own rows, and the rest from all."""
        columns, parts = [], []
        for column in self.columns:
            inside = x[x[:, column] > 0.5]
            if len(inside) >= _FEWEST_ROWS and self.inner.suits(len(inside), x.shape[1]):
                columns.append(column)
                parts.append(Scaled.learn(self.inner, inside, seed))
        return Declared(tuple(columns), (*parts, Scaled.learn(self.inner, x, seed)))


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """Some operating points, found by k-means, and a candidate around each."""

    inner: Candidate
    count: int
    family: ClassVar[str] = "operating-points"

    @property
    def title(self) -> Text:
        """Its kind, for people."""
        return text("{model}, around {count} operating points", model=self.inner.title, count=self.count)

    def settings(self) -> Mapping[str, object]:
        """How many points, and what is around them."""
        return {"points": self.count, "around": self.inner.family}

    def suits(self, rows: int, features: int) -> bool:
        """Every point needs its rows."""
        return rows >= self.count * max(2 * _FEWEST_ROWS, 5 * features) and features > 0

    def learn(self, x: Matrix, seed: int) -> Found:
        """Find the points, then learn around each; a point of few rows is none."""
        mean, scale = standard(x)
        z = (x.astype(np.float64) - mean) / scale
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found = KMeans(self.count, n_init=4, random_state=seed).fit(
                some_rows(z.astype(np.float32), _MOST_ROWS, seed)
            )
        places = found.predict(z.astype(np.float32))
        groups = [x[places == k] for k in range(self.count)]
        sound = [rows for rows in groups if len(rows) >= _FEWEST_ROWS]
        return Found(tuple(Scaled.learn(self.inner, rows, seed) for rows in sound or [x]))


def _all_thresholds(parts: Sequence[Scaled]) -> Thresholds:
    found: dict[int, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}
    for part in parts:
        for column, values in part.usual.thresholds().items():
            found[column] = np.union1d(found.get(column, values), values)
    return found
