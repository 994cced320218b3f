"""The description is a sound OpenAPI document, says what the contract says, and agrees with the answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any

import jsonschema
import msgspec
import pytest
from jsonschema.validators import Draft202012Validator
from referencing import Registry, Resource

from andamio.language import speak
from andamio.serving.application import Application
from andamio.serving.feedback import FeedbackDoor
from andamio.serving.generation import Generation, Switchboard
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.openapi import DocumentPage, openapi, reading_page
from andamio.serving.predicting import PredictDoor
from andamio.serving.scorer import Scorer

# The parts of the meta-schema of OpenAPI 3.1 (spec.openapis.org/oas/3.1/schema) that this document uses.
META: dict[str, Any] = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {key: {"type": "string"} for key in ("title", "version", "description")},
            "additionalProperties": False,
        },
        "servers": {"type": "array", "items": {"type": "object", "required": ["url"]}},
        "paths": {
            "type": "object",
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object",
                "propertyNames": {"enum": ["get", "post"]},
                "additionalProperties": {"$ref": "#/$defs/operation"},
            },
        },
        "components": {
            "type": "object",
            "properties": {
                "schemas": {
                    "type": "object",
                    "propertyNames": {"pattern": "^[a-zA-Z0-9._-]+$"},
                    "additionalProperties": {"$ref": "https://json-schema.org/draft/2020-12/schema"},
                },
                "securitySchemes": {"type": "object"},
            },
            "additionalProperties": False,
        },
        "security": {"type": "array"},
    },
    "additionalProperties": False,
    "$defs": {
        "media": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["schema"],
                "properties": {
                    "schema": {"$ref": "https://json-schema.org/draft/2020-12/schema"},
                    "example": True,
                },
                "additionalProperties": False,
            },
        },
        "operation": {
            "type": "object",
            "required": ["operationId", "responses"],
            "properties": {
                "operationId": {"type": "string"},
                "summary": {"type": "string"},
                "security": {"type": "array"},
                "parameters": {
                    "type": "array",
                    "items": {"type": "object", "required": ["name", "in", "schema"]},
                },
                "requestBody": {
                    "type": "object",
                    "required": ["content"],
                    "properties": {"content": {"$ref": "#/$defs/media"}, "required": {"type": "boolean"}},
                    "additionalProperties": False,
                },
                "responses": {
                    "type": "object",
                    "propertyNames": {"pattern": "^[1-5][0-9]{2}$"},
                    "additionalProperties": {
                        "type": "object",
                        "required": ["description"],
                        "properties": {
                            "description": {"type": "string"},
                            "headers": {"type": "object"},
                            "content": {"$ref": "#/$defs/media"},
                        },
                        "additionalProperties": False,
                    },
                },
            },
            "additionalProperties": False,
        },
    },
}
SHAPES = ("two", "more", "number")


def document_of(scorer: Scorer, **how: bool) -> dict[str, Any]:
    written = msgspec.json.encode(openapi({scorer.model: scorer}, **how), enc_hook=str)
    read: dict[str, Any] = msgspec.json.decode(written)
    return read


def checker(document: dict[str, Any], name: str) -> Draft202012Validator:
    """Return what checks a value against a schema of the document's components."""
    resource = Resource.from_contents({"$schema": "https://json-schema.org/draft/2020-12/schema", **document})
    registry = Registry().with_resource("urn:document", resource)
    return Draft202012Validator({"$ref": f"urn:document#/components/schemas/{name}"}, registry=registry)


@pytest.fixture(params=SHAPES)
def scorer(request: pytest.FixtureRequest, models: Any) -> Scorer:
    made: Scorer = models.scorer(request.param)
    return made


@pytest.mark.parametrize("tokens", [False, True])
def test_the_document_is_sound_and_every_reference_leads_somewhere(scorer: Scorer, tokens: bool) -> None:
    document = document_of(scorer, tokens=tokens)
    jsonschema.validate(document, META, cls=Draft202012Validator)
    references = re.findall(r'"\$ref":"#/components/schemas/([^"]+)"', msgspec.json.encode(document).decode())
    assert references
    assert set(references) <= set(document["components"]["schemas"])
    operations = [o for methods in document["paths"].values() for o in methods.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    assert ("security" in document) is tokens


def test_units_ranges_and_an_example_are_the_contracts(scorer: Scorer) -> None:
    document = document_of(scorer)
    row = document["components"]["schemas"]["pump.Row"]
    bearing = row["properties"]["bearing_temp"]
    assert (bearing["x-unit"], bearing["minimum"], bearing["maximum"]) == ("degC", 0, 180)
    example = document["paths"]["/v1/models/pump/predict"]["post"]["requestBody"]["content"][
        "application/json"
    ]["example"]
    checker(document, "pump.Body").validate(example)
    assert scorer.score(scorer.decode(msgspec.json.encode(example))).predictions


def test_what_is_answered_is_what_is_described(scorer: Scorer) -> None:
    document = document_of(scorer)

    async def commit(_: Any) -> None: ...

    rows = [{"bearing_temp": 80, "product": "H"}, {"bearing_temp": 12.5, "ambient_temp": 70, "product": "?"}]
    with ThreadPoolExecutor(1) as pool:
        door = PredictDoor(scorer, commit, pool, Metrics(), Limits())
        content = asyncio.run(door.answer(msgspec.json.encode({"rows": rows})))
    answered = msgspec.json.decode(content)
    checker(document, "pump.Answer").validate(answered)
    broken = answered | {"predictions": [{}]}
    with pytest.raises(jsonschema.ValidationError):
        checker(document, "pump.Answer").validate(broken)


def test_the_described_example_of_a_truth_is_taken(scorer: Scorer) -> None:
    document = document_of(scorer)

    async def commit(_: Any) -> None: ...

    example = document["components"]["schemas"]["pump.Truths"]["examples"][0]
    checker(document, "pump.Truths").validate(example)
    door = FeedbackDoor("pump", scorer.info, commit, Metrics(), Limits())
    recorded = asyncio.run(door.answer(msgspec.json.encode(example)))
    assert msgspec.json.decode(recorded)["recorded"] == 1


def test_every_address_of_the_process_is_described(scorer: Scorer) -> None:
    async def commit(_: Any) -> None: ...

    with ThreadPoolExecutor(1) as pool:
        board = Switchboard(commit, pool, Metrics(), Limits())
        routes = board.routes(Generation(1, {"pump": scorer}))
    described = set(document_of(scorer)["paths"])
    assert [path for path in described if routes.find(path) is None] == []
    assert {path for path in routes._places if "/versions/" not in path} == described


def test_the_example_of_every_post_is_answered_as_it_is_described(
    scorer: Scorer, call: Callable[..., Any]
) -> None:
    async def commit(_: Any) -> None: ...

    document = document_of(scorer)
    asked = 0
    with ThreadPoolExecutor(1) as pool:
        board = Switchboard(commit, pool, Metrics(), Limits())
        application = Application(board.routes(Generation(1, {"pump": scorer})), Metrics(), Limits())
        for path, methods in document["paths"].items():
            operation = methods.get("post", {"requestBody": {"content": {}}})
            for kind, media in operation["requestBody"]["content"].items():
                if "example" not in media:
                    continue
                content = media["example"]
                body = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
                headers = [(b"host", b"127.0.0.1"), (b"content-type", kind.encode())]
                reply = call(application, "POST", path, [body], headers)
                assert reply.status == 200, (path, kind, reply.content)
                check_answer(document, operation, reply)
                asked += 1
    assert asked == 8


def check_answer(document: dict[str, Any], operation: dict[str, Any], reply: Any) -> None:
    schema = operation["responses"]["200"]["content"][reply.headers[b"content-type"].decode()]["schema"]
    if "$ref" in schema:
        checker(document, schema["$ref"].rpartition("/")[2]).validate(reply.json)


def test_refusals_are_described_in_the_words_of_their_dialect(
    scorer: Scorer, call: Callable[..., Any]
) -> None:
    async def commit(_: Any) -> None: ...

    document = document_of(scorer)
    with ThreadPoolExecutor(1) as pool:
        board = Switchboard(commit, pool, Metrics(), Limits())
        application = Application(board.routes(Generation(1, {"pump": scorer})), Metrics(), Limits())
        for path in ("/invocations", "/v1/models/pump:predict", "/v2/models/pump/infer"):
            reply = call(application, "POST", path, [b"{"])
            described = document["paths"][path]["post"]["responses"][str(reply.status)]
            name = described["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            checker(document, name).validate(reply.json)
            other = {"MlflowError": "InferenceError", "InferenceError": "MlflowError"}[name]
            assert not checker(document, other).is_valid(reply.json)


def test_invocations_is_described_where_a_model_answers_there(models: Any) -> None:
    scorers = {name: models.scorer("two") for name in ("a", "b")}
    assert "/invocations" not in openapi(scorers)["paths"]  # type: ignore[operator]
    assert "/invocations" in openapi(scorers, invoked="b")["paths"]  # type: ignore[operator]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_loads_nothing_from_outside_and_speaks_the_language(scorer: Scorer, language: str) -> None:
    with speak(language):
        content = reading_page(openapi({"pump": scorer}, tokens=True), language=language).decode()
    reader = Reader()
    reader.feed(content)
    assert reader.open == []
    assert reader.links == ["/openapi.json"]
    assert "://" not in content
    assert "<script" not in content
    assert ("Lo que se envía" in content) is (language == "es")
    assert "degC" in content
    assert "0 … 180" in content


def test_what_a_plant_wrote_cannot_become_part_of_the_page(models: Any) -> None:
    document = openapi({"pump": models.scorer("two")})
    schemas: Any = document["components"]
    schemas["schemas"]["pump.Row"]["properties"]["bearing_temp"]["description"] = "<img src=x onerror=y>"
    assert b"<img" not in reading_page(document, language="en")


def test_a_document_is_written_once_for_each_language_and_follows_the_tokens(models: Any) -> None:
    guarded = False
    door = DocumentPage({"pump": models.scorer("two")}, lambda: guarded)
    first = door.page().content
    assert door.page().content is first
    with speak("es"):
        assert "Predecir" in door.page().content.decode()
    guarded = True
    assert b'"security"' in door.page().content
