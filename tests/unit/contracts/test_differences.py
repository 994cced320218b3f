"""What changed between two contracts, and what it breaks."""

from __future__ import annotations

import pytest

from andamio.contracts import diff, parse_contract

from .test_reading import EXAMPLE


def changes(old: str, new: str) -> list[tuple[str, object, object, bool]]:
    assert old in EXAMPLE
    before, after = (
        parse_contract(text, name="pump-health", file="models/pump-health.toml", check_units=False)
        for text in (EXAMPLE, EXAMPLE.replace(old, new, 1))
    )
    return [(change.path, change.old, change.new, change.breaking) for change in diff(before, after)]


def test_a_contract_does_not_differ_from_itself() -> None:
    assert changes("# models/pump-health.toml", "# another comment") == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "range = [0, 180]",
            "range = [0, 150]",
            ("input.bearing_temp.range", (0.0, 180.0), (0.0, 150.0), True),
        ),
        (
            "range = [0, 180]",
            "range = [-5, 200]",
            ("input.bearing_temp.range", (0.0, 180.0), (-5.0, 200.0), False),
        ),
        ('"H", "L", "M"', '"H", "L"', ("input.product.values", ("H", "L", "M"), ("H", "L"), True)),
        (
            '"H", "L", "M"',
            '"H", "L", "M", "S"',
            ("input.product.values", ("H", "L", "M"), ("H", "L", "M", "S"), False),
        ),
        ('unit = "Hz"', 'unit = "rpm"', ("input.shaft_hz.unit", "Hz", "rpm", True)),
        (
            'missing = "impute"',
            'missing = "reject"',
            ("input.ambient_temp.missing", "impute", "reject", True),
        ),
        (
            'out_of_range = "reject"',
            'out_of_range = "clip"',
            ("input.bearing_temp.out_of_range", "reject", "clip", False),
        ),
        (
            'target = "Failure within 24 h"',
            'target = "Failed"',
            ("model.target", "Failure within 24 h", "Failed", True),
        ),
        ('recall = ">= 0.90"', 'recall = ">= 0.95"', ("accept.recall", ">= 0.9", ">= 0.95", False)),
        ('flips = "<= 0.02"', 'flips = "<= 0.03"', ("accept.noise.flips", "<= 0.02", "<= 0.03", False)),
        ("p99_ms = 20", "p99_ms = 30", ("latency.p99_ms", 20.0, 30.0, False)),
        ("missed_failure = 4000", "missed_failure = 5000", ("costs.missed_failure", 4000.0, 5000.0, False)),
        ('threshold = "cost"', "threshold = 0.4", ("output.failure.threshold", "cost", 0.4, False)),
        ("[output.failure]", "[output.broken]", ("output.name", "failure", "broken", True)),
        (
            'heat = "bearing_temp - ambient_temp"',
            'heat = "bearing_temp"',
            ("features.heat", "bearing_temp - ambient_temp", "bearing_temp", False),
        ),
    ],
)
def test_one_change_is_one_line(old: str, new: str, expected: tuple[str, object, object, bool]) -> None:
    assert changes(old, new) == [expected]


def test_a_new_input_breaks_only_if_it_must_be_there() -> None:
    more = '[input.flow]\ntype = "number"\n{}\n[features]'
    assert changes("[features]", more.format("")) == [("input.flow", None, "number", True)]
    assert changes("[features]", more.format('missing = "impute"')) == [("input.flow", None, "number", False)]
    names = [path for path, *_ in changes("[input.vibration]", "[input.velocity]")]
    assert "input.vibration" in names
    assert "input.velocity" in names
