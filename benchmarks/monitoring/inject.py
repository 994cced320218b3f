"""What may happen to a plant, put into normal rows at a known row; the rows before it stay as they were."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from streams import Case, Floats, Stretch

Change = Callable[[Floats, Floats, Floats, int, np.random.Generator], None]


def _offset(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    rows[:, tag] += spread[tag]


def _gain(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    rows[:, tag] *= 1.05


def _unit(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    rows[:, tag] = rows[:, tag] * 1.8 + 32.0


def _variance(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    rows[:, tag] = mean[tag] + 1.5 * (rows[:, tag] - mean[tag])


def _stuck(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    rows[:, tag] = rows[0, tag]


def _spike(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    hit = luck.random(len(rows)) < 0.01
    rows[hit, tag] += 10.0 * spread[tag]


def _dropout(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    rows[luck.random(len(rows)) < 0.20, tag] = np.nan


def _correlation(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    """Give the tag its own values of another day: the same distribution, season and memory, no company."""
    day = max(1, len(rows) // 3)
    rows[:, tag] = np.roll(rows[:, tag], day)


def _subgroup(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    hit = luck.random(len(rows)) < 0.10
    tags = (tag + np.arange(min(5, rows.shape[1]))) % rows.shape[1]
    rows[np.ix_(hit, tags)] += 2.0 * spread[tags]


def _ramp(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    rows[:, tag] += 2.0 * spread[tag] * np.linspace(0.0, 1.0, len(rows))


def _concept(rows: Floats, mean: Floats, spread: Floats, tag: int, luck: np.random.Generator) -> None:
    """Turn the relation of a measured target to the other tags round; its own distribution stays."""
    rows[:, tag] = 2.0 * mean[tag] - rows[:, tag]


KINDS: dict[str, Change] = {
    "offset": _offset,
    "gain": _gain,
    "unit": _unit,
    "variance": _variance,
    "stuck": _stuck,
    "spike": _spike,
    "dropout": _dropout,
    "correlation": _correlation,
    "subgroup": _subgroup,
    "ramp": _ramp,
    "concept": _concept,
}
MEANING = {
    "offset": "one tag reads 1 standard deviation more",
    "gain": "one tag reads 5 % more",
    "unit": "one tag in °F instead of °C",
    "variance": "one tag deviates 1.5 times as far",
    "stuck": "one tag repeats its last value",
    "spike": "1 % of one tag's rows read 10 standard deviations more",
    "dropout": "20 % of one tag's values are missing",
    "correlation": "one tag keeps its distribution and memory, and no longer moves with the others",
    "subgroup": "10 % of the rows: five tags read 2 standard deviations more",
    "ramp": "one tag climbs 2 standard deviations by the end of the run",
    "concept": "a measured target's relation to the other tags is mirrored, its distribution kept",
}


def inject(kind: str, stretch: Stretch, reference: Stretch, onset: int, seed: int, tags: int) -> Case:
    """Return the stretch with one injection from ``onset`` on, in one of the first ``tags`` columns."""
    luck = np.random.default_rng([seed, list(KINDS).index(kind)])
    table = stretch.table.copy()
    mean, spread = np.nanmean(reference.table, axis=0), np.nanstd(reference.table, axis=0)
    moving = np.flatnonzero(spread[:tags] > 0.0)
    KINDS[kind](table[onset:], mean, spread, int(luck.choice(moving)), luck)
    return Case(kind, Stretch(table, stretch.times, stretch.context), onset)
