"""A drafted contract reads waveforms where a column holds lists, and says why where it cannot."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from andamio.contracts import Kind, TagType, parse_contract
from andamio.contracts.draft import draft_contract
from andamio.data.source import Source
from andamio.errors import InputRefused
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


def beating(steps: list[float], machines: int = 1) -> Source:
    """Make a history of some machines whose rows follow one another after some seconds."""
    moments = np.cumsum([0.0, *steps]) * 1e6
    rows = len(moments) * machines
    frame = pl.DataFrame(
        {
            "time": pl.Series(np.repeat(moments, machines).astype(np.int64)).cast(pl.Datetime("us", "UTC")),
            "pump": [f"p{place % machines}" for place in range(rows)],
            "flow": np.random.default_rng(0).normal(10, 1, rows),
        }
    )
    return Source(path=Path("h.parquet"), frame=frame, lines=range(1, rows + 1))


@pytest.mark.parametrize("machines", [1, 3])
def test_a_detector_of_rows_with_a_beat_sees_windows(machines: int) -> None:
    wishes = Wishes(target=None, asset="pump" if machines > 1 else None)
    draft, _ = sketch(beating([60.0] * 300, machines), "h", wishes)
    contract = parse_contract(draft_contract(draft), name="m", file="models/m.toml")
    assert contract.window is not None
    assert (contract.window.length, contract.window.tags) == (20, ("flow",))


@pytest.mark.parametrize(
    ("steps", "why"),
    [([60.0] * 150, "too few rows"), ([1.0, 5000.0, 86_400.0] * 150, "no beat")],
)
def test_a_detector_of_rows_without_a_beat_sees_each_alone(steps: list[float], why: str) -> None:
    draft, _ = sketch(beating(steps), "h", Wishes(target=None))
    assert draft.time == "time", why
    assert draft.window is None, why


def test_what_is_foretold_of_a_row_gets_no_window() -> None:
    lonely = beating([60.0] * 300)
    beside = pl.Series("pressure", np.random.default_rng(1).normal(5, 1, lonely.frame.height))
    both = dataclasses.replace(lonely, frame=lonely.frame.with_columns(beside))
    draft, _ = sketch(both, "h", Wishes(target="flow"))
    assert draft.window is None


def test_a_list_that_a_csv_holds_as_text_is_a_waveform_too() -> None:
    written = source([[0.5, 1.5, float(row)] for row in range(30)])
    cells = [f"[0.5, 1.5, {row}]" if row else None for row in range(30)]
    frame = written.frame.with_columns(pl.Series("vib", cells, dtype=pl.String))
    read = Source(path=Path("h.csv"), frame=frame, lines=written.lines)
    draft, _ = sketch(read, "h", Wishes(target="state"))
    wave = next(column for column in draft.columns if column.header == "vib")
    assert (wave.type, wave.length, wave.missing) == (TagType.WAVEFORM, 3, 1)


def test_a_file_without_a_column_to_learn_from_is_refused_with_the_reason_of_each() -> None:
    frame = pl.DataFrame({"batch": range(60), "colour": [200 + row * 7 % 13 for row in range(60)]})
    lonely = Source(path=Path("h.csv"), frame=frame, lines=range(1, 61))
    with pytest.raises(InputRefused) as refused:
        sketch(lonely, "h", Wishes(target="colour"))
    assert ["“batch” was left out" in say(fault.what) for fault in refused.value.faults] == [True]
