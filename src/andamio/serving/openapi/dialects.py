"""The addresses of the other dialects, from the same contracts: MLflow, Open Inference, KServe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from andamio.contracts import Input, TagType, example_row
from andamio.language import say
from andamio.serving.openapi.components import Described, Schema, reference
from andamio.serving.openapi.operations import JSON, Media, getting, posting

_TEXT: Schema = {"type": "string"}
_OBJECT: Schema = {"type": "object"}
_COUNTS: Schema = {"type": "array", "items": {"type": "integer", "minimum": 0}}
_DATATYPES = ("BOOL", "BYTES", *(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)))
_FLOATS = ("FP16", "FP32", "FP64")
_CARRIED = {TagType.CATEGORY: "BYTES", TagType.BOOLEAN: "BOOL", TagType.INTEGER: "INT64"}
MLFLOW, INFERENCE = "MlflowError", "InferenceError"


def dialect_schemas() -> dict[str, Schema]:
    """Describe what the dialects share: their errors, in which the native one stands as ``detail``."""
    detail = {"detail": reference("Fault")}
    told: Schema = {
        "type": "object",
        "required": ["error_code", "message", "detail"],
        "properties": {"error_code": _TEXT, "message": _TEXT, **detail},
    }
    return {
        MLFLOW: told,
        INFERENCE: {
            "type": "object",
            "required": ["error", "detail"],
            "properties": {"error": _TEXT, **detail},
        },
    }


def model_dialect_schemas(described: Described) -> dict[str, Schema]:
    """Describe what one model reads and answers in the dialects that name it."""
    name = described.model
    rows = {"type": "array", "minItems": 1, "items": {"anyOf": [reference(f"{name}.Row"), {"type": "array"}]}}
    return {
        f"{name}.Instances": {
            "type": "object",
            "required": ["instances"],
            "properties": {"instances": rows, "parameters": _OBJECT, "signature_name": _TEXT},
            "additionalProperties": False,
        },
        f"{name}.Predictions": _predictions(reference(f"{name}.Prediction")),
        f"{name}.Tensors": _tensors(described),
        f"{name}.Outputs": _outputs(name),
        f"{name}.Invocation": _invocation(rows),
        f"{name}.Invoked": _predictions({"type": ["string", "number", "object", "null"]}),
    }


def model_dialect_paths(described: Described) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the addresses of one model in the dialects that name it."""
    name = described.model
    example = example_row(described.contract)
    yield (
        f"/v1/models/{name}:predict",
        posting(
            f"kserve.{name}",
            say("Predict with {model}, as KServe's first protocol asks", model=name),
            {JSON: Media(reference(f"{name}.Instances"), {"instances": [example]})},
            {JSON: reference(f"{name}.Predictions")},
            error=INFERENCE,
        ),
    )
    here = f"/v2/models/{name}"
    metadata = say("The tensors of {model}", model=name)
    yield here, getting(f"tensors.{name}", metadata, JSON, error=INFERENCE)
    yield f"{here}/ready", getting(f"ready.{name}", say("{model} answers", model=name), JSON, error=INFERENCE)
    yield (
        f"{here}/infer",
        posting(
            f"infer.{name}",
            say("Predict with {model}, as the Open Inference Protocol asks", model=name),
            {JSON: Media(reference(f"{name}.Tensors"), {"inputs": [*_example_tensors(described, example)]})},
            {JSON: reference(f"{name}.Outputs")},
            error=INFERENCE,
        ),
    )


def shared_dialect_paths(invoked: Described | None) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the addresses that name no model; ``invoked`` answers at ``/invocations``."""
    for path, operation, summary in (
        ("/v2/health/live", "v2.live", say("The process lives")),
        ("/v2/health/ready", "v2.ready", say("At least one model answers")),
    ):
        yield path, getting(operation, summary, JSON, error=INFERENCE, guarded=False)
    who = say("Who answers, and which extensions of the Open Inference Protocol it speaks")
    yield "/v2", getting("v2", who, JSON, error=INFERENCE)
    index: Schema = {"type": "object", "properties": {"ready": {"type": "boolean"}}}
    yield (
        "/v2/repository/index",
        posting(
            "v2.index",
            say("The models that answer, and those that could not be loaded"),
            {JSON: Media(index, {})},
            {JSON: {"type": "array", "items": _OBJECT}},
            error=INFERENCE,
        ),
    )
    for path, summary in (
        ("/ping", say("At least one model answers")),
        ("/health", say("At least one model answers")),
    ):
        yield path, getting(path[1:], summary, "text/plain", error=MLFLOW, guarded=False)
    yield "/version", getting("version", say("The version of Andamio"), "text/plain", error=MLFLOW)
    if invoked is not None:
        yield "/invocations", _invocations(invoked)


def _invocations(described: Described) -> dict[str, object]:
    name = described.model
    row = example_row(described.contract)
    return posting(
        "invocations",
        say("Predict with {model}, as MLflow's scoring server asks", model=name),
        {
            JSON: Media(reference(f"{name}.Invocation"), {"dataframe_records": [row]}),
            "text/csv": Media(_TEXT, csv_example(row)),
        },
        {JSON: reference(f"{name}.Invoked")},
        error=MLFLOW,
    )


def csv_example(row: Mapping[str, object]) -> str:
    """Write a row as CSV."""
    cells = ("" if value is None else str(value) for value in row.values())
    return f"{','.join(row)}\n{','.join(cells)}\n"


def _predictions(items: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["predictions"],
        "properties": {"predictions": {"type": "array", "items": items}},
    }


def _invocation(rows: Schema) -> Schema:
    split: Schema = {
        "type": "object",
        "required": ["data"],
        "properties": {"columns": {"type": "array", "items": _TEXT}, "data": {"type": "array"}},
    }
    columns: Schema = {"anyOf": [{"type": "object"}, rows]}
    forms = {"dataframe_split": split, "dataframe_records": rows, "instances": columns, "inputs": columns}
    return {
        "oneOf": [
            {
                "type": "object",
                "required": [name],
                "properties": {name: form, "params": {"type": ["object", "null"]}},
                "additionalProperties": False,
            }
            for name, form in forms.items()
        ]
    }


def _tensors(described: Described) -> Schema:
    names = [declared.name for declared in described.contract.inputs]
    tensor: Schema = {
        "type": "object",
        "required": ["name", "shape", "datatype"],
        "properties": {
            "name": {"enum": [*names, "asset", "time"]},
            "shape": {**_COUNTS, "minItems": 1, "maxItems": 2},
            "datatype": {"enum": [*_DATATYPES, *_FLOATS]},
            "data": {"type": "array"},
            "parameters": _OBJECT,
        },
    }
    wanted: Schema = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": _TEXT, "parameters": _OBJECT},
    }
    return {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": _TEXT,
            "inputs": {"type": "array", "minItems": 1, "items": tensor},
            "outputs": {"type": "array", "items": wanted},
            "parameters": _OBJECT,
        },
    }


def _outputs(model: str) -> Schema:
    tensor: Schema = {
        "type": "object",
        "required": ["name", "shape", "datatype"],
        "properties": {
            "name": _TEXT,
            "shape": _COUNTS,
            "datatype": {"enum": ["FP32", "BOOL", "BYTES"]},
            "data": {"type": "array"},
            "parameters": _OBJECT,
        },
    }
    return {
        "type": "object",
        "required": ["model_name", "model_version", "outputs"],
        "properties": {
            "model_name": {"const": model},
            "model_version": {**_TEXT, "description": say("all the versions that answered, with commas")},
            "id": _TEXT,
            "outputs": {"type": "array", "items": tensor},
            "parameters": _OBJECT,
        },
    }


def _example_tensors(described: Described, row: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for declared in described.contract.inputs:
        if row.get(declared.name) is not None:
            yield {
                "name": declared.name,
                "shape": [1],
                "datatype": _datatype(declared),
                "data": [row[declared.name]],
            }


def _datatype(declared: Input) -> str:
    return _CARRIED.get(declared.type, "FP64")
