"""The addresses of a scoring process as an OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Mapping

from andamio import __version__
from andamio.language import say
from andamio.serving.openapi.components import (
    Described,
    Schema,
    example_body,
    model_schemas,
    reference,
    shared_schemas,
)
from andamio.serving.openapi.explained import explain_parameter

_JSON = "application/json"
_REFUSALS = (400, 401, 403, 408, 413, 415, 421, 422, 429, 503)


def openapi(models: Mapping[str, Described], *, tokens: bool = False) -> dict[str, object]:
    """Describe what answers.

    Args:
        models: The versions that answer, by name.
        tokens: Whether requests need an access token.
    """
    schemas = shared_schemas()
    paths: dict[str, object] = dict(_shared_paths())
    for _, described in sorted(models.items()):
        schemas |= model_schemas(described)
        paths |= _model_paths(described)
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
    predict = _posting(
        f"predict.{model}",
        say("Predict one row or many with {model}", model=model),
        reference(f"{model}.Body"),
        example_body(described),
        reference(f"{model}.Answer"),
    )
    predict["parameters"] = [explain_parameter()]
    recorded: Schema = {
        "type": "object",
        "required": ["model", "recorded"],
        "properties": {"model": {"const": model}, "recorded": {"type": "integer", "minimum": 0}},
    }
    truths = model_schemas(described)[f"{model}.Truths"]
    known = truths["examples"]
    feedback = _posting(
        f"feedback.{model}",
        say("Bring back the truth about predictions of {model}", model=model),
        reference(f"{model}.Truths"),
        known[0] if isinstance(known, list) else {},
        recorded,
    )
    return {
        here: {"get": _getting(f"model.{model}", say("What {model} reads and answers", model=model), _JSON)},
        f"{here}/predict": {"post": predict},
        f"{here}/feedback": {"post": feedback},
    }


def _shared_paths() -> dict[str, object]:
    return {
        "/v1/models": {"get": _getting("models", say("The models that answer"), _JSON)},
        "/livez": {"get": {**_getting("livez", say("The process lives"), _JSON), "security": []}},
        "/readyz": {"get": {**_getting("readyz", say("At least one model answers"), _JSON), "security": []}},
        "/metrics": {"get": _getting("metrics", say("Counts and times for Prometheus"), "text/plain")},
        "/openapi.json": {"get": _getting("openapi", say("This description"), _JSON)},
        "/docs": {"get": _getting("docs", say("This description for a person"), "text/html")},
    }


def _posting(
    operation: str, summary: str, body: Schema, example: object, answer: Schema
) -> dict[str, object]:
    return {
        "operationId": operation,
        "summary": summary,
        "requestBody": {"required": True, "content": {_JSON: {"schema": body, "example": example}}},
        "responses": {
            "200": {
                "description": say("Recorded and answered"),
                "headers": _request_id(),
                "content": {_JSON: {"schema": answer}},
            },
            **_refusals(_REFUSALS),
        },
    }


def _getting(operation: str, summary: str, kind: str) -> dict[str, object]:
    schema: Schema = {"type": "object"} if kind == _JSON else {"type": "string"}
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {
            "200": {"description": summary, "headers": _request_id(), "content": {kind: {"schema": schema}}},
            **_refusals((401, 403, 421, 429, 503)),
        },
    }


def _refusals(statuses: tuple[int, ...]) -> dict[str, object]:
    meanings = {
        400: say("The body is not JSON, or not of the form"),
        401: say("A good access token is needed"),
        403: say("The access token does not allow it"),
        408: say("The body came too slowly"),
        413: say("The body or the number of rows is above the cap"),
        415: say("The body does not say that it is JSON"),
        421: say("The Host header names another host"),
        422: say("The contract refuses a row; every fault is named"),
        429: say("Too many requests; Retry-After says how long to wait"),
        503: say("It cannot be answered or recorded now; Retry-After says when to try again"),
    }
    content = {_JSON: {"schema": reference("Error")}}
    return {str(status): {"description": meanings[status], "content": content} for status in statuses}


def _request_id() -> dict[str, object]:
    return {"X-Request-Id": {"description": say("the id of the request"), "schema": {"type": "string"}}}
