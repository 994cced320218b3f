"""Find everything that is wrong with a table of settings, not only the first thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import msgspec

from andamio.errors import Text, text


def settings_faults(found: object, kind: Any, place: str = "") -> Iterator[tuple[str, Text]]:
    """Walk a table that does not hold; yield where something is wrong, and what.

    Args:
        found: What TOML holds there.
        kind: The type that it should have, a msgspec struct or a field's type.
        place: Where it stands: "serving.port".
    """
    inner = get_args(kind)[0] if get_origin(kind) is tuple else None
    if _is_struct(kind) and isinstance(found, Mapping):
        yield from _of_table(found, kind, place)
    elif _is_struct(inner) and isinstance(found, Sequence) and not isinstance(found, str):
        for position, item in enumerate(found, start=1):
            yield from settings_faults(item, inner, f"{place}[{position}]")
    else:
        try:
            msgspec.convert(found, kind)
        except msgspec.ValidationError as error:
            yield place, text("{reason}", reason=str(error).removesuffix(" - at `$`"))


def _of_table(found: Mapping[str, object], kind: Any, place: str) -> Iterator[tuple[str, Text]]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    prefix = f"{place}." if place else ""
    for name, value in found.items():
        if name not in fields:
            yield f"{prefix}{name}", text("there is no setting {name}", name=f"{prefix}{name}")
        else:
            yield from settings_faults(value, fields[name].type, prefix + name)
    for name, field in fields.items():
        if field.required and name not in found:
            yield f"{prefix}{name}", text("the setting {name} is missing", name=f"{prefix}{name}")


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
