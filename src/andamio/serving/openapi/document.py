"""The addresses of a scoring process as an OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Mapping

from andamio import __version__
from andamio.contracts import example_row
from andamio.language import say
from andamio.serving.openapi.components import (
    Described,
    Schema,
    example_body,
    model_schemas,
    reference,
    shared_schemas,
)
from andamio.serving.openapi.dialects import (
    csv_example,
    dialect_schemas,
    model_dialect_paths,
    model_dialect_schemas,
    shared_dialect_paths,
)
from andamio.serving.openapi.explained import explain_parameter
from andamio.serving.openapi.operations import JSON, Media, getting, posting

_CSV = "text/csv"
_ARROW = "application/vnd.apache.arrow.stream"


def openapi(models: Mapping[str, Described], *, tokens: bool = False, invoked: str = "") -> dict[str, object]:
    """Describe what answers.

    Args:
        models: The versions that answer, by name.
        tokens: Whether requests need an access token.
        invoked: The model that answers where an address names none; empty means the only one.
    """
    schemas = shared_schemas() | dialect_schemas()
    paths: dict[str, object] = dict(_shared_paths())
    for _, described in sorted(models.items()):
        schemas |= model_schemas(described) | model_dialect_schemas(described)
        paths |= _model_paths(described) | dict(model_dialect_paths(described))
    name = invoked or (next(iter(models)) if len(models) == 1 else "")
    paths |= dict(shared_dialect_paths(models.get(name)))
    components: dict[str, object] = {"schemas": schemas}
    document: dict[str, object] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Andamio",
            "version": __version__,
            "description": say("The models that answer here, as their contracts describe them."),
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": components,
    }
    if tokens:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


def _model_paths(described: Described) -> dict[str, object]:
    model = described.model
    here = f"/v1/models/{model}"
    binary: Schema = {"type": "string", "format": "binary"}
    predict = posting(
        f"predict.{model}",
        say("Predict one row or many with {model}", model=model),
        {
            JSON: Media(reference(f"{model}.Body"), example_body(described)),
            _CSV: Media({"type": "string"}, csv_example(example_row(described.contract))),
            _ARROW: Media(binary),
        },
        {JSON: reference(f"{model}.Answer"), _CSV: {"type": "string"}, _ARROW: binary},
        parameters=(explain_parameter(),),
    )
    recorded: Schema = {
        "type": "object",
        "required": ["model", "recorded"],
        "properties": {"model": {"const": model}, "recorded": {"type": "integer", "minimum": 0}},
    }
    truths = model_schemas(described)[f"{model}.Truths"]
    known = truths["examples"]
    feedback = posting(
        f"feedback.{model}",
        say("Bring back the truth about predictions of {model}", model=model),
        {JSON: Media(reference(f"{model}.Truths"), known[0] if isinstance(known, list) else {})},
        {JSON: recorded},
    )
    return {
        here: getting(f"model.{model}", say("What {model} reads and answers", model=model), JSON),
        f"{here}/predict": predict,
        f"{here}/feedback": feedback,
    }


def _shared_paths() -> dict[str, object]:
    return {
        "/v1/models": getting("models", say("The models that answer"), JSON),
        "/livez": getting("livez", say("The process lives"), JSON, guarded=False),
        "/readyz": getting("readyz", say("At least one model answers"), JSON, guarded=False),
        "/metrics": getting("metrics", say("Counts and times for Prometheus"), "text/plain"),
        "/openapi.json": getting("openapi", say("This description"), JSON),
        "/docs": getting("docs", say("This description for a person"), "text/html"),
    }
