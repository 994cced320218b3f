"""``[fallback]``: who answers when the model cannot."""

from __future__ import annotations

import pytest

from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract, Fallback, ThresholdRule
from andamio.errors import ContractInvalid

CONTRACT = """
[model]
kind = "{kind}"
data = "pumps"
target = "failed"

[input.temp]
type = "number"

[input.product]
type = "category"
values = ["H", "L"]
"""


def read(section: str, kind: str = "classification") -> Contract:
    return parse_contract(CONTRACT.format(kind=kind) + section, name="pump", file="models/pump.toml")


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("", None),
        ("[fallback]", Fallback()),
        ("[fallback]\nversion = true", Fallback()),
        (
            '[fallback]\ntag = "temp"\nabove = 90',
            Fallback(rule=ThresholdRule(tag="temp", side="above", bound=90)),
        ),
        (
            '[fallback]\nversion = false\ntag = "temp"\nbelow = -2.5',
            Fallback(version=False, rule=ThresholdRule(tag="temp", side="below", bound=-2.5)),
        ),
    ],
)
def test_what_is_written_is_what_is_meant(section: str, expected: Fallback | None) -> None:
    assert read(section).fallback == expected


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('[fallback]\nversion = "yes"', "version must be true or false"),
        ("[fallback]\nversion = false", "says nothing about tag"),
        ('[fallback]\ntag = "temp"', "a fixed rule has one bound"),
        ('[fallback]\ntag = "temp"\nabove = 1\nbelow = 2', "a fixed rule has one bound"),
        ("[fallback]\nabove = 90", "says nothing about tag"),
        ('[fallback]\ntag = "tmep"\nabove = 90', 'tag = "tmep" is not known'),
        ('[fallback]\ntag = "product"\nabove = 90', 'tag = "product" is not known'),
        ('[fallback]\ntag = "temp"\nabove = "hot"', "above"),
        ("[fallback]\nrule = 1", "rule"),
    ],
)
def test_a_section_that_means_nothing_is_a_fault(section: str, said: str) -> None:
    with pytest.raises(ContractInvalid) as caught:
        read(section)
    assert any(said in str(fault.what) for fault in caught.value.faults), caught.value.faults


def test_a_fixed_rule_is_for_classes_and_not_for_numbers() -> None:
    with pytest.raises(ContractInvalid):
        read('[fallback]\ntag = "temp"\nabove = 90', kind="regression")
    assert read("[fallback]", kind="regression").fallback == Fallback()
