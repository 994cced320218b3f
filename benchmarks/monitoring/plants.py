"""Real streams: what plants recorded, cut into reference, normal rows and rows for injections.

Nobody has certified these rows as normal; where a plant changes, an alarm may be right. They lie beside the
project (``../shared/data``, or where ``ANDAMIO_TEST_DATA`` points) and are left out, saying so, where absent.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from inject import KINDS, inject
from streams import START, Case, Floats, Stream, Stretch

HERE = Path(__file__).resolve().parent
HOUR_S = 3_600.0


def data() -> Path:
    """Return the folder of the real data."""
    return Path(os.environ.get("ANDAMIO_TEST_DATA", HERE.parents[2] / "shared" / "data"))


def tennessee(name: str) -> Stretch:
    """Return one file of Tennessee Eastman, 52 variables every 3 minutes; ``d00`` lies on its side."""
    with gzip.open(data() / "tep" / f"{name}.dat.gz", "rt") as file:
        table = np.loadtxt(file)
    table = table.T if name == "d00" else table
    return Stretch(table, START + 180.0 * np.arange(len(table)))


def table_of(path: Path, columns: list[str], delimiter: str = ",", decimal: str = ".") -> Floats:
    """Read columns of numbers."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=delimiter))
    return np.array([[_number(row[name].replace(decimal, ".")) for name in columns] for row in rows])


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")


def stamps(path: Path, column: str, form: str, delimiter: str = ",") -> Floats:
    """Read a column of times."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        words = [row[column] for row in csv.DictReader(file, delimiter=delimiter)]
    return np.array([datetime.strptime(f"{word} +0000", f"{form} %z").timestamp() for word in words])


def transformer() -> Stream:
    """Transformer oil temperature and loads, hourly: a year of reference, two months, two months."""
    path = data() / "ett" / "ETTh1.csv"
    table = table_of(path, ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"])
    rows = Stretch(table, stamps(path, "date", "%Y-%m-%d %H:%M:%S"))
    return cut("transformer (ETT)", rows, HOUR_S, (8_760, 1_440, 1_440), window=168)


def steelworks() -> Stream:
    """Energy of a steelworks, every quarter of an hour: half a year, two months, two months."""
    path = data() / "steel_industry_energy" / "Steel_industry_data.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig") as file:
        names = next(csv.reader(file))[1:7]
    table = table_of(path, names)
    rows = Stretch(table, START - 8 * 365 * 86_400.0 + 900.0 * np.arange(len(table)))
    return cut("steelworks", rows, 900.0, (17_280, 5_760, 5_760), window=672)


def water_loop() -> Stream:
    """SKAB's rig without anomalies, once a second: an hour and a half, 35 minutes, 35 minutes."""
    path = data() / "skab" / "anomaly-free" / "anomaly-free.csv"
    with path.open(encoding="utf-8-sig") as file:
        names = file.readline().strip().split(";")[1:]
    table = table_of(path, names, ";")
    rows = Stretch(table, stamps(path, "datetime", "%Y-%m-%d %H:%M:%S", ";"))
    return cut("water loop (SKAB)", rows, 1.0, (5_200, 2_100, 2_100), window=300)


def office() -> Stream:
    """One ambient temperature, hourly, before its first known failure."""
    path = data() / "nab" / "data" / "realKnownCause" / "ambient_temperature_system_failure.csv"
    table = table_of(path, ["value"])
    rows = Stretch(table, stamps(path, "timestamp", "%Y-%m-%d %H:%M:%S"))
    return cut("ambient (NAB)", rows, HOUR_S, (2_160, 720, 720), window=168)


def flotation() -> Stream:
    """A flotation plant, every 20 seconds; columns that a spreadsheet mangled are left out."""
    path = data() / "mining_flotation" / "flotation_1000rows_decimal_comma_raw.csv"
    with path.open(encoding="utf-8-sig") as file:
        names = next(csv.reader(file))
    table = table_of(path, names, decimal=",")
    low, high = np.quantile(table, 0.01, axis=0), np.quantile(table, 0.99, axis=0)
    usable = (
        ~np.isnan(table).any(axis=0)
        & (high < 5.0 * low)
        & (np.array([np.unique(column).size for column in table.T]) > 20)
    )
    table = table[:, usable]
    rows = Stretch(table, START + 20.0 * np.arange(len(table)))
    return cut("flotation", rows, 20.0, (500, 200, 300), window=90)


def water_network() -> Stream:
    """BATADAL's network of tanks and pumps, hourly, before its first attack; the attacks are cases too."""
    path = data() / "licence_unstated" / "batadal_dataset04_full_labels.csv"
    with path.open() as file:
        names = file.readline().strip().split(",")[1:-1]
    table, times = table_of(path, names), stamps(path, "DATETIME", "%d/%m/%y %H")
    attacked = table_of(path, ["ATT_FLAG"])[:, 0] != 0.0
    first = int(np.flatnonzero(attacked)[0])
    stream = cut(
        "water network (BATADAL)", Stretch(table[:first], times[:first]), HOUR_S, (1_150, 240, 288), 48
    )
    starts = np.flatnonzero(attacked & ~np.roll(attacked, 1))
    for start in starts:
        before = int(start) - 48
        stream.cases.append(Case("attack", Stretch(table, times).cut(before, before + 192), 48))
    return stream


def tennessee_eastman() -> Stream:
    """Learn on ``d00`` alone; the normal rows are fresh; three faults are cases."""
    reference = tennessee("d00")
    faulty = {name: tennessee(f"{name}_te") for name in ("d01", "d04", "d05")}
    fresh = tennessee("d00_te")
    stream = Stream("Tennessee Eastman", 180.0, 120, reference, [fresh.cut(0, 480)], [fresh.cut(480)], [])
    stream.fresh.extend(rows.cut(0, 160) for rows in faulty.values())
    stream.cases.extend(Case(f"fault {int(name[1:])}", rows, 160) for name, rows in faulty.items())
    stream.cases.extend(inject(kind, fresh.cut(480), reference, 120, 1, 41) for kind in KINDS)
    return stream


def cut(name: str, rows: Stretch, step_s: float, sizes: tuple[int, int, int], window: int) -> Stream:
    """Cut a record in order into reference, calibration and fresh rows; injections go into the fresh rows."""
    first, second, third = np.cumsum(sizes).tolist()
    reference, fresh = rows.cut(0, first), rows.cut(second, third)
    onset = max(window, len(fresh.table) // 4 // window * window)
    tags = rows.table.shape[1]
    cases = [
        inject(kind, fresh, reference, onset, 1, tags) for kind in KINDS if tags > 1 or kind not in COMPANY
    ]
    return Stream(name, step_s, window, reference, [rows.cut(first, second)], [fresh], cases)


COMPANY = ("correlation", "concept")  # need a second tag
REAL: list[Callable[[], Stream]] = [
    tennessee_eastman,
    transformer,
    steelworks,
    water_loop,
    office,
    flotation,
    water_network,
]


def real(wanted: list[Callable[[], Stream]]) -> tuple[list[Stream], list[str]]:
    """Return the real streams, and the names of those that are absent."""
    found, absent = [], []
    for make in wanted:
        try:
            found.append(make())
        except FileNotFoundError:
            absent.append(make.__name__)
    return found, absent
