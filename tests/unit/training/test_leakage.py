from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from andamio.training.leakage import Leak, find_leaks

DATA = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not here")

MILL_LEAKS = {"TWF", "HDF", "PWF", "OSF"}
MILL_IDENTIFIERS = {"UDI", "Product ID"}


def csv(path: str, **options: object) -> pl.DataFrame:
    return pl.read_csv(DATA / path, infer_schema_length=100_000, **options)


def mill() -> pl.DataFrame:
    return csv("ai4i2020/ai4i2020.csv")


def zipped(path: str) -> bytes:
    return gzip.decompress((DATA / path).read_bytes())


def plain_table(name: str) -> tuple[pl.DataFrame, str]:
    values = np.loadtxt(DATA / f"uci_regression/{name}/data.txt")
    return pl.DataFrame(values, schema=[f"x{i}" for i in range(values.shape[1] - 1)] + ["y"]), "y"


def last_named_y(path: str) -> tuple[pl.DataFrame, str]:
    frame = csv(path, has_header=False)
    return frame.rename({frame.columns[-1]: "y"}), "y"


def kamyr() -> tuple[pl.DataFrame, str]:
    return csv("process_improve/multivariate/kamyr.csv", has_header=False), "column_1"


def gas_sensors() -> tuple[pl.DataFrame, str]:
    lines = [line.split(",") for line in zipped("gas_sensor_drift/batch1.dat.gz").decode().split()]
    sensors = {f"s{i}": [float(line[i]) for line in lines] for i in range(1, len(lines[0]))}
    return pl.DataFrame(sensors | {"gas": [line[0] for line in lines]}), "gas"


def tennessee(fault: int) -> tuple[pl.DataFrame, str]:
    normal = np.loadtxt(zipped("tep/d00.dat.gz").decode().splitlines()).T
    faulty = np.loadtxt(zipped(f"tep/d0{fault}.dat.gz").decode().splitlines())
    values = np.vstack([normal, faulty])
    frame = pl.DataFrame(values, schema=[f"v{i + 1}" for i in range(values.shape[1])])
    return frame.with_columns(fault=np.repeat([0, 1], [len(normal), len(faulty)])), "fault"


def water_network() -> tuple[pl.DataFrame, str]:
    return csv("licence_unstated/batadal_dataset04_full_labels.csv").drop("DATETIME"), "ATT_FLAG"


def engines() -> tuple[pl.DataFrame, str]:
    values = np.loadtxt(zipped("cmapss/train_FD001.txt.gz").decode().splitlines())
    frame = pl.DataFrame(values[:, :7], schema=["unit", "cycle", "a", "b", "c", "d", "e"])
    life = pl.col("cycle").max().over("unit") - pl.col("cycle")
    return frame.with_columns(soon=(life < 30).cast(pl.Int8)), "soon"


STRONG_BUT_HONEST: dict[str, Callable[[], tuple[pl.DataFrame, str]]] = {
    "concrete": lambda: plain_table("concrete"),
    "energy": lambda: plain_table("energy"),
    "wheat seeds": lambda: last_named_y("seeds/wheat-seeds.csv"),
    "red wine": lambda: last_named_y("wine_quality/winequality-red.csv"),
    "kamyr": kamyr,
    "gas sensors": gas_sensors,
    "tennessee 1": lambda: tennessee(1),
    "tennessee 4": lambda: tennessee(4),
    "water network": water_network,
    "engines": engines,
    "nylon": lambda: (csv("process_improve/batch/nylon.csv"), "Tag10"),
    "transformer": lambda: (csv("ett/ETTh1.csv").drop("date"), "OT"),
    "coffee": lambda: (csv("coffee_cqi/arabica_no_personal.csv"), "Total.Cup.Points"),
    "electricity": lambda: (pl.read_csv(zipped("licence_unstated/elec2.csv.gz")), "class"),
}


def excluded(leaks: list[Leak]) -> set[str]:
    return {leak.column for leak in leaks if leak.excluded}


@needs_data
@pytest.mark.data
def test_the_sub_causes_of_a_mill_failure_and_its_row_numbers_are_found():
    leaks = find_leaks(mill(), "Machine failure")
    kinds = {leak.column: leak.kind for leak in leaks if leak.excluded}
    assert {c for c, kind in kinds.items() if kind == "gives-away"} == MILL_LEAKS
    assert {c for c, kind in kinds.items() if kind in ("identifier", "row-number")} == MILL_IDENTIFIERS


def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sample(fraction=1.0, shuffle=True, seed=3)


def as_words(frame: pl.DataFrame) -> pl.DataFrame:
    flags = ["TWF", "HDF", "PWF", "OSF", "RNF", "Machine failure"]
    return frame.with_columns(
        pl.when(pl.col(c) == 1).then(pl.lit("yes")).otherwise(pl.lit("no")).alias(c) for c in flags
    )


def turned_round(frame: pl.DataFrame) -> pl.DataFrame:
    """1 becomes A and 0 becomes B, or 10 and 20, so that order tells nothing."""
    return frame.with_columns(
        pl.when(pl.col("TWF") == 1).then(pl.lit("A")).otherwise(pl.lit("B")).alias("TWF"),
        (20 - 10 * pl.col("HDF")).alias("HDF"),
        (pl.col("PWF") == 1).alias("PWF"),
        (pl.col("OSF") * 1.0 + 0.5).alias("OSF"),
        (pl.col("UDI") * 2.5 + 7.25).alias("UDI"),
        pl.col("Product ID").str.slice(1).cast(pl.Int64).alias("Product ID"),
        (1 - pl.col("Machine failure")).cast(pl.Float64).alias("Machine failure"),
    )


def with_gaps(frame: pl.DataFrame) -> pl.DataFrame:
    """A flag is only filled in when it is raised."""
    flags = ["TWF", "HDF", "PWF", "OSF"]
    return frame.with_columns(pl.when(pl.col(c) == 1).then(pl.lit("x")).alias(c) for c in flags)


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(
    "change",
    [
        shuffled,
        as_words,
        turned_round,
        with_gaps,
        lambda f: shuffled(turned_round(f)),
        lambda f: f.sample(fraction=0.4, seed=1),
    ],
    ids=["shuffled", "words", "turned round", "gaps", "shuffled and turned round", "part of it"],
)
def test_recoded_columns_get_the_same_verdict(change):
    assert excluded(find_leaks(change(mill()), "Machine failure")) == MILL_LEAKS | MILL_IDENTIFIERS


@needs_data
@pytest.mark.data
def test_renamed_and_reordered_columns_get_the_same_verdict():
    frame = mill()
    names = {name: f"c{i}" for i, name in enumerate(reversed(frame.columns))}
    other = frame.rename(names).select(sorted(names.values()))
    expected = {names[c] for c in MILL_LEAKS | MILL_IDENTIFIERS}
    assert excluded(find_leaks(other, names["Machine failure"])) == expected


@needs_data
@pytest.mark.data
@pytest.mark.parametrize("name", STRONG_BUT_HONEST)
@pytest.mark.parametrize("order", ["as given", "shuffled"])
def test_a_strong_predictor_is_not_taken_for_a_leak(name, order):
    frame, target = STRONG_BUT_HONEST[name]()
    if order == "shuffled":
        frame = shuffled(frame)
    assert excluded(find_leaks(frame, target)) == set()


@needs_data
@pytest.mark.data
def test_a_sensor_that_separates_everything_is_asked_about_and_not_excluded():
    frame, target = tennessee(4)
    assert [(leak.column, leak.excluded) for leak in find_leaks(frame, target)] == [("v51", False)]


@needs_data
@pytest.mark.data
def test_emissions_computed_from_the_energy_are_the_energy_again():
    frame = pl.read_csv(
        zipped("steel_industry_energy/Steel_industry_data.csv.gz"), infer_schema_length=10_000
    )
    leaks = find_leaks(frame, "Usage_kWh", frame.columns[0])
    assert excluded(leaks) == {frame.columns[0], "CO2(tCO2)"}


@needs_data
@pytest.mark.data
def test_the_remaining_life_gives_failing_soon_away():
    frame, target = engines()
    life = pl.col("cycle").max().over("unit") - pl.col("cycle")
    leaks = find_leaks(frame.with_columns(life=life), target, "cycle", "unit")
    assert excluded(leaks) == {"cycle", "life"}


@needs_data
@pytest.mark.data
def test_run_numbers_of_an_experiment_are_row_numbers():
    assert excluded(find_leaks(csv("process_improve/experiments/test_doe1.csv"), "y")) == {"Run order"}
    assert excluded(find_leaks(csv("process_improve/multivariate/cheddar-cheese.csv"), "Taste")) == {"Case"}


def sensors(rows: int = 800, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    heat = rng.normal(60, 5, rows).round(1)
    failed = (heat + rng.normal(0, 3, rows) > 68).astype(int)
    return pl.DataFrame({"heat": heat, "failed": failed})


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda f, y: y * 1.8 + 32, id="another unit"),
        pytest.param(lambda f, y: -y.round(0), id="rounded and turned round"),
        pytest.param(lambda f, y: np.exp(y / 20), id="another scale"),
        pytest.param(
            lambda f, y: y + np.random.default_rng(1).normal(0, 0.05, len(y)), id="a trace of noise"
        ),
    ],
)
def test_the_target_in_another_form_is_found(spoil):
    frame = sensors()
    strength = frame["heat"].to_numpy() * 0.5 + np.random.default_rng(4).normal(0, 4, len(frame))
    frame = frame.with_columns(strength=strength, again=spoil(frame, strength)).drop("failed")
    assert excluded(find_leaks(frame, "strength")) == {"again"}


def test_the_repair_report_gives_the_failure_away():
    frame = sensors()
    rng = np.random.default_rng(2)
    minutes = np.where(frame["failed"] == 1, rng.uniform(10, 90, len(frame)).round(1), 0.0)
    report = [f"WO-{i}" if failed else None for i, failed in enumerate(frame["failed"])]
    leaks = find_leaks(frame.with_columns(downtime=minutes, report=pl.Series(report)), "failed")
    assert {leak.column for leak in leaks if leak.kind == "gives-away"} == {"downtime", "report"}


def test_the_target_with_noise_around_two_values_is_found():
    frame = sensors()
    rng = np.random.default_rng(3)
    frame = frame.with_columns(again=frame["failed"] + rng.normal(0, 0.02, len(frame)))
    assert excluded(find_leaks(frame, "failed")) == {"again"}


def test_a_flag_that_was_raised_on_one_occasion_proves_nothing():
    frame = sensors()
    rows = np.arange(len(frame))
    failed = np.where((rows > 300) & (rows < 340), 1, frame["failed"])
    frame = frame.with_columns(failed=failed, valve=((rows > 300) & (rows < 340)).astype(int))
    assert excluded(find_leaks(frame, "failed")) == set()


def test_a_text_that_names_every_row_is_an_identifier_and_a_date_is_a_clock():
    frame = sensors(50)
    frame = frame.with_columns(
        serial=pl.Series([f"S{i * 7919 % 1000:03d}" for i in range(50)]),
        day=pl.Series([f"2026-01-{1 + i % 28:02d}" for i in range(50)]),
    )
    kinds = {leak.column: leak.kind for leak in find_leaks(frame, "failed")}
    assert kinds == {"serial": "identifier", "day": "time"}


def test_tool_wear_that_rises_and_falls_back_is_no_row_number():
    frame = sensors()
    wear = np.arange(len(frame)) * 3 % 250
    assert excluded(find_leaks(frame.with_columns(wear=wear), "failed")) == set()


def test_every_reason_says_why_in_words():
    frame = sensors().with_columns(flag=pl.col("failed"), line=pl.int_range(pl.len()))
    for leak in find_leaks(frame, "failed"):
        assert len(str(leak.reason).split()) > 5
