"""The published schema of the deployment file is the code's, and the documented example holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from andamio.bundles.deployment import Deployment

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = DOCS / "deployment.schema.json"


def example() -> dict:
    return json.loads(re.findall(r"```json\n(.*?)```", (DOCS / "deployment.md").read_text(), re.DOTALL)[0])


def test_the_published_schema_is_the_one_of_the_code():
    written = json.loads(SCHEMA.read_text())
    coded = json.loads(msgspec.json.encode(msgspec.json.schema(Deployment)))
    assert {name: part for name, part in written.items() if name != "$schema"} == coded


def test_the_documented_file_is_one():
    jsonschema.validate(example(), json.loads(SCHEMA.read_text()))
    route = msgspec.convert(example(), Deployment).models["pump-health"]
    assert [served.version for served in route.versions()] == [2, 3, 4]


@pytest.mark.parametrize("share", [0, 100, -1])
def test_a_share_is_between_nothing_and_everything(share):
    wrong = example()
    wrong["models"]["pump-health"]["trial"]["share"] = share
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json.loads(SCHEMA.read_text()))
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Deployment)
