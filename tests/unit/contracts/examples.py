"""A contract with one input of every kind and policy, and the rows that doors are asked with."""

from __future__ import annotations

from andamio.contracts import Contract, parse_contract

EVERY_POLICY = """
[model]
kind = "classification"
data = "pumps"
target = "failed"
time = "timestamp"
asset = "pump_id"

[input.bearing_temp]
column = "Bearing temperature [degC]"
type = "number"
unit = "degC"
range = [0, 180]

[input.flow]
type = "number"
unit = "m3/h"
range = [0.5, 40]
out_of_range = "clip"
missing = "impute"

[input.pressure]
type = "number"
unit = "bar"
range = [-1, 16]
out_of_range = "flag"

[input.humidity]
type = "number"
missing = "impute"

[input.starts]
type = "integer"
range = [0, 500]

[input.steps]
type = "integer"
range = [0, 9]
out_of_range = "clip"
missing = "impute"

[input.door_open]
type = "boolean"

[input.heater]
type = "boolean"
missing = "impute"

[input.product]
type = "category"
values = ["H", "L", "M"]

[input.grade]
type = "category"
values = ["1", "2", "true"]
unknown = "other"

[input.shift]
type = "category"
values = ["day", "night"]
missing = "impute"

[input.crew]
type = "category"
values = ["A", "B"]
unknown = "other"
missing = "impute"

[output.failure]
"""

GOOD_ROW: dict[str, object] = {
    "bearing_temp": 71.5,
    "flow": 12.25,
    "pressure": 4.0,
    "humidity": 55.0,
    "starts": 12,
    "steps": 3,
    "door_open": True,
    "heater": False,
    "product": "L",
    "grade": "2",
    "shift": "day",
    "crew": "A",
}


def every_policy() -> Contract:
    return parse_contract(EVERY_POLICY, name="pump-health", file="models/pump-health.toml")


def number_contract(settings: str) -> Contract:
    """A contract with one input called ``tag``."""
    return parse_contract(
        f'[model]\nkind = "regression"\ndata = "d"\ntarget = "y"\n[input.tag]\n{settings}\n',
        name="one-tag",
        file="models/one-tag.toml",
    )
