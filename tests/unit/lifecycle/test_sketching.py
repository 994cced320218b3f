"""A drafted contract reads waveforms where a column holds lists, and says why where it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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
    draft, _ = sketch(beating([60.0] * 300), "h", Wishes(target="flow"))
    assert draft.window is None
