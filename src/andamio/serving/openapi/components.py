"""What a model reads and answers, as schemas: types, units, ranges, an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from andamio.bundles import GraphInfo
from andamio.contracts import Contract, example_row, json_schema
from andamio.language import say
from andamio.serving.openapi.explained import explanation_schemas, prediction_parts

Schema = dict[str, object]
_TEXT: Schema = {"type": "string"}


class Described(Protocol):
    """What the description needs of a version that answers; ``serving.scorer.Scorer`` is one."""

    @property
    def model(self) -> str:
        """The name of the model."""

    @property
    def version(self) -> int:
        """The number of the version."""

    @property
    def contract(self) -> Contract:
        """What it promises."""

    @property
    def info(self) -> GraphInfo:
        """What its graph's tensors mean."""


def reference(name: str) -> Schema:
    """Return a reference to a schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def model_schemas(described: Described) -> dict[str, Schema]:
    """Describe a model's rows, its bodies, its answers and its truths, by name."""
    name = described.model
    body = json_schema(described.contract)
    kept: Schema = {key: value for key, value in body.items() if key not in {"$schema", "$defs", "title"}}
    row = _part(body, "$defs")["row"]
    kept["properties"] = {
        **_part(body, "properties"),
        "row": reference(f"{name}.Row"),
        "rows": {"type": "array", "minItems": 1, "items": reference(f"{name}.Row")},
    }
    return {
        f"{name}.Row": _as_schema(row),
        f"{name}.Body": kept,
        f"{name}.Prediction": _prediction(described),
        f"{name}.Answer": _answer(described),
        f"{name}.Truth": _truth(described.info),
        f"{name}.Truths": _truths(name, described.info),
    }


def shared_schemas() -> dict[str, Schema]:
    """Describe what all the models share: the error."""
    fault: Schema = {
        "type": "object",
        "required": ["code", "what"],
        "properties": {
            "code": {**_TEXT, "description": say("stable; its page: andamio error CODE")},
            "what": _TEXT,
            "where": _TEXT,
            "why": _TEXT,
            "try": _TEXT,
            "data": {"type": "object"},
        },
    }
    return {
        **explanation_schemas(),
        "Fault": fault,
        "Error": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {
                    "allOf": [reference("Fault")],
                    "type": "object",
                    "properties": {"faults": {"type": "array", "items": reference("Fault")}},
                }
            },
        },
    }


def example_body(described: Described) -> dict[str, object]:
    """Make up a body that the model accepts."""
    return {"row": example_row(described.contract)}


def _answer(described: Described) -> Schema:
    return {
        "type": "object",
        "required": ["model", "version", "predictions"],
        "properties": {
            "model": {"const": described.model},
            "version": {
                "type": ["integer", "null"],
                "minimum": 1,
                "description": say(
                    "null where several versions answered; each prediction then names its own"
                ),
            },
            "predictions": {
                "type": "array",
                "description": say("one for each row, in the order of the rows"),
                "items": reference(f"{described.model}.Prediction"),
            },
        },
    }


def _prediction(described: Described) -> Schema:
    properties: Schema = {
        "id": {**_TEXT, "description": say("names the prediction when its truth comes back")},
        **_outcome(described),
        "flags": {
            "type": "array",
            "items": _TEXT,
            "description": say("what the contract changed in the row: TAG:imputed, TAG:clipped"),
        },
        "recorded": {"type": "boolean", "description": say("whether the journal has it")},
    }
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, **prediction_parts()},
    }


def _outcome(described: Described) -> Schema:
    info = described.info
    share: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    if not info.classes:
        number: Schema = {"type": "number"}
        if described.contract.output.unit:
            number["x-unit"] = described.contract.output.unit
        bound = {**number, "type": ["number", "null"]}
        return {"value": number, "lower": bound, "upper": bound}
    label: Schema = {"enum": list(info.classes)}
    if info.kind == "anomaly":
        return _anomaly(label)
    if info.positive is not None and len(info.classes) == 2:
        positive = info.classes[info.positive]
        return {
            "label": label,
            "decision": {
                "type": "boolean",
                "description": say("whether it is {positive}", positive=positive),
            },
            "probability": {**share, "description": say("the chance of {positive}", positive=positive)},
        }
    chances = {"type": "object", "properties": dict.fromkeys(info.classes, share)}
    return {"label": label, "probabilities": chances}


def _anomaly(label: Schema) -> Schema:
    return {
        "label": label,
        "decision": {
            "type": "boolean",
            "description": say("whether it is an anomaly: the score is 1 or more"),
        },
        "score": {
            "type": "number",
            "minimum": 0,
            "description": say("how far the row lies from the usual; 1 is the limit"),
        },
        "health": {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "description": say("100 as good as ever, 50 at the limit, 0 worst"),
        },
    }


def _truth(info: GraphInfo) -> Schema:
    value: Schema = {"type": ["string", "number", "boolean"]} if info.classes else {"type": "number"}
    if info.classes:
        value["examples"] = [info.classes[-1]]
    return {
        "type": "object",
        "required": ["value"],
        "properties": {
            "value": value,
            "id": {"type": ["string", "null"], "description": say("the id of the prediction")},
            "asset": {"type": ["string", "null"]},
            "time": {"type": ["string", "null"], "description": say("the time of the row, ISO 8601")},
        },
        "additionalProperties": False,
    }


def _truths(model: str, info: GraphInfo) -> Schema:
    known = info.classes[-1] if info.classes else 12.4
    return {
        "oneOf": [
            reference(f"{model}.Truth"),
            {
                "type": "object",
                "required": ["feedback"],
                "properties": {"feedback": {"type": "array", "items": reference(f"{model}.Truth")}},
                "additionalProperties": False,
            },
        ],
        "examples": [{"id": "ID", "value": known}],
    }


def _part(schema: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = schema[name]
    return found if isinstance(found, Mapping) else {}


def _as_schema(found: object) -> Schema:
    return dict(found) if isinstance(found, Mapping) else {}
