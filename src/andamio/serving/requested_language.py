"""The language a request asks its errors in."""

from __future__ import annotations

from collections.abc import Iterable

from andamio.language import LANGUAGES, current_language


def requested_language(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the language of highest quality in Accept-Language that Andamio speaks.

    Without the header, or when it names neither, the language of the process.

    >>> requested_language([(b"accept-language", b"fr, es-CO;q=0.9, en;q=0.5")])
    'es'
    """
    asked = b",".join(value for name, value in headers if name == b"accept-language")
    best, best_quality = current_language(), 0.0
    for part in asked.decode("latin-1").split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip()[:2].lower()
        quality = _quality(parameter)
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
