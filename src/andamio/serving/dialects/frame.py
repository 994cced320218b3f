"""Read the JSON object that a dialect wraps its rows in, member by member."""

from __future__ import annotations

import msgspec

from andamio.contracts.validator import read_json
from andamio.errors import BodyRefused, text
from andamio.serving.dialects.asking import not_of_the_form

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def members(body: bytes, example: str) -> dict[str, bytes]:
    """Return the members of a JSON object, each still as JSON.

    Raises:
        BodyRefused: It is not JSON, or no object.
    """
    try:
        return {name: bytes(raw) for name, raw in _members(body).items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        fix = text("send {example}", example=example)
        if isinstance(error, msgspec.ValidationError):
            raise not_of_the_form(text("it is not an object"), fix) from error
        raise BodyRefused(
            text("the body is not JSON"), why=text("{reason}", reason=error), fix=fix
        ) from error


def listed(raw: bytes, name: str, example: str) -> list[object]:
    """Read a member that must be a list.

    Raises:
        BodyRefused: It is none.
    """
    value = read_json(raw)
    if not isinstance(value, list):
        raise not_of_the_form(
            text("{name} is not a list", name=name), text("send {example}", example=example)
        )
    return value
