"""Waveforms that fill the disk are noticed before it is full."""

from __future__ import annotations

import dataclasses

import numpy as np

from andamio.contracts import parse_contract
from andamio.monitoring.filling import filling_findings
from andamio.monitoring.observation import Observation
from tests.unit.monitoring.conftest import Plant, usual

CONTRACT = """
[model]
kind = "regression"
data = "pumps"
target = "life"

[operation]
keep_signals = {share}

[input.vib]
type = "waveform"
unit = "g"
rate_hz = 1000
length = 2048

[output.life]
"""


def seen_at_one_row_a_second(plant: Plant, free_bytes: int | None) -> Observation:
    """Observe rows that came one a second for two hours."""
    plant.answer(usual(200, 1))
    seen = plant.seen()
    rows = tuple(
        dataclasses.replace(row, record=_at(row.record, 36.0 * place))
        for place, row in enumerate(seen.predictions)
    )
    return dataclasses.replace(seen, predictions=rows, free_bytes=free_bytes)


def _at(record, seconds):  # type: ignore[no-untyped-def]
    return type(record)(**{**{f: getattr(record, f) for f in record.__struct_fields__}, "time": seconds})


def test_the_days_that_are_left_are_told_and_fewer_samples_last_longer(plant: Plant) -> None:
    seen = seen_at_one_row_a_second(plant, 600_000_000)
    (finding,) = filling_findings(seen, parse_contract(CONTRACT.format(share=1), name="p", file="p.toml"))
    daily = finding.data["bytes_a_day"]
    assert np.isclose(daily, 86_400 / 36 * 8192, rtol=0.01)
    assert finding.what.values["days"] == int(600_000_000 / daily) == 30
    few = parse_contract(CONTRACT.format(share=0.1), name="p", file="p.toml")
    none = parse_contract(CONTRACT.format(share=0), name="p", file="p.toml")
    assert filling_findings(seen, few) == filling_findings(seen, none) == []
    assert filling_findings(dataclasses.replace(seen, free_bytes=None), none) == []


def test_a_model_without_signals_fills_nothing(plant: Plant) -> None:
    assert filling_findings(seen_at_one_row_a_second(plant, 1), plant.contract) == []
