"""The demo's plant: its folder, founded from a historian's file, its contract completed by an engineer."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from andamio.data.reading import read_source
from andamio.data.source import ReadOptions
from andamio.kernel.settings import DEFAULT_KEYS
from andamio.lifecycle.founding import Founded, found_plant
from andamio.lifecycle.sketching import Wishes, sketch
from andamio.simulator.history import PUMP, TIME
from andamio.simulator.pumps import TARGET
from andamio.storage.files import replace_file

MODEL = "pump-health"
DATA = "pumps"
ZONE = "UTC"

_OPERATION = """\
[operation]
owner = "maintenance"
runs_at = "this box"
inputs_from = "the historian, every hour"
truth_from = "work orders, after 24 h"
"""
_KNOWLEDGE = """\
[features]
heat = "bearing_temperature - ambient_temperature"
"""
_MORE = """
[costs]
missed_failure = 4000
false_alarm = 120

[monitor]
context = ["ambient_temperature"]
"""

# The contract's tag for each sensor of the simulator.
TAGS = {
    "speed": "speed",
    "flow": "flow",
    "pressure": "discharge_pressure",
    "current": "motor_current",
    "vibration": "vibration",
    "bearing_temp": "bearing_temperature",
    "ambient_temp": "ambient_temperature",
    "product": "product",
}


def build_pump_house(folder: Path, history: Path, language: str) -> Founded:
    """Found the plant from the history file, and complete the drafted contract as its engineer would."""
    source = read_source(history, ReadOptions(zone=ZoneInfo(ZONE)))
    draft, _ = sketch(source, DATA, Wishes(target=TARGET, time=TIME, asset=PUMP))
    founded = found_plant(folder, MODEL, draft, language=language, time_zone=ZONE, keys=DEFAULT_KEYS)
    contract = founded.contract.read_text(encoding="utf-8")
    contract = _replace(contract, r"\[operation\]\n(#.*\n)+", _OPERATION)
    contract = _replace(contract, r"\[features\]\n#.*\n", _KNOWLEDGE)
    replace_file(founded.contract, (contract + _MORE).encode())
    return founded


def _replace(contract: str, section: str, by: str) -> str:
    return re.sub(section, lambda _: by, contract, count=1)
