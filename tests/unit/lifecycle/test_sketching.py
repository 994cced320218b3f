"""A drafted contract reads waveforms where a column holds lists, and says why where it cannot."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from andamio.contracts import Kind, TagType, parse_contract
from andamio.contracts.draft import draft_contract
from andamio.data.source import Source
from andamio.language import say
from andamio.lifecycle.sketching import Wishes, sketch

NAN = float("nan")


def source(waves: list[list[float | None] | None]) -> Source:
    rows = len(waves)
    frame = pl.DataFrame(
        {
            "speed": [20.0 + row % 7 for row in range(rows)],
            "vib": pl.Series(waves, dtype=pl.List(pl.Float32)),
            "state": ["ok" if row % 3 else "worn" for row in range(rows)],
        }
    )
    return Source(path=Path("h.parquet"), frame=frame, lines=range(1, rows + 1))


@pytest.mark.parametrize(
    ("odd", "missing"), [([1.0, 2.0, 3.0], 0), ([1.0, None, 3.0], 1), ([1.0, NAN, 3.0], 1), (None, 1)]
)
def test_a_column_of_lists_is_a_waveform_and_its_holes_are_counted(
    odd: list[float | None] | None, missing: int
) -> None:
    draft, _ = sketch(
        source([[0.0, 1.0, float(row)] for row in range(20)] + [odd]), "h", Wishes(target="state")
    )
    wave = next(column for column in draft.columns if column.header == "vib")
    assert (wave.type, wave.length, wave.missing) == (TagType.WAVEFORM, 3, missing)
    contract = parse_contract(draft_contract(draft), name="m", file="models/m.toml")
    assert [(one.name, one.length) for one in contract.signals] == [("vib", 3)]


@pytest.mark.parametrize(("length", "why"), [(0, "0 samples"), (1, "1 samples"), (70_000, "70,000 samples")])
def test_a_list_that_can_be_no_waveform_is_left_out(length: int, why: str) -> None:
    draft, _ = sketch(source([[0.5] * length] * 6), "h", Wishes(target="state"))
    assert "vib" not in [column.header for column in draft.columns]
    assert why in say(dict(draft.left_out)["vib"])


def test_rows_of_several_lengths_are_left_out() -> None:
    draft, _ = sketch(source([[0.5] * (3 + row % 2) for row in range(20)]), "h", Wishes(target="state"))
    assert "between 3 and 4 samples" in say(dict(draft.left_out)["vib"])


def test_without_a_target_a_detector_is_drafted() -> None:
    frame = source([[0.0, 1.0, float(row)] for row in range(20)])
    draft, leaks = sketch(frame, "h", Wishes(target=None))
    assert (draft.kind, draft.target, leaks) == (Kind.ANOMALY, None, [])
    contract = parse_contract(draft_contract(draft), name="m", file="models/m.toml")
    assert contract.kind is Kind.ANOMALY
    assert contract.by_name.keys() == {"speed", "vib", "state"}
