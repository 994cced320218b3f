"""The id of a request: the one that it brought in ``X-Request-Id``, or one made here; every answer has it."""

from __future__ import annotations

import re
import secrets
from itertools import count

from andamio.serving.exchange import Scope

_SOUND = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}").fullmatch
_PROCESS = secrets.token_hex(5).encode()
_numbers = count(1)
_KEY = "andamio.request_id"


def request_id(scope: Scope) -> bytes:
    """Return the id of a request; the same whenever it is asked for the same request."""
    known: bytes | None = scope.get(_KEY)
    if known is not None:
        return known
    brought = b""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            brought = value
    return name_request(scope, brought)


def name_request(scope: Scope, brought: bytes) -> bytes:
    """Give a request the id that it brought, or one made here, and return it.

    An id that is too long, or has other characters than letters, digits and ``._:/+=@-``, is not taken.
    """
    if not brought or _SOUND(brought) is None:
        brought = b"%s-%x" % (_PROCESS, next(_numbers))
    scope[_KEY] = brought
    return brought
