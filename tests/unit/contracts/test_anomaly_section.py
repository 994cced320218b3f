from __future__ import annotations

import pytest

from andamio.contracts import parse_contract
from andamio.contracts.contract import Anomaly
from andamio.contracts.differences import diff
from andamio.errors import ContractInvalid

HEAD = '[model]\nkind = "anomaly"\ndata = "d"\n'
INPUTS = """
[input.temp]
type = "number"

[input.mode]
type = "category"
values = ["idle", "load"]
"""


def parse(text: str, head: str = HEAD):
    return parse_contract(head + INPUTS + text, name="m", file="models/m.toml")


def faults(text: str, head: str = HEAD) -> str:
    with pytest.raises(ContractInvalid) as refused:
        parse(text, head)
    return " | ".join(str(fault.what) for fault in refused.value.faults)


def test_an_anomaly_needs_no_target_and_no_section():
    told = parse("")
    assert (told.target, told.anomaly) == ("", Anomaly())


def test_a_regime_and_a_share_are_read():
    told = parse('[anomaly]\nregime = "mode"\nfalse_alarm_share = 0.02\n')
    assert told.anomaly == Anomaly(regime="mode", false_alarm_share=0.02)
    assert [change.path for change in diff(parse(""), told)] == [
        "anomaly.regime",
        "anomaly.false_alarm_share",
    ]


def test_a_regime_is_a_category_or_a_truth_value():
    assert "temp" in faults('[anomaly]\nregime = "temp"\n')


def test_the_section_belongs_to_its_kind():
    head = '[model]\nkind = "regression"\ndata = "d"\ntarget = "y"\n'
    assert "[anomaly] says nothing about a regression" in faults("[anomaly]\n", head)


def test_a_limit_is_not_typed_in_and_a_probability_has_no_gate():
    assert "threshold says nothing about a anomaly" in faults("[output.state]\nthreshold = 0.5\n")
    assert "no gate measures brier for this kind" in faults('[accept]\nbrier = "<= 0.1"\n')
    assert parse('[accept]\ndetection = ">= 0.5"\n').accept.gates[0].metric == "detection"
