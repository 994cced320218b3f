"""Operating conditions: how a machine is being run, and what a tag would read in its usual condition.

An engine at cruising height and the same engine on the ground read differently in every sensor. Where the
condition changes from one row to the next, these jumps hide the slow change that wear makes. So samples of
each condition are told as they would be in the commonest one: less the mean of their own condition, times
the ratio of the two standard deviations, plus the mean of the commonest. The unit stays what it was.

The conditions are clusters of the tags that say how the machine is run, split as often as it makes the other
tags stand closer together.

Sources: Lloyd, Least squares quantization in PCM (1982); Boley, Principal direction divisive partitioning
(1998), for where a cluster is split; Peel, Data driven prognostics using a Kalman filter ensemble of neural
networks, PHM (2008), for levelling sensors by operating condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from andamio.contracts.rows import Rows

Samples = NDArray[np.float32]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
MOST, FEWEST_ROWS = 12, 40
_KEY = "conditions."
_LOOKED_AT, _ROUNDS = 5_000, 30
# What more conditions must take from the tags' geometric mean spread, and below which nothing is left of it.
_WORTH, _NOTHING = 0.05, 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Conditions that were found, and what each tag reads in each of them.

    Attributes:
        tags: What tells the condition.
        levelled: The tags that are told as in the commonest condition.
        centres: Where each condition lies, float32 ``(conditions, tags)``.
        per_size: One over the size of each of ``tags``, float32 ``(tags,)``.
        mean: Of each levelled tag in each condition, float32 ``(conditions, levelled)``.
        gain: The standard deviation in the commonest condition over that in each, the same shape.
        usual: The mean in the commonest condition, float32 ``(levelled,)``.
    """

    tags: tuple[str, ...]
    levelled: tuple[str, ...]
    centres: Samples
    per_size: Samples
    mean: Samples
    gain: Samples
    usual: Samples

    def __len__(self) -> int:
        return len(self.centres)

    def tables(self, names: Sequence[str]) -> tuple[Samples, Samples, Samples]:
        """Lay out mean, gain and usual level of tags side by side.

        The last condition of the tables is the unknown one, in which a levelled tag has no value. A tag that
        is not levelled stays as it is in each.

        Returns:
            Shapes ``(names, conditions + 1)`` twice, and ``(names,)``.
        """
        mean = np.zeros((len(names), len(self) + 1), np.float32)
        gain = np.ones_like(mean)
        usual = np.zeros(len(names), np.float32)
        for place, name in enumerate(names):
            if name in self.levelled:
                column = self.levelled.index(name)
                mean[place] = np.append(self.mean[:, column], np.float32(np.nan))
                gain[place, :-1] = self.gain[:, column]
                usual[place] = self.usual[column]
        return mean, gain, usual

    def places(self, names: Sequence[str], samples: Samples) -> Places:
        """Tell the condition of samples; their number is one more where a tag that tells it is missing.

        Args:
            names: The tags of the samples.
            samples: Shape ``(rows, names, samples)``.

        Returns:
            Shape ``(rows, samples)``.
        """
        told = samples[:, [names.index(tag) for tag in self.tags]]
        apart = (told[:, None] - self.centres[None, :, :, None]) * self.per_size[:, None]
        distance = np.square(apart).sum(axis=2)
        return np.where(np.isnan(distance[:, 0]), len(self), distance.argmin(axis=1))

    def level(self, names: Sequence[str], samples: Samples) -> Samples:
        """Tell samples of shape ``(rows, names, samples)`` as they would be in the commonest condition."""
        mean, gain, usual = self.tables(names)
        places = self.places(names, samples)
        own_mean, own_gain = (np.moveaxis(table[:, places], 0, 1) for table in (mean, gain))
        return (samples - own_mean) * own_gain + usual[:, None]

    def unlevel(self, names: Sequence[str], samples: Samples) -> Samples:
        """Tell levelled samples as they would be read in the condition that their own tags tell."""
        mean, gain, usual = self.tables(names)
        places = self.places(names, samples)
        own_mean, own_gain = (np.moveaxis(table[:, places], 0, 1) for table in (mean, gain))
        return (samples - usual[:, None]) / own_gain + own_mean

    def packed(self, names: Sequence[str], values: Samples, *, back: bool = False) -> Samples:
        """Level values that lie side by side, shape ``(rows, names * samples)``; ``back`` undoes it."""
        if not values.size:
            return values
        apart = values.reshape(len(values), len(names), -1)
        told = self.unlevel(names, apart) if back else self.level(names, apart)
        return np.asarray(told, np.float32).reshape(values.shape)

    def told(self, rows: Rows, numbers: Sequence[str], signals: Sequence[str], *, back: bool = False) -> Rows:
        """Level all latest values and samples of rows; ``back`` undoes it."""
        samples = rows.signals
        return structs.replace(
            rows,
            numbers=self.packed(numbers, rows.numbers, back=back),
            signals=None if samples is None else self.packed(signals, samples, back=back),
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return all of it as arrays by key."""
        return {f"{_KEY}{name}": np.asarray(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Conditions | None:
        """Read them back; None where there are none."""
        if f"{_KEY}tags" not in arrays:
            return None
        tags, levelled = (tuple(arrays[f"{_KEY}{name}"].tolist()) for name in ("tags", "levelled"))
        tables = (np.asarray(arrays[f"{_KEY}{name}"], np.float32) for name in cls.__slots__[2:])
        return cls(tags, levelled, *tables)


def find_conditions(
    tags: Sequence[str], told: Samples, levelled: Sequence[str], values: Samples, most: int = MOST
) -> Conditions | None:
    """Find the conditions of a machine, and what its tags read in each.

    Clusters are split, the widest first and across its widest direction, and moved to their rows' means.
    Of the numbers of clusters the smallest is taken that leaves the tags a spread within a twentieth of the
    least, the spread being the geometric mean of the tags' variances inside the clusters.

    Args:
        tags: What tells the condition.
        told: Its values, shape ``(rows, tags)``, NaN where missing.
        levelled: The tags whose levels depend on it.
        values: Theirs, shape ``(rows, levelled)``.
        most: Conditions at most.

    Returns:
        None where one condition tells as much as several.
    """
    known = np.flatnonzero(np.isfinite(told).all(axis=1))
    if len(known) < 2 * FEWEST_ROWS:
        return None
    rows, read = told[known].astype(np.float64), values[known].astype(np.float64)
    size = rows.std(axis=0)
    per_size = np.where(size > 1e-6 * np.abs(rows).max(axis=0), 1.0 / np.maximum(size, 1e-30), 0.0)
    points = rows * per_size
    few = np.unique(np.linspace(0, len(points) - 1, _LOOKED_AT).astype(np.int64))
    sound = [_sound(points[few], centres) for centres in _splits(points[few], most)]
    chosen = _fewest([centres for centres in sound if len(centres)], points[few], read[few])
    if len(chosen) < 2:
        return None
    places = _nearest(points, chosen)
    mean, spread = _levels(read, places, len(chosen))
    commonest = int(np.bincount(places).argmax())
    usable = (spread > 1e-6 * np.abs(mean)) & (spread[commonest] > 1e-6 * np.abs(mean[commonest]))
    gain = np.where(usable, spread[commonest] / np.where(usable, spread, 1.0), 1.0)
    centres = chosen / np.where(per_size > 0, per_size, 1.0)
    return Conditions(
        tuple(tags),
        tuple(levelled),
        centres.astype(np.float32),
        per_size.astype(np.float32),
        mean.astype(np.float32),
        gain.astype(np.float32),
        mean[commonest].astype(np.float32),
    )


def _splits(points: Numbers, most: int) -> list[Numbers]:
    """Return the centres of one cluster, of two, and so on."""
    found = [points.mean(axis=0, keepdims=True)]
    while len(found) < most:
        centres = found[-1]
        places = _nearest(points, centres)
        inside = [points[places == k] for k in range(len(centres))]
        widest = max(range(len(centres)), key=lambda k: float(np.square(inside[k] - centres[k]).sum()))
        spread, axes = np.linalg.eigh(np.atleast_2d(np.cov(inside[widest], rowvar=False, bias=True)))
        if not spread[-1] > 1e-12:
            break
        step = np.sqrt(spread[-1]) * axes[:, -1]
        begun = np.delete(centres, widest, axis=0)
        found.append(_settled(points, np.vstack([begun, centres[widest] - step, centres[widest] + step])))
    return found


def _settled(points: Numbers, centres: Numbers) -> Numbers:
    """Move centres to the means of their rows until they stay."""
    for _ in range(_ROUNDS):
        places = _nearest(points, centres)
        inside = [points[places == place] for place in range(len(centres))]
        moved = np.array(
            [rows.mean(axis=0) if len(rows) else centre for rows, centre in zip(inside, centres, strict=True)]
        )
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


def _sound(points: Numbers, centres: Numbers) -> Numbers:
    """Drop the centres of few rows."""
    counts = np.bincount(_nearest(points, centres), minlength=len(centres))
    return centres[counts >= FEWEST_ROWS]


def _fewest(found: Sequence[Numbers], points: Numbers, values: Numbers) -> Numbers:
    """Choose the fewest centres that leave the values about the least spread."""
    left = [_left(values, _nearest(points, centres), len(centres)) for centres in found]
    least = min(left)
    near = [centres for centres, one in zip(found, left, strict=True) if one <= least + _WORTH]
    return min(near, key=len)


def _left(values: Numbers, places: Places, count: int) -> float:
    """Return the mean logarithm of the share of each tag's variance that lies inside the clusters."""
    whole = np.nanvar(values, axis=0)
    moving = whole > 0
    if not moving.any():
        return 0.0
    _, spread = _levels(values[:, moving], places, count)
    weights = np.bincount(places, minlength=count) / len(places)
    inside = (weights[:, None] * np.square(spread)).sum(axis=0)
    return float(np.log(np.maximum(inside / whole[moving], _NOTHING)).mean())


def _levels(values: Numbers, places: Places, count: int) -> tuple[Numbers, Numbers]:
    """Return mean and standard deviation of values in each cluster; of all where a cluster has none."""
    mean, spread = np.empty((count, values.shape[1])), np.empty((count, values.shape[1]))
    for place in range(count):
        for column, one in enumerate(values.T):
            here = one[(places == place) & np.isfinite(one)]
            there = here if len(here) else one[np.isfinite(one)]
            mean[place, column] = there.mean() if len(there) else 0.0
            spread[place, column] = there.std() if len(there) else 0.0
    return mean, spread


def _nearest(points: Numbers, centres: Numbers) -> Places:
    distance = np.stack([np.square(points - centre).sum(axis=1) for centre in centres])
    return np.asarray(distance.argmin(axis=0), np.int64)
