"""The one place where an error's code becomes an HTTP status."""

from __future__ import annotations

from andamio.errors import AndamioError, Busy, InputRefused, NotFound, NotTrusted, Unequipped

_BY_CODE = {
    "body-late": 408,
    "body-refused": 400,
    "body-too-large": 413,
    "body-type": 415,
    "disk-full": 503,
    "feedback-rejected": 422,
    "host-refused": 421,
    "method-refused": 405,
    "journal-full": 503,
    "model-not-served": 404,
    "model-unnamed": 400,
    "no-such-address": 404,
    "nothing-deployed": 503,
    "not-allowed": 403,
    "overloaded": 429,
    "rate-limited": 429,
    "rows-rejected": 422,
    "token-refused": 401,
    "token-required": 401,
}

_BY_FAMILY: tuple[tuple[type[AndamioError], int], ...] = (
    (InputRefused, 422),
    (NotFound, 404),
    (NotTrusted, 403),
    (Busy, 503),
    (Unequipped, 503),
)

RETRY_AFTER_S = {429: 1, 503: 1}
CLOSING = frozenset({408, 413})
UNREAD = frozenset({401, 403, 408, 413, 415, 421, 429})


def http_status(error: AndamioError) -> int:
    """Return the status of an error: by its code, else by its family, else 500."""
    status = _BY_CODE.get(error.code)
    if status is not None:
        return status
    return next((status for family, status in _BY_FAMILY if isinstance(error, family)), 500)
