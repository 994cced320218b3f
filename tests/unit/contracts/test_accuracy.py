"""What a contract may say of how right a sensor is."""

from __future__ import annotations

import pytest

from andamio.contracts import parse_contract
from andamio.contracts.differences import diff
from andamio.errors import ContractInvalid
from andamio.language import say

HEAD = '[model]\nkind = "regression"\ndata = "d"\ntarget = "y"\n\n[output.y]\n\n'


def _parse(body):
    return parse_contract(HEAD + body, name="m", file="-")


def test_accuracy_is_in_the_unit_of_the_tag():
    contract = _parse('[input.temp]\ntype = "number"\nunit = "degC"\nrange = [0, 180]\naccuracy = 0.5\n')
    assert contract.by_name["temp"].accuracy == 0.5
    wave = _parse('[input.v]\ntype = "waveform"\nlength = 8\nrate_hz = 10\naccuracy = 0.01\n')
    assert wave.by_name["v"].accuracy == 0.01


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('type = "number"\naccuracy = -0.5', "not above zero"),
        ('type = "number"\naccuracy = 0', "not above zero"),
        ('type = "number"\naccuracy = "1 %"', "must be a number"),
        ('type = "number"\naccuracy = inf', "must be a number"),
        ('type = "number"\nrange = [0, 1]\naccuracy = 0.5', "as wide as the range"),
        ('type = "integer"\naccuracy = 0.5', "whole number"),
        ('type = "boolean"\naccuracy = 0.5', "says nothing about a boolean"),
        ('type = "category"\nvalues = ["a"]\naccuracy = -1', "says nothing about a category"),
    ],
)
def test_an_accuracy_that_no_sensor_has_is_refused_once(body, what):
    with pytest.raises(ContractInvalid) as refused:
        _parse(f"[input.temp]\n{body}\n")
    (fault,) = refused.value.faults
    assert what in say(fault.what)


def test_another_accuracy_is_told_and_breaks_nobody():
    body = '[input.temp]\ntype = "number"\n'
    (change,) = diff(_parse(body), _parse(body + "accuracy = 0.5\n"))
    assert (change.path, change.new, change.breaking) == ("input.temp.accuracy", 0.5, False)
