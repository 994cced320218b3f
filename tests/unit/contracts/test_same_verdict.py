"""A JSON row (both its ways), a CSV row and a table's column get the same verdict."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from andamio.contracts import RowDecoder, Rows, TableValidator, TagType
from andamio.contracts.spelling import spelled
from andamio.contracts.validator import RowValidator
from andamio.errors import RowsRejected

from .examples import GOOD_ROW, every_policy

CONTRACT = every_policy()
DECODER = RowDecoder(CONTRACT)
VALIDATOR = RowValidator(CONTRACT)
TABLE = TableValidator(CONTRACT)
TAGS = [declared.name for declared in CONTRACT.inputs]
TEXTS = {declared.name for declared in CONTRACT.inputs if declared.type is TagType.CATEGORY}

# Words that no tag reads as a number or a truth value: a text is a text in JSON and a spelling in a table.
words = st.sampled_from(
    ["hot", "H", "l", "day", "none of these", "1,5", "0x10", "1_000", "٣", "--", "1.2.3", "+"]
)
cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 600),
    st.floats(-10, 200, allow_nan=False).map(lambda value: round(value, 3)),
    st.sampled_from([0.5, 40.0, 16.0, -1.0, 180.0, 180.00001, 1e39, -1e39, 1e-12, 5.0, 2**53, 10**30]),
    words,
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows that are mostly good, with a few cells that are anything."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        row = dict(GOOD_ROW)
        for tag in draw(st.lists(st.sampled_from(TAGS), max_size=4)):
            row[tag] = draw(cells)
        rows.append(row)
    return rows


class Verdict(msgspec.Struct):
    """What one door said about one row."""

    breaches: list[tuple[str, str]]
    numbers: list[float | None]
    categories: list[str]
    flags: tuple[str, ...]


def accepted(rows: Rows, place: int) -> Verdict:
    numbers = [None if np.isnan(value) else float(value) for value in rows.numbers[place]]
    return Verdict([], numbers, list(rows.categories[place]), rows.flags[place])


def refused(breaches: list[tuple[str, str]]) -> Verdict:
    return Verdict(sorted(breaches), [], [], ())


def by_json(door: Any, rows: list[dict[str, Any]], *, single: bool) -> list[Verdict]:
    if single:
        return [one_by_json(door, {"row": row}) for row in rows]
    try:
        decoded = door(msgspec.json.encode({"rows": rows}))
    except RowsRejected:
        return [one_by_json(door, {"rows": [row]}) for row in rows]
    return [accepted(decoded, place) for place in range(len(rows))]


def one_by_json(door: Any, body: dict[str, Any]) -> Verdict:
    try:
        return accepted(door(msgspec.json.encode(body)), 0)
    except RowsRejected as error:
        return refused([(str(fault.data["tag"]), fault.code) for fault in error.faults])


def by_table(columns: dict[str, Any], height: int) -> list[Verdict]:
    verdict = TABLE.check(columns)
    found: dict[int, list[tuple[str, str]]] = {}
    for fault in verdict.faults:
        found.setdefault(int(str(fault.data["row"])), []).append((str(fault.data["tag"]), fault.code))
    assert verdict.counts() == Counter(pair for pairs in found.values() for pair in pairs)
    kept = iter(range(len(verdict.rows)))
    return [
        accepted(verdict.rows, next(kept)) if verdict.accepted[row] else refused(found[row])
        for row in range(height)
    ]


def text_cell(value: Any) -> str:
    return "" if value is None else spelled(value)


@settings(max_examples=60, deadline=None)
@given(tables())
@example([{**GOOD_ROW, "bearing_temp": 1e39, "flow": 1e39, "grade": 2, "starts": 5.0, "heater": 1}])
@example([{**GOOD_ROW, "crew": 0.5, "grade": True, "door_open": 2, "steps": 9.5}])
@example([{**GOOD_ROW, "flow": None, "steps": None, "shift": None, "crew": None, "heater": None}])
@example([dict(GOOD_ROW), {**GOOD_ROW, "flow": 0.1, "pressure": -2, "steps": 10, "grade": "9", "crew": "Z"}])
def test_every_door_gives_the_same_verdict(rows: list[dict[str, Any]]) -> None:
    expected = by_json(DECODER.decode, rows, single=True)
    assert by_json(DECODER.decode, rows, single=False) == expected
    assert by_json(VALIDATOR.validate, rows, single=True) == expected
    assert by_json(VALIDATOR.validate, rows, single=False) == expected
    typed = {tag: [row[tag] for row in rows] for tag in TAGS}
    assert by_table(typed, len(rows)) == expected
    # A CSV file has texts only; a truth value or a text where a number belongs is the same fault there.
    texts = {tag: [text_cell(row[tag]) for row in rows] for tag in TAGS}
    assert by_table(texts, len(rows)) == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-50, 250, allow_nan=False)), min_size=1, max_size=30))
def test_an_array_a_list_and_texts_of_the_same_numbers_get_the_same_verdict(
    values: list[float | None],
) -> None:
    def verdict(cells: Any) -> tuple[list[bool], list[float | None]]:
        table = TABLE.check({**{t: [v] * len(values) for t, v in GOOD_ROW.items()}, "flow": cells})
        numbers = [None if np.isnan(v) else float(v) for v in table.rows.numbers[:, 1]]
        return table.accepted.tolist(), numbers

    expected = verdict(values)
    assert verdict(np.array(values, dtype=np.float64)) == expected
    assert verdict(["" if value is None else repr(value) for value in values]) == expected
    assert verdict(np.array(values, dtype=object)) == expected


@settings(max_examples=50, deadline=None)
@given(tables(), st.sampled_from(["degF", "K", "degC"]))
def test_a_row_sent_in_another_unit_gets_the_verdict_of_the_same_column(
    rows: list[dict[str, Any]], unit: str
) -> None:
    units = {"bearing_temp": unit}
    body = msgspec.json.encode({"rows": rows, "units": units})
    typed = TABLE.check({tag: [row[tag] for row in rows] for tag in TAGS}, units=units)
    texts = TABLE.check({tag: [text_cell(row[tag]) for row in rows] for tag in TAGS}, units=units)
    assert typed.accepted.tolist() == texts.accepted.tolist()
    if typed.accepted.all():
        decoded = DECODER.decode(body)
        assert np.array_equal(decoded.numbers, typed.rows.numbers, equal_nan=True)
        assert np.array_equal(decoded.numbers, texts.rows.numbers, equal_nan=True)
    else:
        with pytest.raises(RowsRejected) as refusal:
            DECODER.decode(body)
        bad = {fault.data["row"] for fault in refusal.value.faults}
        assert bad == set(np.flatnonzero(~typed.accepted).tolist())
