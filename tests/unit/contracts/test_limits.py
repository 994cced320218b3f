"""``[limits]``: what the graph may weigh and take."""

from __future__ import annotations

import pytest

from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract, Limits
from andamio.contracts.differences import diff
from andamio.errors import ContractInvalid

CONTRACT = """
[model]
kind = "regression"
data = "kilns"
target = "strength"

[input.temp]
type = "number"
"""


def read(section: str) -> Contract:
    return parse_contract(CONTRACT + section, name="kiln", file="models/kiln.toml")


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("", Limits()),
        ("[limits]", Limits()),
        ("[limits]\nmodel_mb = 2", Limits(model_mb=2.0)),
        ("[limits]\nmodel_mb = 0.05\np99_ms = 0.5", Limits(model_mb=0.05, p99_ms=0.5)),
    ],
)
def test_limits_are_read(section: str, expected: Limits) -> None:
    assert read(section).limits == expected


def test_every_fault_of_the_limits_is_told_at_once() -> None:
    with pytest.raises(ContractInvalid) as refused:
        read('[limits]\nmodel_mb = 0\np99_ms = "fast"\nmodel_gb = 1')
    told = {str(fault.what): fault for fault in refused.value.faults}
    assert len(told) == 3
    assert any("model_mb = 0 is not possible" in what for what in told)
    assert any("p99_ms must be a number" in what for what in told)
    assert any("limits.model_gb" in what and 'mean "model_mb"' in str(told[what].fix) for what in told)


def test_another_limit_is_a_difference_that_breaks_nobody() -> None:
    (change,) = diff(read("[limits]\nmodel_mb = 2"), read("[limits]\nmodel_mb = 1"))
    assert (change.path, change.old, change.new, change.breaking) == ("limits.model_mb", 2.0, 1.0, False)
