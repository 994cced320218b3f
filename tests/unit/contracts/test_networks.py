from __future__ import annotations

import pytest

from andamio.contracts import parse_contract
from andamio.contracts.differences import diff
from andamio.errors import ContractInvalid

WAVE = '[input.wave]\ntype = "waveform"\nunit = "g"\nlength = 64\nrate_hz = 100\n'
PLAIN = '[input.temp]\ntype = "number"\nunit = "degC"\n'
HEAD = '[model]\nkind = "{kind}"\ndata = "d"\ntarget = "t"\n{more}\n'


def parse(more="", inputs=WAVE, kind="classification"):
    return parse_contract(HEAD.format(kind=kind, more=more) + inputs, name="m", file="m.toml")


def faults(*told, **asked):
    with pytest.raises(ContractInvalid) as refused:
        parse(*told, **asked)
    return [str(fault.what) for fault in refused.value.faults]


def test_a_contract_asks_for_a_network_and_for_whole_numbers() -> None:
    asked = parse("convolution = true\n[limits]\nint8 = true")
    assert (asked.convolution, asked.limits.int8) == (True, True)
    plain = parse()
    assert (plain.convolution, plain.limits.int8) == (False, False)
    assert [(change.path, change.breaking) for change in diff(plain, asked)] == [
        ("model.convolution", False),
        ("limits.int8", False),
    ]


def test_a_network_needs_signals_and_whole_numbers_need_a_network() -> None:
    assert faults("convolution = true", PLAIN) == [
        "a convolutional network reads signals, and this contract has none"
    ]
    assert faults("[limits]\nint8 = true") == ["int8 is about a convolutional network, and none is asked for"]


def test_what_is_no_truth_value_and_what_a_detector_cannot_use_is_refused() -> None:
    assert faults('convolution = "yes"') == ["convolution must be true or false"]
    (fault,) = faults("convolution = true", kind="anomaly")
    assert fault.startswith("convolution says nothing about")
