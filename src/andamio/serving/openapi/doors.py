"""The two doors of the description: the document for programs, the page for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from andamio.language import current_language
from andamio.serving.doors import Page
from andamio.serving.openapi.components import Described
from andamio.serving.openapi.document import openapi
from andamio.serving.openapi.page import reading_page

Guarded = Callable[[], bool]


class DocumentPage:
    """``/openapi.json``: the description of one generation, written once for each language."""

    def __init__(self, models: Mapping[str, Described], guarded: Guarded, default: str = "") -> None:
        self._models = models
        self._guarded = guarded
        self._default = default
        self._written: dict[tuple[str, bool], bytes] = {}

    def page(self) -> Page:
        """Return the document."""
        which = current_language(), self._guarded()
        if which not in self._written:
            document = openapi(self._models, tokens=which[1], invoked=self._default)
            self._written[which] = msgspec.json.encode(document, enc_hook=str)
        return Page(self._written[which])


class ReadingPage:
    """``/docs``: the same on a page that loads nothing from anywhere."""

    def __init__(self, models: Mapping[str, Described], guarded: Guarded, default: str = "") -> None:
        self._models = models
        self._guarded = guarded
        self._default = default

    def page(self) -> Page:
        """Return the page in the language of whoever asks."""
        document = openapi(self._models, tokens=self._guarded(), invoked=self._default)
        content = reading_page(document, language=current_language())
        return Page(content, b"text/html; charset=utf-8")
