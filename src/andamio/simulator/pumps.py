"""Simulate a row of centrifugal pumps, hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

COLUMNS = {
    "speed": "Speed [rpm]",
    "flow": "Flow [m3/h]",
    "pressure": "Discharge pressure [bar]",
    "current": "Motor current [A]",
    "vibration": "Vibration [mm/s]",
    "bearing_temp": "Bearing temperature [degC]",
    "ambient_temp": "Ambient temperature [degC]",
}
TARGET = "Failure within 24 h"
PRODUCTS = ("water", "juice", "syrup")
# Relative density and viscous loss of each product: heavier and thicker means more power.
_DENSITY = {"water": 1.0, "juice": 1.05, "syrup": 1.16}
_LOSS = {"water": 1.0, "juice": 1.04, "syrup": 1.12}

NOMINAL_RPM = 1450.0
NOMINAL_FLOW = 120.0  # m3/h
NOMINAL_PRESSURE = 4.2  # bar
EFFICIENCY = 0.72
VOLTAGE = 440.0  # V, three-phase
POWER_FACTOR = 0.86
HOURS_AHEAD = 24


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Something that goes wrong from an hour on: a sensor that sticks, or a process that changed.

    ``stuck`` holds ``tag`` of ``pump`` at its last value; ``drift`` adds ``size`` (in the tag's unit) to
    ``tag`` of every pump, as a worn coupling adds vibration to a whole row. Hours are counted from the
    plant's start; without ``until_hour`` nobody repairs it. ``weather`` makes it ``size`` degrees warmer,
    and everything that feels the weather follows.
    """

    kind: Literal["stuck", "drift", "weather"]
    tag: str
    from_hour: int
    until_hour: int | None = None
    pump: str | None = None
    size: float = 0.0

    def is_on(self, hour: int) -> bool:
        """Tell whether it disturbs this hour."""
        return self.from_hour <= hour and (self.until_hour is None or hour < self.until_hour)


@dataclass(frozen=True, slots=True)
class Readings:
    """Hourly rows in time order, all pumps of an hour together.

    ``tags`` holds one float array of shape ``(rows,)`` per name of COLUMNS; ``failure`` tells whether
    the pump fails within the next 24 h.
    """

    time: list[datetime]
    pump: list[str]
    product: list[str]
    tags: dict[str, NDArray[np.float64]]
    failure: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.time)


@dataclass(slots=True)
class _Pump:
    name: str
    wear: float
    life_h: float
    previous_heat: float = 0.0


@dataclass(slots=True)
class PumpPlant:
    """A row of pumps from a seed; the same seed gives the same plant, hour for hour.

    Args:
        seed: Everything random comes from it.
        pumps: How many pumps.
        start: The first hour.
        disturbances: What goes wrong, in hours from ``start``.
    """

    seed: int
    start: datetime
    pumps: int = 8
    disturbances: Sequence[Disturbance] = ()
    _random: np.random.Generator = field(init=False)
    _pumps: list[_Pump] = field(init=False)
    _hour: int = field(init=False, default=0)
    _weather: float = field(init=False, default=0.0)
    _held: dict[tuple[str, str], float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self._pumps = [
            _Pump(f"pump-{n + 1:02d}", wear=float(self._random.uniform(0, 0.8)), life_h=self._new_life())
            for n in range(self.pumps)
        ]

    def run(self, hours: int) -> Readings:
        """Run the plant for some hours and read every sensor of every pump each hour."""
        time: list[datetime] = []
        names: list[str] = []
        products: list[str] = []
        rows: list[dict[str, float]] = []
        fails_at: dict[str, list[int]] = {pump.name: [] for pump in self._pumps}
        first = self._hour
        for _ in range(hours):
            moment = self.start + timedelta(hours=self._hour)
            ambient = self._ambient(moment)
            for pump in self._pumps:
                product = PRODUCTS[int(self._random.choice(3, p=[0.5, 0.3, 0.2]))]
                time.append(moment)
                names.append(pump.name)
                products.append(product)
                rows.append(self._read(pump, product, moment, ambient))
                if pump.wear >= 1:
                    fails_at[pump.name].append(self._hour)
                    pump.wear, pump.life_h = 0.0, self._new_life()
            self._hour += 1
        hour_of_row = np.repeat(np.arange(first, self._hour), len(self._pumps))
        failure = _within(hour_of_row, names, fails_at, self._soon())
        tags = {tag: np.array([row[tag] for row in rows]) for tag in COLUMNS}
        return Readings(time, names, products, tags, failure)

    def _new_life(self) -> float:
        return float(self._random.uniform(260, 620))

    def _ambient(self, moment: datetime) -> float:
        season = 4.0 * np.cos(2 * np.pi * (moment.timetuple().tm_yday - 20) / 365.25)
        day = 4.5 * np.sin(2 * np.pi * (moment.hour - 9) / 24)
        self._weather = 0.97 * self._weather + float(self._random.normal(0, 0.35))
        wave = sum(d.size for d in self.disturbances if d.kind == "weather" and d.is_on(self._hour))
        return float(24 + season + day + self._weather + wave)

    def _read(self, pump: _Pump, product: str, moment: datetime, ambient: float) -> dict[str, float]:
        """Advance one pump by an hour and read its sensors."""
        shift = 1.0 if 6 <= moment.hour < 22 else 0.9
        speed = NOMINAL_RPM * shift * float(self._random.uniform(0.94, 1.04))
        ratio = speed / NOMINAL_RPM
        worn = pump.wear**3
        # Affinity laws: flow goes with speed, pressure with its square; wear leaks both.
        flow = NOMINAL_FLOW * ratio * (1 - 0.08 * worn)
        pressure = NOMINAL_PRESSURE * ratio**2 * _DENSITY[product] * (1 - 0.10 * worn)
        hydraulic_kw = flow * pressure / 36
        shaft_kw = hydraulic_kw * _LOSS[product] / (EFFICIENCY * (1 - 0.15 * worn))
        current = shaft_kw * 1000 / (np.sqrt(3) * VOLTAGE * POWER_FACTOR * 0.92)
        heat = 0.7 * pump.previous_heat + 0.3 * (14 * shaft_kw / 20 + 34 * worn)
        pump.previous_heat = heat
        pump.wear += ratio**2 / pump.life_h
        noise = self._random.normal
        exact = {
            "speed": speed + noise(0, 2),
            "flow": flow + noise(0, 1.0),
            "pressure": pressure + noise(0, 0.04),
            "current": current + noise(0, 0.4),
            "vibration": 1.6 * ratio**2 + 4.2 * worn * ratio**2 + abs(noise(0, 0.25)),
            "bearing_temp": ambient + heat + noise(0, 0.6),
            "ambient_temp": ambient + noise(0, 0.3),
        }
        return {tag: round(self._disturbed(pump.name, tag, value), 2) for tag, value in exact.items()}

    def _disturbed(self, pump: str, tag: str, value: float) -> float:
        for disturbance in self.disturbances:
            if disturbance.kind == "weather" or disturbance.tag != tag or not disturbance.is_on(self._hour):
                continue
            if disturbance.kind == "drift":
                value += disturbance.size
            elif disturbance.pump == pump:
                value = self._held.setdefault((pump, tag), value)
        return value

    def _soon(self) -> dict[str, float]:
        """Tell in how many hours from now each pump will fail, at nominal speed."""
        return {pump.name: (1 - pump.wear) * pump.life_h for pump in self._pumps}


def _within(
    hour_of_row: NDArray[np.int64],
    names: Sequence[str],
    fails_at: dict[str, list[int]],
    soon: dict[str, float],
) -> NDArray[np.int64]:
    """Mark the rows whose pump fails in the next 24 h, counting failures after the last row too."""
    last = int(hour_of_row[-1]) + 1
    ahead = np.zeros(len(names), dtype=np.int64)
    for pump, hours in fails_at.items():
        of_pump = np.array([name == pump for name in names])
        for hour in [*hours, last + soon[pump]]:
            ahead |= (of_pump & (hour_of_row <= hour) & (hour - hour_of_row <= HOURS_AHEAD)).astype(np.int64)
    return ahead
