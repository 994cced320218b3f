"""Write a contract as JSON Schema, for those who send rows."""

from __future__ import annotations

from andamio.contracts.contract import Contract, Input, Missing, OutOfRange, TagType, Unknown
from andamio.contracts.spelling import spelled

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(contract: Contract) -> dict[str, object]:
    """Describe the body of a request as JSON Schema (draft 2020-12).

    What the schema accepts the decoder accepts, and the other way round, except for ``units``: ranges are
    in the contract's units, so a body that names others is only checked for its form.
    """
    row = row_schema(contract)
    form = {
        "row": {"$ref": "#/$defs/row"},
        "rows": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/row"}},
    }
    units = {
        "description": "The unit of a tag where it is not the contract's.",
        "type": ["object", "null"],
        "properties": {i.name: {"type": "string"} for i in contract.inputs if i.unit},
        "additionalProperties": False,
    }
    return {
        "$schema": _DIALECT,
        "title": contract.name,
        "type": "object",
        "properties": {**form, "units": units},
        "additionalProperties": False,
        "oneOf": [{"required": ["row"]}, {"required": ["rows"]}],
        "examples": [{"row": example_row(contract)}],
        "$defs": {"row": row},
    }


def row_schema(contract: Contract) -> dict[str, object]:
    """Describe one row."""
    identity = {"type": ["string", "number", "boolean", "null"]}
    return {
        "type": "object",
        "properties": {
            **{declared.name: _sent(contract, declared) for declared in contract.inputs},
            "asset": {**identity, "description": "The machine that the row is about."},
            "time": {**identity, "description": "The moment of the row, ISO 8601."},
        },
        "required": [i.name for i in contract.inputs if i.missing is Missing.REJECT],
        "additionalProperties": False,
    }


def example_row(contract: Contract) -> dict[str, object]:
    """Make up a row that the contract accepts."""
    windowed = {} if contract.window is None else dict.fromkeys(contract.window.tags, contract.window.length)
    return {
        declared.name: [_example(declared)] * windowed[declared.name]
        if declared.name in windowed
        else _example(declared)
        for declared in contract.inputs
    }


def _sent(contract: Contract, declared: Input) -> dict[str, object]:
    """Describe a tag as it is sent: its value, or the list of its last samples."""
    window, schema = contract.window, _tag(declared)
    if window is None or declared.name not in window.tags:
        return schema
    about: dict[str, object] = {
        key: schema.pop(key) for key in ("description", "x-unit", "x-missing") if key in schema
    }
    sample = {key: value for key, value in schema.items() if not key.startswith("x-") and key != "examples"}
    return {
        **about,
        "type": ["array", "null"] if declared.missing is Missing.IMPUTE else "array",
        "items": sample,
        "minItems": window.length,
        "maxItems": window.length,
        "x-rate-hz": window.rate_hz,
        "examples": [[_example(declared)] * window.length],
    }


def _tag(declared: Input) -> dict[str, object]:
    schema: dict[str, object] = {"description": declared.column}
    if declared.unit:
        schema["x-unit"] = declared.unit
    if declared.type is TagType.CATEGORY:
        schema |= _category(declared)
    elif declared.type is TagType.WAVEFORM:
        schema |= _waveform(declared)
    elif declared.type is TagType.BOOLEAN:
        schema["enum"] = [False, True, 0, 1, *_null(declared)]
    else:
        name = "integer" if declared.type is TagType.INTEGER else "number"
        schema["type"] = [name, "null"] if declared.missing is Missing.IMPUTE else name
        schema |= _range(declared)
    schema["x-missing"] = str(declared.missing)
    schema["examples"] = [_example(declared)]
    return schema


def _waveform(declared: Input) -> dict[str, object]:
    sample = {"type": ["number", "null"] if declared.missing is Missing.IMPUTE else "number"}
    kind = ["array", "null"] if declared.missing is Missing.IMPUTE else "array"
    schema: dict[str, object] = {"type": kind, "items": sample}
    schema |= {"minItems": declared.length, "maxItems": declared.length}
    return {**schema, "x-rate-hz": declared.rate_hz}


def _range(declared: Input) -> dict[str, object]:
    if declared.range is None:
        return {}
    low, high = declared.range
    if declared.out_of_range is OutOfRange.REJECT:
        return {"minimum": low, "maximum": high}
    return {"x-range": [low, high], "x-out-of-range": str(declared.out_of_range)}


def _category(declared: Input) -> dict[str, object]:
    empty: list[object] = ["", None] if declared.missing is Missing.IMPUTE else []
    if declared.unknown is Unknown.REJECT:
        return {"enum": [*_typed_spellings(declared), *empty]}
    schema: dict[str, object] = {"type": ["string", "number", "boolean"], "x-values": list(declared.values)}
    if empty:
        return {**schema, "type": ["string", "number", "boolean", "null"]}
    return {**schema, "minLength": 1}


def _typed_spellings(declared: Input) -> list[object]:
    spellings: list[object] = []
    for value in declared.values:
        spellings.append(value)
        if value in ("true", "false"):
            spellings.append(value == "true")
        elif _is_number(value):
            spellings.append(float(value) if "." in value else int(value))
    return spellings


def _is_number(value: str) -> bool:
    try:
        return spelled(float(value)) == value
    except ValueError:
        return False


def _null(declared: Input) -> list[None]:
    return [None] if declared.missing is Missing.IMPUTE else []


def _example(declared: Input) -> object:
    if declared.type is TagType.CATEGORY:
        return declared.values[0]
    if declared.type is TagType.WAVEFORM:
        return [0.0] * (declared.length or 0)
    if declared.type is TagType.BOOLEAN:
        return True
    low, high = declared.range or (0.0, 2.0)
    middle = float(f"{(low + high) / 2:.3g}")
    if not low <= middle <= high:
        middle = low
    return int(middle) if declared.type is TagType.INTEGER or middle.is_integer() else middle
