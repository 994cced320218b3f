"""Read ``[anomaly]``: the regimes of a machine, and the share of false alarms where there is no clock."""

from __future__ import annotations

from collections.abc import Sequence

from andamio.contracts.contract import Anomaly, Input, Kind, TagType
from andamio.contracts.reading.section import Section
from andamio.errors import text

_REGIMES = (TagType.CATEGORY, TagType.BOOLEAN)


def read_anomaly(root: Section, kind: Kind, inputs: Sequence[Input]) -> Anomaly:
    """Read ``[anomaly]``; without it operating points are looked for, and one row in 1,000 is an alarm."""
    section = root.section("anomaly")
    if section is None:
        return Anomaly()
    if kind is not Kind.ANOMALY:
        root.wrong(
            "anomaly",
            text("[anomaly] says nothing about a {type}", type=kind),
            fix=text('remove it, or write kind = "anomaly" in [model]'),
        )
    regime = section.word("regime", [i.name for i in inputs if i.type in _REGIMES])
    share = section.number("false_alarm_share", low=0.0, high=0.5)
    section.close()
    return Anomaly(regime=regime, false_alarm_share=0.001 if share is None else share)
