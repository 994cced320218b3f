"""One operation of an OpenAPI document: what is sent, what is answered, what may be refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from andamio.language import say
from andamio.serving.openapi.components import Schema, reference

JSON = "application/json"
REFUSALS = (400, 401, 403, 408, 413, 415, 421, 422, 429, 503)


class Media(NamedTuple):
    """A body of one type, and an example of it; None where it cannot be written down."""

    schema: Schema
    example: object = None

    def described(self) -> dict[str, object]:
        """Return it as the document has it."""
        shown = {} if self.example is None else {"example": self.example}
        return {"schema": self.schema, **shown}


def posting(
    operation: str,
    summary: str,
    bodies: Mapping[str, Media],
    answers: Mapping[str, Schema],
    *,
    parameters: tuple[dict[str, object], ...] = (),
    statuses: tuple[int, ...] = REFUSALS,
    error: str = "Error",
) -> dict[str, object]:
    """Describe a POST.

    Args:
        operation: Its name in the document.
        summary: What it does.
        bodies: What may be sent, by type.
        answers: What is answered, by type.
        parameters: What its query string may say.
        statuses: What else may be answered.
        error: The schema of a refusal.
    """
    content = {kind: media.described() for kind, media in bodies.items()}
    described: dict[str, object] = {
        "operationId": operation,
        "summary": summary,
        **({"parameters": list(parameters)} if parameters else {}),
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": say("Recorded and answered"),
                "headers": {**_request_id(), **_said()},
                "content": {kind: {"schema": schema} for kind, schema in answers.items()},
            },
            **refusals(statuses, error),
        },
    }
    return {"post": described}


def getting(
    operation: str, summary: str, kind: str, *, error: str = "Error", guarded: bool = True
) -> dict[str, object]:
    """Describe a GET; one that is not guarded needs no token even where there are some."""
    schema: Schema = {"type": "object"} if kind == JSON else {"type": "string"}
    described = {
        "operationId": operation,
        "summary": summary,
        "responses": {
            "200": {"description": summary, "headers": _request_id(), "content": {kind: {"schema": schema}}},
            **refusals((401, 403, 421, 429, 503), error),
        },
        **({} if guarded else {"security": []}),
    }
    return {"get": described}


def refusals(statuses: tuple[int, ...], error: str) -> dict[str, object]:
    """Describe what may be answered instead."""
    meanings = {
        400: say("The body is not JSON, or not of the form"),
        401: say("A good access token is needed"),
        403: say("The access token does not allow it"),
        408: say("The body came too slowly"),
        413: say("The body or the number of rows is above the cap"),
        415: say("The body is of another type, or does not say of which"),
        421: say("The Host header names another host"),
        422: say("The contract refuses a row; every fault is named"),
        429: say("Too many requests; Retry-After says how long to wait"),
        503: say("It cannot be answered or recorded now; Retry-After says when to try again"),
    }
    content = {JSON: {"schema": reference(error)}}
    return {str(status): {"description": meanings[status], "content": content} for status in statuses}


def _request_id() -> dict[str, object]:
    return {"X-Request-Id": {"description": say("the id of the request"), "schema": {"type": "string"}}}


def _said() -> dict[str, object]:
    return {
        "X-Andamio-Version": {
            "description": say("the versions that answered, where the body is not plain native JSON"),
            "schema": {"type": "string"},
        },
        "X-Andamio-Recorded": {
            "description": say(
                "false where the answer is not recorded, and the body is not plain native JSON"
            ),
            "schema": {"type": "string"},
        },
    }
