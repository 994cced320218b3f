"""Say a sentence in the language of the moment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources

from andamio.errors import Text
from andamio.errors.written import Written
from andamio.language.values import written

LANGUAGES = ("en", "es")

_language: ContextVar[str | None] = ContextVar("language", default=None)


def current_language() -> str:
    """Return the language in force: the one set by ``speak``, else ANDAMIO_LANG, else LANG, else English."""
    chosen = _language.get()
    if chosen is not None:
        return chosen
    for variable in ("ANDAMIO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        code = os.environ.get(variable, "")[:2].lower()
        if code in LANGUAGES:
            return code
    return "en"


def set_language(language: str) -> None:
    """Choose the language for the rest of this context; an unknown code means English."""
    _language.set(language if language in LANGUAGES else "en")


@contextmanager
def speak(language: str) -> Iterator[None]:
    """Choose the language inside a ``with`` block."""
    token = _language.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _language.reset(token)


def say(sentence: str | Text, /, **values: object) -> str:
    """Render a sentence in the current language, its numbers and dates written as that language writes them.

    >>> say("{n} rows were read", n=12)
    '12 rows were read'
    >>> say("{n} {n:row was|rows were} read", n=1)
    '1 row was read'
    """
    if isinstance(sentence, Text):
        template, holes = sentence.template, dict(sentence.values) | values
    else:
        template, holes = sentence, values
    language = current_language()
    if language != "en":
        template = catalogue(language).get(template, template)
    return template.format_map(
        {name: Written(_shown(value, language), value) for name, value in holes.items()}
    )


def _shown(value: object, language: str) -> str:
    if isinstance(value, Text):
        return say(value)
    return written(value, language)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Load the translations of a language: English sentence to its translation."""
    sentences: dict[str, str] = {}
    folder = resources.files("andamio.language") / language
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            sentences |= tomllib.loads(file.read_text(encoding="utf-8"))
    return sentences
