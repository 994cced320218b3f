"""Synthetic streams of which the truth is known: one row a minute, thirty tags, everything from a seed.

A process is drawn once from its seed (means, spreads, loadings); every stretch of it is another
realisation of the same process at its own place in time, with a warm-up that is thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]
DAY_S = 86_400.0
START = 1_767_571_200.0  # Monday, 5 January 2026, 00:00 UTC
FACTORS = 5
LEVELS = 4
WARM_UP = 2_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows one after another, with their times and the context that the plant declares."""

    table: Floats
    times: Floats
    context: Floats | None = None

    def cut(self, first: int, last: int | None = None) -> Stretch:
        """Return a part of the rows."""
        part = slice(first, last)
        context = None if self.context is None else self.context[part]
        return Stretch(self.table[part], self.times[part], context)


@dataclass(frozen=True, slots=True)
class Case:
    """A stretch in which something happens at a known row."""

    kind: str
    stretch: Stretch
    onset: int


@dataclass(frozen=True, slots=True)
class Stream:
    """All that an opponent is given, and all that it is judged on."""

    name: str
    step_s: float
    window: int  # rows in one batch window: a day where nothing else is said
    reference: Stretch
    calibration: list[Stretch]
    fresh: list[Stretch]
    cases: list[Case]
    benign: list[Case] = field(default_factory=list)
    categories: tuple[int, ...] = ()

    def bare(self) -> Stream:
        """Return the stream without its rows: what a verdict needs to know of it."""

        def empty(stretch: Stretch) -> Stretch:
            return stretch.cut(0, 0)

        def told(cases: list[Case]) -> list[Case]:
            return [replace(case, stretch=empty(case.stretch)) for case in cases]

        return replace(
            self,
            reference=empty(self.reference),
            calibration=[empty(rows) for rows in self.calibration],
            fresh=[empty(rows) for rows in self.fresh],
            cases=told(self.cases),
            benign=told(self.benign),
        )


@dataclass(frozen=True, slots=True)
class Process:
    """One synthetic plant.

    Attributes:
        seed: Draws the plant itself.
        tags: Columns of its table.
        phi: Autocorrelation of neighbouring rows, of what season and load leave over.
        shared: Share of a tag's variance that it has in common with others.
        tails: Degrees of freedom of Student's t for the innovations, 0 for normal ones.
        season: Standard deviations that day, week and weather add.
        load: Standard deviations that the operating point adds.
        categories: How many of the last columns are codes of a category.
    """

    name: str
    seed: int
    tags: int = 30
    phi: float = 0.0
    shared: float = 0.5
    tails: float = 0.0
    season: float = 0.0
    load: float = 0.0
    categories: int = 0
    step_s: float = 60.0

    def stretch(
        self, first_day: float, rows: int, seed: int, ambient_shift: float = 0.0, level: float | None = None
    ) -> Stretch:
        """Draw rows from a day on; the weather and the operating point may be moved."""
        plant = np.random.default_rng([self.seed, 1])
        luck = np.random.default_rng([self.seed, 2, seed])
        times = START + first_day * DAY_S + self.step_s * np.arange(rows)
        values = self._noise(plant, luck, rows)
        columns = []
        if self.season:
            weather, wave = self._season(plant, luck, times, ambient_shift)
            values += self.season * wave
            columns.append(weather)
        if self.load:
            load, answer = self._load(plant, luck, rows, level)
            values += self.load * answer
            columns.append(load)
        means, spreads = plant.uniform(20.0, 200.0, self.tags), plant.uniform(0.02, 0.10, self.tags)
        table = means + means * spreads * values
        if self.categories:
            table[:, -self.categories :] = _codes(values[:, -self.categories :])
        return Stretch(table, times, np.column_stack(columns) if columns else None)

    def _noise(self, plant: np.random.Generator, luck: np.random.Generator, rows: int) -> Floats:
        loadings = plant.normal(size=(FACTORS, self.tags))
        loadings /= np.linalg.norm(loadings, axis=0)
        common = self._autoregressive(luck, rows, FACTORS) @ loadings
        own = self._autoregressive(luck, rows, self.tags)
        return np.sqrt(self.shared) * common + np.sqrt(1.0 - self.shared) * own

    def _autoregressive(self, luck: np.random.Generator, rows: int, columns: int) -> Floats:
        size = (rows + WARM_UP, columns)
        if self.tails:
            pushes = luck.standard_t(self.tails, size=size) * np.sqrt((self.tails - 2.0) / self.tails)
        else:
            pushes = luck.standard_normal(size)
        return _filtered(pushes, self.phi)[WARM_UP:]

    def _season(
        self, plant: np.random.Generator, luck: np.random.Generator, times: Floats, shift: float
    ) -> tuple[Floats, Floats]:
        days = (times - START) / DAY_S
        phases = plant.uniform(0.0, 2.0 * np.pi, (2, self.tags))
        weights = plant.uniform(0.5, 1.0, (3, self.tags)) * plant.choice([-1.0, 1.0], (3, self.tags))
        slow = _filtered(luck.standard_normal((times.size + 20_000, 1)), 0.9995)[20_000:, 0]
        weather = slow + np.sin(2.0 * np.pi * (days - 0.35)) + shift
        weekend = ((days % 7.0) >= 5.0).astype(float)[:, None]
        day = np.sin(2.0 * np.pi * days[:, None] + phases[0])
        return weather, weights[0] * day + weights[1] * (weekend - 2.0 / 7.0) + weights[2] * weather[:, None]

    def _load(
        self, plant: np.random.Generator, luck: np.random.Generator, rows: int, level: float | None
    ) -> tuple[Floats, Floats]:
        points = np.array([60.0, 75.0, 90.0, 100.0])
        slopes = plant.uniform(0.5, 1.0, self.tags) * plant.choice([-1.0, 1.0], self.tags)
        bends = plant.uniform(-0.2, 0.2, self.tags)
        stays = luck.geometric(1.0 / 480.0, size=rows)
        choice = luck.choice(points, size=rows, p=[0.15, 0.25, 0.40, 0.20])
        plan = np.repeat(choice, stays)[:rows] if level is None else np.full(rows, level)
        load = plan + luck.normal(0.0, 1.0, rows)
        unit = (load - 85.0) / 13.0
        return load, slopes * unit[:, None] + bends * (unit**2 - 1.0)[:, None]


def _filtered(pushes: Floats, phi: float) -> Floats:
    if phi == 0.0:
        return pushes
    found: Floats = lfilter([np.sqrt(1.0 - phi**2)], [1.0, -phi], pushes, axis=0)
    return found


def _codes(values: Floats) -> Floats:
    return np.digitize(values, [-0.7, 0.0, 1.0]).astype(np.float64)


def processes() -> dict[str, Process]:
    """Return the synthetic plants by name."""
    known = [
        Process("independent", 11),
        Process("AR(0.3)", 12, phi=0.3),
        Process("AR(0.9)", 13, phi=0.9),
        Process("seasonal", 14, phi=0.5, season=1.0),
        Process("operating points", 15, phi=0.5, load=1.0),
        Process("categorical", 16, categories=6),
        Process("heavy tails", 17, phi=0.3, tails=3.0),
    ]
    return {process.name: process for process in known}
