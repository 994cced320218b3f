"""Files written in every plant dialect, with known truth, are read cell for cell."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.connectors.csv import ColumnKind, DateOrder, read_csv

_FIRST, _LAST = datetime.fromisoformat("2001-01-01"), datetime.fromisoformat("2040-01-01")
_WORDS = ["bomba", "línea 2", "año", "tamaño;grande", "a, b", "N° 7", 'dice "ok"', "Ø 40"]


@dataclass(frozen=True)
class Dialect:
    decimal: str
    thousands: str
    delimiter: str
    encoding: str
    bom: bool
    quote_all: bool
    day_first: bool
    newline: str

    def number(self, value: float | None, decimals: int) -> str:
        if value is None:
            return ""
        grouped = f"{value:,.{decimals}f}" if self.thousands else f"{value:.{decimals}f}"
        swap = {",": self.thousands, ".": self.decimal}
        return "".join(swap.get(sign, sign) for sign in grouped)

    def time(self, moment: datetime) -> str:
        return moment.strftime("%d/%m/%Y %H:%M:%S" if self.day_first else "%Y-%m-%d %H:%M:%S")

    def write(self, rows: list[list[str]]) -> bytes:
        text = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if self.quote_all else csv.QUOTE_MINIMAL
        csv.writer(text, delimiter=self.delimiter, quoting=quoting, lineterminator=self.newline).writerows(
            rows
        )
        codec = {"utf-8": "utf-8-sig"}.get(self.encoding, self.encoding) if self.bom else self.encoding
        return text.getvalue().encode(codec)


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    decimal = draw(st.sampled_from(",."))
    return Dialect(
        decimal=decimal,
        thousands=draw(st.sampled_from(["", "." if decimal == "," else ",", " "])),
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        encoding=draw(st.sampled_from(["utf-8", "latin-1", "cp1252", "utf-16"])),
        bom=draw(st.booleans()),
        quote_all=draw(st.booleans()),
        day_first=draw(st.booleans()),
        newline=draw(st.sampled_from(["\n", "\r\n"])),
    )


@st.composite
def columns(draw: st.DrawFn) -> dict[str, object]:
    rows = draw(st.integers(5, 40))
    numbers = st.integers(-5_000_000, 5_000_000)
    start = draw(st.datetimes(_FIRST, _LAST)).replace(microsecond=0)
    step = timedelta(seconds=draw(st.sampled_from([1, 60, 900, 3600, 86400])))
    return {
        "one": draw(
            st.lists(
                numbers.map(lambda n: (n | 1) / 10 if n % 10 else n / 10 + 0.1), min_size=rows, max_size=rows
            )
        ),
        "three": draw(st.lists(st.none() | numbers.map(lambda n: n / 1000), min_size=rows, max_size=rows)),
        "whole": draw(st.lists(st.none() | numbers, min_size=rows, max_size=rows)),
        "small": draw(st.lists(st.integers(0, 9999).map(lambda n: n / 10000), min_size=rows, max_size=rows)),
        "word": draw(st.lists(st.sampled_from(_WORDS), min_size=rows, max_size=rows)),
        "when": [start + row * step for row in range(rows)],
    }


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(dialect=dialects(), truth=columns())
def test_every_dialect_is_read_cell_for_cell(
    tmp_path: Path, dialect: Dialect, truth: dict[str, list]
) -> None:
    decimals = {"one": 1, "three": 3, "whole": 0, "small": 4}
    header = ["Tensión media [kV]", "three", "whole", "small", "word", "when"]
    cells = [
        [
            *(dialect.number(truth[name][row], places) for name, places in decimals.items()),
            truth["word"][row],
            dialect.time(truth["when"][row]),
        ]
        for row in range(len(truth["one"]))
    ]
    file = tmp_path / "history.csv"
    file.write_bytes(dialect.write([header, *cells]))

    table = read_csv(file)

    assert table.header == header
    assert table.guess.delimiter == dialect.delimiter
    assert table.guess.header_units == {"Tensión media [kV]": "kV"}
    for name, column in zip(decimals, header, strict=False):
        present = [value for value in truth[name] if value is not None]
        if not present:
            continue
        assert table.guess.columns[column].kind is ColumnKind.NUMBER
        read = [float(cell) if cell else None for cell in table.columns[column]]
        assert read == [None if value is None else round(value, decimals[name]) for value in truth[name]]
    assert table.columns["word"] == truth["word"]
    assert table.columns["when"] == [moment.isoformat() for moment in truth["when"]]
    assert table.guess.date_order is (DateOrder.DAY_FIRST if dialect.day_first else DateOrder.YEAR_FIRST)
    assert table.lines[0] == 2
