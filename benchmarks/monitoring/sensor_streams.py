"""Real streams for the benchmark of sensor faults: which rows teach, which are live, which clock."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
DAY_S = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One stream: numbers ``(rows, tags)``, seconds, assets, and where the live part begins."""

    name: str
    tags: tuple[str, ...]
    numbers: NDArray[np.float32]
    times: NDArray[np.float64]
    assets: NDArray[np.object_]
    live: int
    has_clock: bool = True
    units: dict[str, str] = field(default_factory=dict)

    def day_of(self) -> NDArray[np.int64]:
        """Number the day of each row: of the clock, or 288 rows where there is none."""
        if self.has_clock:
            return (self.times // DAY_S).astype(np.int64)
        return np.arange(len(self.times)) // 288


def _open(path: Path) -> Iterable[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


def _read(path: Path, delimiter: str = ",") -> tuple[list[str], list[list[str]]]:
    rows = list(csv.reader(_open(path), delimiter=delimiter))
    return rows[0], rows[1:]


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def _columns(rows: list[list[str]], places: list[int]) -> NDArray[np.float32]:
    return np.array([[_number(row[i]) for i in places] for row in rows], np.float32)


def _clock(cells: Iterable[str], pattern: str) -> NDArray[np.float64]:
    return np.array([datetime.strptime(c, pattern).replace(tzinfo=UTC).timestamp() for c in cells])


def _stream(
    name: str,
    tags: list[str],
    numbers: NDArray[np.float32],
    times: NDArray[np.float64] | None = None,
    *,
    assets: list[str] | None = None,
    live: float = 0.5,
    units: dict[str, str] | None = None,
) -> Stream:
    rows = len(numbers)
    return Stream(
        name=name,
        tags=tuple(tags),
        numbers=np.ascontiguousarray(numbers),
        times=np.arange(rows) * 300.0 if times is None else times,
        assets=np.array(assets or [""] * rows, dtype=object),
        live=int(live * rows) if live < 1 else int(live),
        has_clock=times is not None,
        units=units or {},
    )


def steel() -> Stream:
    head, rows = _read(FOLDER / "steel_industry_energy" / "Steel_industry_data.csv.gz")
    times = _clock([row[0] for row in rows], "%d/%m/%Y %H:%M")
    order = np.argsort(times, kind="stable")
    units = {head[1]: "kWh"}
    return _stream("steel", head[1:7], _columns(rows, list(range(1, 7)))[order], times[order], units=units)


def ett() -> Stream:
    head, rows = _read(FOLDER / "ett" / "ETTh1.csv")
    times = _clock([row[0] for row in rows], "%Y-%m-%d %H:%M:%S")
    return _stream("ett", head[1:], _columns(rows, list(range(1, 8))), times, units={"OT": "degC"})


def skab_valve() -> Stream:
    """Join the healthy beginnings (first 400 rows) of the valve runs; each run is one stretch of time."""
    parts, times, head = [], [], []
    for i in range(16):
        head, rows = _read(FOLDER / "skab" / "valve1" / f"{i}.csv", ";")
        parts.append(_columns(rows[:550], list(range(1, 9))))
        times.append(_clock([row[0] for row in rows[:550]], "%Y-%m-%d %H:%M:%S"))
    runs = [str(i) for i, part in enumerate(parts) for _ in part]
    return _stream("skab valve", head[1:9], np.vstack(parts), np.concatenate(times), assets=runs)


def skab_free() -> Stream:
    head, rows = _read(FOLDER / "skab" / "anomaly-free" / "anomaly-free.csv", ";")
    times = _clock([row[0] for row in rows], "%Y-%m-%d %H:%M:%S")
    return _stream("skab free", head[1:], _columns(rows, list(range(1, 9))), times)


def _tep_file(name: str) -> NDArray[np.float32]:
    with gzip.open(FOLDER / "tep" / name, "rt") as file:
        table = np.loadtxt(file)
    return (table.T if table.shape[0] == 52 else table).astype(np.float32)


def tep() -> Stream:
    numbers = np.vstack([_tep_file("d00.dat.gz"), _tep_file("d00_te.dat.gz")])
    tags = [f"XMEAS{i}" for i in range(1, 42)] + [f"XMV{i}" for i in range(1, 12)]
    names = ["first"] * (len(numbers) - 960) + ["second"] * 960
    return _stream("tep", tags, numbers, assets=names, live=len(numbers) - 960)


def _nab(name: str, path: str, until: int, unit: str = "") -> Stream:
    _, rows = _read(FOLDER / "nab" / "data" / path)
    rows = rows[:until]
    times = _clock([row[0] for row in rows], "%Y-%m-%d %H:%M:%S")
    return _stream(name, ["value"], _columns(rows, [1]), times, units={"value": unit} if unit else {})


def ambient() -> Stream:
    return _nab("nab ambient", "realKnownCause/ambient_temperature_system_failure.csv", 3700, "degF")


def taxi() -> Stream:
    return _nab("nab taxi", "realKnownCause/nyc_taxi.csv", 5800)


def noisy() -> Stream:
    return _nab("nab noisy", "artificialNoAnomaly/art_daily_small_noise.csv", 10000)


def batadal() -> Stream:
    head, rows = _read(FOLDER / "licence_unstated" / "batadal_dataset04_full_labels.csv")
    rows = rows[:1680]
    times = _clock([row[0] for row in rows], "%d/%m/%y %H")
    return _stream("batadal", head[1:-1], _columns(rows, list(range(1, len(head) - 1))), times, live=0.6)


def river() -> Stream:
    head, rows = _read(FOLDER / "river_waterflow" / "water-flow.csv")
    times = np.array([datetime.fromisoformat(row[0]).timestamp() for row in rows])
    return _stream("river", head[1:], _columns(rows, [1]), times, units={head[1]: "l/s"})


def elec2() -> Stream:
    head, rows = _read(FOLDER / "licence_unstated" / "elec2.csv.gz")
    rows = rows[20000:40000]
    times = np.arange(len(rows)) * 1800.0
    return _stream("elec2", head[1:6], _columns(rows, list(range(1, 6))), times)


def flotation() -> Stream:
    """Take the columns that the spreadsheet's locale left alone."""
    path = FOLDER / "mining_flotation" / "flotation_1000rows_decimal_comma_raw.csv"
    head, rows = _read(path)
    numbers = np.array([[_number(cell.replace(",", ".")) for cell in row] for row in rows], np.float32)
    usable = [i for i, name in enumerate(head) if "Level" in name or "Amina" in name or "Pulp Flow" in name]
    return _stream("flotation", [head[i] for i in usable], numbers[:, usable])


def cnc() -> Stream:
    parts, names, head = [], [], []
    for i in range(1, 10):
        head, rows = _read(FOLDER / "cnc_tool_wear" / f"experiment_{i:02d}.csv")
        parts.append(_columns(rows, list(range(len(head) - 1))))
        names += [str(i)] * len(rows)
    return _stream("cnc", head[:-1], np.vstack(parts), assets=names, live=sum(map(len, parts[:5])))


def cmapss() -> Stream:
    with gzip.open(FOLDER / "cmapss" / "train_FD001.txt.gz", "rt") as file:
        table = np.loadtxt(file)
    names = [str(int(unit)) for unit in table[:, 0]]
    live = int((table[:, 0] <= 50).sum())
    tags = [f"sensor {i}" for i in range(1, 22)]
    return _stream("cmapss", tags, table[:, 5:].astype(np.float32), assets=names, live=live)


def gas() -> Stream:
    parts = []
    for i in (1, 2):
        _, rows = _read(FOLDER / "gas_sensor_drift" / f"batch{i}.dat.gz")
        parts.append(_columns(rows, list(range(2, 2 + 128, 8))))
    numbers = parts[1]
    return _stream("gas", [f"sensor {i}" for i in range(16)], numbers)


def gas_late() -> Stream:
    """Take the third batch, months later."""
    _, rows = _read(FOLDER / "gas_sensor_drift" / "batch3.dat.gz")
    return _stream("gas late", [f"sensor {i}" for i in range(16)], _columns(rows, list(range(3, 3 + 128, 8))))


def jumps() -> Stream:
    return _nab("nab jumps", "artificialWithAnomaly/art_daily_jumpsup.csv", 2800)


def bearings() -> Stream:
    head, rows = _read(FOLDER / "licence_unstated" / "ims_test2_features.csv")
    rows = rows[:500]
    times = _clock([row[0] for row in rows], "%Y-%m-%d %H:%M:%S")
    return _stream("bearings", head[1:], _columns(rows, [1, 2, 3, 4]), times)


def milling() -> Stream:
    head, rows = _read(FOLDER / "ai4i2020" / "ai4i2020.csv")
    units = {head[3]: "K", head[4]: "K", head[5]: "rpm", head[6]: "Nm"}
    return _stream("ai4i", head[3:8], _columns(rows, [3, 4, 5, 6, 7]), units=units)


TUNED: tuple[Callable[[], Stream], ...] = (
    steel,
    ett,
    skab_valve,
    tep,
    ambient,
    batadal,
    milling,
    cnc,
    taxi,
    noisy,
    river,
    elec2,
    gas,
)
HELD_OUT: tuple[Callable[[], Stream], ...] = (skab_free, flotation, cmapss, gas_late, bearings, jumps)
