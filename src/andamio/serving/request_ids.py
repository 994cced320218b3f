"""The id of a request: the one that it brought in ``X-Request-Id``, or one made here; every answer has it."""

from __future__ import annotations

import re
import secrets
from itertools import count

from andamio.serving.exchange import Scope

_SOUND = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}").fullmatch
_PROCESS = secrets.token_hex(5).encode()
_numbers = count(1)


def request_id(scope: Scope) -> bytes:
    """Return the id of a request; the same whenever it is asked for the same request.

    An id that is too long, or has other characters than letters, digits and ``._:/+=@-``, is not taken.
    """
    known: bytes | None = scope.get("andamio.request_id")
    if known is not None:
        return known
    found = b""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            found = value
    if not found or _SOUND(found) is None:
        found = b"%s-%x" % (_PROCESS, next(_numbers))
    scope["andamio.request_id"] = found
    return found
