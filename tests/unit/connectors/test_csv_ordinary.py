"""The quick reader gives what the patient one gives, or leaves the file to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.connectors.csv import CsvOptions, open_ordinary, read_csv
from andamio.errors import AndamioError

SOUND = st.one_of(
    st.integers(-2000, 100_000).map(str),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: f"{x:.3f}"),
    st.floats(-1e6, 1e6, allow_nan=False).map(repr),
    st.floats(-10, 10, allow_nan=False).map(lambda x: f"{x:+.2e}"),
)
STRANGE = st.sampled_from(
    ["", " ", " 1.5 ", "nan", "NaN", "inf", "n/a", "1_0", "0x1F", "1e400", "007", "1.234", "1,5", "1.234,5",
     "12%", "−3", "4-", "ok", "#5", "'6", '"7"', "1.5\u00a0", "\uff11", "2025-01-31", "true"]
)  # fmt: skip
NAMES = ["temp", "flow [L/min]", "asset", "time", "Presión"]


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file that is ordinary but for a few cells, and sometimes a few rows."""
    delimiter = draw(st.sampled_from(",;\t|"))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    rows = [[draw(SOUND) for _ in names] for _ in range(draw(st.integers(2, 12)))]
    for _ in range(draw(st.integers(0, 2))):
        rows[draw(st.integers(0, len(rows) - 1))][draw(st.integers(0, len(names) - 1))] = draw(STRANGE)
    lines = [delimiter.join(cells) for cells in [names, *rows]]
    if draw(st.integers(0, 4)) == 0:
        lines.insert(
            draw(st.integers(0, len(lines))), draw(st.sampled_from(["", delimiter, "Total", "a,b;c"]))
        )
    return end.join(lines) + draw(st.sampled_from(["", end, end + end]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ordinary")


@settings(max_examples=600, deadline=None)
@given(content=files(), texts=st.sets(st.sampled_from(NAMES), max_size=2))
def test_it_reads_what_the_patient_reader_reads(folder: Path, content: str, texts: set[str]) -> None:
    path = folder / "file.csv"
    path.write_text(content, encoding="utf-8", newline="")
    quick = open_ordinary(path, CsvOptions())
    columns = quick.read(texts) if quick else None
    if quick is None or columns is None:
        return
    patient = read_csv(path)
    assert patient.header == quick.header
    assert patient.lines == list(range(2, len(patient) + 2))
    for name, cells in columns.items():
        if isinstance(cells, list):
            assert cells == patient.written(name)
            assert quick.in_one_form(name, cells) == patient.columns[name]
        else:
            assert cells.tolist() == [float(cell) for cell in patient.columns[name]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_an_ordinary_file_is_read_quickly(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "ordinary.csv"
    rows = [["temp", "asset", "flow"], *([f"{n / 8}", f"P-{n % 3}", f"{n}"] for n in range(20_000))]
    path.write_text("\n".join(delimiter.join(cells) for cells in rows) + "\n")
    file = open_ordinary(path, CsvOptions())
    assert file is not None
    assert file.numbers == {"temp", "flow"}
    columns = file.read({"asset"})
    assert columns is not None
    np.testing.assert_array_equal(columns["temp"], np.arange(20_000) / 8)
    assert columns["asset"][:3] == ["P-0", "P-1", "P-2"]


@pytest.mark.parametrize("odd", ["", "n/a", "inf", "nan", "1,5", "12%", '"3"', "x"])
def test_one_odd_cell_far_below_leaves_the_file_to_the_patient_reader(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "odd.csv"
    cells = [f"{n}.5;{n}.25" for n in range(11_000)]
    cells[7001] = f"{odd};1.25"
    path.write_text("a;b\n" + "\n".join(cells) + "\n")
    file = open_ordinary(path, CsvOptions())
    assert file is None or file.read(()) is None


@pytest.mark.parametrize(
    "options", [CsvOptions(decimal=","), CsvOptions(missing=["-999"]), CsvOptions(text=["a"])]
)
def test_what_the_person_knows_better_is_for_the_patient_reader(tmp_path: Path, options: CsvOptions) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1.5;2.5\n3.5;4.5\n")
    assert open_ordinary(path, CsvOptions()) is not None
    assert open_ordinary(path, options) is None


def test_a_file_that_is_none_is_refused_as_ever(tmp_path: Path) -> None:
    with pytest.raises(AndamioError):
        open_ordinary(tmp_path / "absent.csv", CsvOptions())
