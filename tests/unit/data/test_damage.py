"""Numbers that a spreadsheet mangled are found, and sound ones are left alone."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from andamio.connectors.csv import ColumnKind, read_csv
from andamio.data import FindingKind, Source
from andamio.data.damage import find_mangled
from andamio.data.digits import Digits, digits_of_numbers, digits_of_text
from andamio.data.plausibility import bounds_of
from andamio.data.reading import read_source

FLOTATION = "mining_flotation/flotation_7734rows_LOCALE_CORRUPTED.csv"
FLOTATION_COMMA = "mining_flotation/flotation_1000rows_decimal_comma_raw.csv"
SOUND = [
    "ai4i2020/ai4i2020.csv",
    "steel_industry_energy/Steel_industry_data.csv.gz",
    "ett/ETTh1.csv",
    "skab/valve1/0.csv",
    "skab/valve1/7.csv",
    "skab/anomaly-free/anomaly-free.csv",
    "uci_regression/concrete/data.txt",
    "uci_regression/energy/data.txt",
    "wine_quality/winequality-red.csv",
    "coffee_cqi/arabica_no_personal.csv",
    "process_improve/multivariate/kamyr.csv",
    "process_improve/multivariate/LDPE/LDPE.csv",
    "process_improve/batch/nylon.csv",
    "process_improve/experiments/test_doe1.csv",
    "gas_sensor_drift/batch1.dat.gz",
    "cnc_tool_wear/experiment_01.csv",
    "cnc_tool_wear/experiment_02.csv",
    "cnc_tool_wear/experiment_06.csv",
    "cmapss/test_FD001.txt",
    "tep/d00_te.dat.gz",
    "seeds/wheat-seeds.csv",
    "river_waterflow/water-flow.csv",
    "nab/data/realKnownCause/nyc_taxi.csv",
    "licence_unstated/batadal_dataset04_full_labels.csv",
    "licence_unstated/ims_test2_features.csv",
]


# Every cell of these loses equally many digits, so that nothing in the column tells it.
UNTOLD = {"Pressure", "anomaly", "changepoint"}


@pytest.fixture(scope="module")
def flotation(real_data: Path) -> Source:
    return read_source(real_data / FLOTATION)


def lost_mark(cell: str) -> str:
    """Lose the mark where exactly three digits follow it, as a spreadsheet of the other locale does."""
    whole, _, after = cell.partition(".")
    return whole + after if len(after) == 3 and whole.lstrip("-") != "0" else cell


def every_mark(cell: str) -> str:
    return cell.replace(".", "")


@pytest.mark.data
@pytest.mark.parametrize("name", SOUND)
def test_sound_files_have_no_mangled_column(real_data: Path, name: str) -> None:
    table = read_csv(real_data / name)
    digits = {
        column: digits_of_text(table.columns[column])
        for column, guess in table.guess.columns.items()
        if guess.kind is ColumnKind.NUMBER
    }
    bounds = {
        column: limits
        for column in digits
        if (limits := bounds_of(column, table.guess.header_units.get(column)))
    }
    assert find_mangled(digits, bounds) == {}
    assert not any(guess.contradictory for guess in table.guess.columns.values())


@pytest.mark.data
def test_every_mangled_cell_of_the_flotation_file_is_named(flotation: Source) -> None:
    source = flotation
    assert source.guess["decimal"] == "."
    assert source.guess["dates"] == "day-first"
    largest = {"Starch Flow": 6300, "Ore Pulp pH": 11, "Ore Pulp Density": 2}
    named = {finding.column: set(finding.lines) for finding in source.findings if finding.blocks}
    for column in source.frame.columns[1:]:
        values = source.frame[column].to_numpy()
        truth = {source.lines[row] for row in np.flatnonzero(values > largest.get(column, 1000))}
        assert named.get(column, set()) == truth
    assert {"Ore Pulp pH", "Ore Pulp Density", "Starch Flow", "Flotation Column 04 Air Flow"} <= named.keys()
    assert (
        not {"% Iron Feed", "% Silica Feed", "% Iron Concentrate", "Flotation Column 05 Air Flow"}
        & named.keys()
    )


@pytest.mark.data
def test_the_likely_value_is_named_where_the_witnesses_tell_it(flotation: Source) -> None:
    likely = {finding.column: finding.likely[0] for finding in flotation.findings if finding.blocks}
    assert likely["Ore Pulp pH"] == "10.0664"
    assert likely["Ore Pulp Density"] == "1.74022"
    assert likely["Flotation Column 04 Air Flow"] == "295.096"


@pytest.mark.data
def test_a_file_with_decimal_commas_is_read_and_its_moved_marks_are_named(
    real_data: Path,
) -> None:
    source = read_source(real_data / FLOTATION_COMMA)
    assert source.guess["decimal"] == ","
    assert source.frame["% Iron Feed"][0] == 55.2
    named = {finding.column: finding for finding in source.findings if finding.blocks}
    assert set(named) == {"Ore Pulp pH", "Ore Pulp Density", "Starch Flow", "Flotation Column 02 Level"}
    for column, high in (("Ore Pulp pH", 11.0), ("Ore Pulp Density", 2.0)):
        values = source.frame[column].to_numpy()
        assert set(named[column].lines) == {source.lines[row] for row in np.flatnonzero(values > high)}
    contradictory = source.frame["Starch Flow"].is_null().arg_true()
    assert set(named["Starch Flow"].lines) == {source.lines[row] for row in contradictory}


@pytest.mark.data
@pytest.mark.parametrize(("start", "size"), [(1, 60), (517, 60), (4663, 60), (6257, 200), (3000, 1000)])
def test_a_piece_of_the_flotation_file_is_enough(
    real_data: Path, tmp_path: Path, start: int, size: int
) -> None:
    with (real_data / FLOTATION).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    piece = tmp_path / "piece.csv"
    with piece.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0], *rows[start : start + size]])
    source = read_source(piece)
    named = {finding.column: set(finding.lines) for finding in source.findings if finding.blocks}
    for column in source.frame.columns[1:]:
        values = source.frame[column].to_numpy()
        large = {"Starch Flow": 7000, "Ore Pulp pH": 11, "Ore Pulp Density": 2}.get(column, 1000)
        assert {source.lines[row] for row in np.flatnonzero(values > large)} <= named.get(column, set())


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "mangle"),
    [
        ("process_improve/multivariate/kamyr.csv", lost_mark),
        ("seeds/wheat-seeds.csv", lost_mark),
        ("skab/valve1/0.csv", lost_mark),
        ("ai4i2020/ai4i2020.csv", every_mark),
        ("ett/ETTh1.csv", every_mark),
        ("seeds/wheat-seeds.csv", every_mark),
    ],
)
def test_sound_files_are_found_out_once_they_are_mangled(
    real_data: Path, name: str, mangle: Callable[[str], str]
) -> None:
    table = read_csv(real_data / name)
    digits: dict[str, Digits] = {}
    changed: dict[str, float] = {}
    for column, guess in table.guess.columns.items():
        if guess.kind is ColumnKind.NUMBER:
            cells = [mangle(cell) for cell in table.columns[column]]
            digits[column] = digits_of_text(cells)
            changed[column] = float(
                np.mean([a != b for a, b in zip(cells, table.columns[column], strict=True)])
            )
    found = set(find_mangled(digits, {}))
    assert found <= {column for column, share in changed.items() if share > 0}
    assert {column for column, share in changed.items() if share > 0.05 and column not in UNTOLD} <= found


@settings(max_examples=60, deadline=None)
@given(
    middle=st.floats(1.5, 900),
    spread=st.floats(0.002, 0.1),
    decimals=st.integers(3, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_lost_marks_are_found_for_any_scale_and_number_of_decimals(
    middle: float, spread: float, decimals: int, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    values = middle * np.exp(spread * chance.standard_normal(400))
    cells = [f"{value:.{decimals}f}".rstrip("0").rstrip(".") for value in values]
    mangled = [cell.replace(".", "") if len(cell.partition(".")[2]) >= 3 else cell for cell in cells]
    lost = {row for row in range(400) if mangled[row] != cells[row]}
    assume(sum("." in cell for cell in mangled) >= 5)
    digits = digits_of_text(mangled)
    found = find_mangled({"flow": digits}, {})
    assert lost <= set(digits.rows[found["flow"].positions].tolist())
    assert find_mangled({"flow": digits_of_text(cells)}, {}) == {}


@settings(max_examples=60, deadline=None)
@given(
    shape=st.sampled_from(["normal", "lognormal", "uniform", "counts", "steps"]),
    scale=st.floats(-2, 5),
    decimals=st.integers(0, 5),
    significant=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
@example(shape="normal", scale=2.5, decimals=0, significant=True, seed=0)
def test_sound_columns_of_any_shape_are_left_alone(
    shape: str, scale: float, decimals: int, significant: bool, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    values = (
        10**scale
        * {
            "normal": chance.standard_normal(500),
            "lognormal": np.exp(1.5 * chance.standard_normal(500)),
            "uniform": chance.random(500),
            "counts": chance.poisson(30, 500).astype(float),
            "steps": chance.choice([0.1, 1, 10, 100, 1000], 500),
        }[shape]
    )
    cells = [f"{value:.{decimals + 2}g}" if significant else f"{value:.{decimals}f}" for value in values]
    assert find_mangled({"column": digits_of_text(cells)}, {}) == {}
    typed = np.array([float(cell) for cell in cells])
    assert find_mangled({"column": digits_of_numbers(typed)}, {}) == {}


def test_a_column_whose_name_is_ph_cannot_be_a_hundred_thousand() -> None:
    digits = digits_of_text(["100664", "100672", "100689", "100697"])
    found = find_mangled({"pH": digits}, {"pH": bounds_of("Ore Pulp pH", None)})
    assert found["pH"].reason == "bounds"
    assert found["pH"].likely.tolist() == pytest.approx([10.0664, 10.0672, 10.0689, 10.0697])


def test_a_sensors_error_code_is_no_lost_mark() -> None:
    cells = [f"{20 + row % 7 / 10:.1f}" for row in range(200)]
    for row in (3, 50, 51, 52, 120):
        cells[row] = "9999"
    assert find_mangled({"T": digits_of_text(cells)}, {}) == {}


def test_a_zero_among_large_scores_and_a_value_a_thousand_times_too_large_are_reported_but_do_not_block(
    write: Callable[..., Path],
) -> None:
    scores = [f"{80 + row % 9}" for row in range(300)]
    scores[40] = "0"
    flows = [f"{5 + row % 4}.5" for row in range(300)]
    flows[77] = "99999.5"
    source = read_source(write({"score": scores, "flow": flows, "row": range(300)}))
    jumps = {finding.column: finding.lines for finding in source.findings if finding.kind is FindingKind.JUMP}
    assert jumps == {"score": [42], "flow": [79]}
    assert not any(finding.blocks for finding in source.findings)


def test_values_that_physics_forbids_are_reported(write: Callable[..., Path]) -> None:
    cells = [f"{40 + row % 30}.5" for row in range(100)]
    cells[10] = "108.5"
    cold = [f"{row % 30}.5" for row in range(100)]
    cold[20] = "-300.5"
    source = read_source(write({"Humedad relativa [%]": cells, "T [degC]": cold}))
    found = {
        finding.column: finding.lines for finding in source.findings if finding.kind is FindingKind.IMPOSSIBLE
    }
    assert found == {"Humedad relativa [%]": [12], "T [degC]": [22]}
