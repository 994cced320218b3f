"""How an explanation is asked for and what it looks like, as schemas."""

from __future__ import annotations

from andamio.language import say

Schema = dict[str, object]


def explain_parameter() -> Schema:
    """Describe the parameter of the address."""
    return {
        "name": "explain",
        "in": "query",
        "required": False,
        "description": say(
            "true: say with each prediction what each tag contributed to it; few rows at a time"
        ),
        "schema": {"enum": ["true", "false"], "default": "false"},
    }


def prediction_parts() -> Schema:
    """Describe what a prediction has more where an explanation was asked for."""
    return {
        "explanation": {
            "oneOf": [{"$ref": "#/components/schemas/Explanation"}, {"type": "null"}],
            "description": say("with explain=true: why"),
        },
        "unexplained": {"type": "string", "description": say("why there is no explanation")},
    }


def explanation_schemas() -> dict[str, Schema]:
    """Describe an explanation and its parts, by name."""
    number: Schema = {"type": "number"}
    perhaps: Schema = {"type": ["number", "null"]}
    words: Schema = {"type": ["string", "null"]}
    contribution: Schema = {
        "tag": {"type": "string"},
        "value": {"type": ["number", "string", "null"]},
        "unit": words,
        "usual": {
            "oneOf": [
                {"type": "array", "items": number, "minItems": 2, "maxItems": 2},
                {"type": "null"},
            ],
            "description": say("between these lay eight rows of ten of its training"),
        },
        "contribution": {**number, "description": say("what it added to the prediction, or took from it")},
        "error": {**perhaps, "description": say("standard error of the contribution, from sampling")},
        "words": {"type": "string", "description": say("the same for a person")},
    }
    method: Schema = {
        "name": {"enum": ["all coalitions", "sampled orders"]},
        "background": {"enum": ["training", "golden"]},
        "background_rows": {"type": "integer"},
        "graph_rows": {"type": "integer"},
        "cut": {"type": "boolean", "description": say("whether the time was up before everything was asked")},
    }
    explanation: Schema = {
        "of": {"enum": ["probability", "value"]},
        "label": {**words, "description": say("the class whose chance is explained")},
        "unit": words,
        "value": number,
        "base": {
            **number,
            "description": say("the mean prediction; with the contributions it adds up to value"),
        },
        "contributions": {"type": "array", "items": {"$ref": "#/components/schemas/Contribution"}},
        "method": _object(method),
    }
    return {"Contribution": _object(contribution), "Explanation": _object(explanation)}


def _object(properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}
