"""What a room offers is there, in order; and the tree of errors is the one that is drawn."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

import andamio
from andamio import errors
from andamio.errors import AndamioError

SOURCE = Path(andamio.__file__).parent
ROOMS = sorted(
    ".".join(("andamio", *file.parent.relative_to(SOURCE).parts))
    for file in SOURCE.rglob("__init__.py")
    if "migrations" not in file.parts
)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_tells_its_story_and_exports_what_it_names(room: str) -> None:
    module = importlib.import_module(room)
    assert module.__doc__
    names = list(getattr(module, "__all__", ()))
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(module, name)] == []


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'pickle'"):
        andamio.pickle  # noqa: B018  the reading is the test


def is_ours(kind: type) -> bool:
    return kind.__module__.startswith(f"{errors.__name__}.")


def test_every_error_of_the_tree_is_exported() -> None:
    exported = set(errors.__all__)

    def below(kind: type[AndamioError]) -> set[str]:
        found = {kind.__name__} if is_ours(kind) else set()
        return found.union(*map(below, kind.__subclasses__()))

    assert below(AndamioError) <= exported


def families() -> dict[str, type[AndamioError]]:
    return {kind.__name__: kind for kind in AndamioError.__subclasses__() if is_ours(kind)}


def test_the_drawn_tree_of_errors_is_the_real_one() -> None:
    drawn = re.findall(r"[├└]── (\w+) +exit (\d+) ", errors.__doc__ or "")
    real = [(name, str(kind.exit_status)) for name, kind in families().items()]
    assert sorted(drawn) == sorted(real)


def kinds() -> list[type[AndamioError]]:
    return [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, AndamioError) and is_ours(kind)
    ]


def test_every_error_has_a_code_of_its_own_and_a_docstring() -> None:
    codes = [kind.code for kind in kinds()]
    assert sorted(codes) == sorted(set(codes))
    assert [kind.__name__ for kind in kinds() if not kind.__dict__.get("code") or not kind.__doc__] == []


def test_an_error_ends_with_the_exit_status_of_its_family() -> None:
    for kind in kinds():
        family = next((f for f in families().values() if issubclass(kind, f)), AndamioError)
        assert kind.exit_status == family.exit_status, kind.__name__
