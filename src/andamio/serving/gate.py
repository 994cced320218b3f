"""The gate before every door, once the plant has access tokens.

A request names its token in ``Authorization: Bearer``. The first time, its digest is looked up among the
plant's tokens; afterwards one dictionary look-up of the header finds what it may do. Health is open to all,
for those who watch whether the process lives.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, time

from andamio.access import Bucket, Token, TokenFile, digest_of
from andamio.errors import NotAllowed, RateLimited, Text, TokenRefused, TokenRequired, text
from andamio.serving.exchange import Scope
from andamio.serving.routes import Place

# Actions of addresses that tell nothing but that the process lives.
_OPEN = frozenset({"livez", "readyz", "ping", "health", "live", "ready"})
_NEEDS = {
    "predict": "predict",
    "feedback": "feedback",
    "metrics": "metrics",
    "model": "read",
    "models": "read",
    "openapi": "read",
    "docs": "read",
}
_SCHEME = b"bearer "
_LONGEST = 256
_REALM = 'Bearer realm="andamio"'
_INVALID = 'Bearer realm="andamio", error="invalid_token"'


class _Grant:
    """What one secret opens, and the bucket it draws from."""

    __slots__ = ("bucket", "token", "until_s")

    def __init__(self, token: Token, until: datetime | None, bucket: Bucket | None) -> None:
        self.token = token
        self.until_s = None if until is None else until.timestamp()
        self.bucket = bucket


class Gate:
    """Admits the requests that a token allows.

    Args:
        tokens: The plant's tokens.
        before: The gate that stood here, whose buckets go on: a change of the file refills none.
        now_s: The time of day, seconds since 1970.
        clock_s: A clock that never goes back, in seconds.
    """

    def __init__(
        self,
        tokens: TokenFile,
        before: Gate | None = None,
        *,
        now_s: Callable[[], float] = time,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._now_s = now_s
        self._clock_s = clock_s
        self._buckets = self._kept_buckets(tokens, before)
        self._by_digest: dict[str, _Grant] = {}
        self._by_header: dict[bytes, _Grant] = {}
        for token in tokens.tokens:
            bucket = self._buckets.get(token.name)
            self._by_digest[token.digest] = _Grant(token, token.expires, bucket)
            if token.former is not None:
                until = min(filter(None, (token.former.until, token.expires)))
                self._by_digest.setdefault(token.former.digest, _Grant(token, until, bucket))

    def admit(self, scope: Scope, place: Place | None) -> None:
        """Let a request through, or raise.

        Raises:
            TokenRequired: It names no token.
            TokenRefused: Its token is unknown, revoked or expired.
            NotAllowed: Its token does not allow this.
            RateLimited: Its token has asked too often.
        """
        if place is not None and place.action in _OPEN:
            return
        grant = self._grant(_authorization(scope))
        if grant.until_s is not None and self._now_s() >= grant.until_s:
            raise _expired(grant.token)
        if place is not None:
            action = action_of(place, scope["method"])
            if not grant.token.may(action, place.model):
                raise _not_allowed(grant.token, action, place.model)
        if grant.bucket is not None:
            wait_s = grant.bucket.take(self._clock_s())
            if wait_s:
                raise _too_often(grant.token, wait_s)

    def has_met(self, scope: Scope) -> bool:
        """Tell whether the token of a request has opened something before."""
        return _authorization(scope) in self._by_header

    def name_of(self, scope: Scope) -> str:
        """Return the name of the token of a request that was admitted."""
        return self._grant(_authorization(scope)).token.name

    def _grant(self, header: bytes) -> _Grant:
        grant = self._by_header.get(header)
        if grant is not None:
            return grant
        if not header:
            raise _required(text("the request names no access token"))
        if header[: len(_SCHEME)].lower() != _SCHEME:
            raise _required(text("the Authorization header is not of the form Bearer TOKEN"))
        secret = header[len(_SCHEME) :].strip()
        grant = self._by_digest.get(digest_of(secret)) if len(secret) <= _LONGEST else None
        if grant is None:
            raise TokenRefused(
                text("the access token opens nothing here"),
                why=text("it is not one of this plant's, or it was revoked or changed"),
                fix=text("ask whoever keeps the plant for a new one: andamio token rotate NAME"),
                data={"www-authenticate": _INVALID},
            )
        # Only what opens is remembered: nobody fills the memory with headers that were refused.
        if len(self._by_header) < 2 * len(self._by_digest):
            self._by_header[header] = grant
        return grant

    def _kept_buckets(self, tokens: TokenFile, before: Gate | None) -> dict[str, Bucket]:
        kept = before._buckets if before is not None else {}  # noqa: SLF001  the same class
        buckets: dict[str, Bucket] = {}
        for token in tokens.tokens:
            if token.per_minute is None:
                continue
            old = kept.get(token.name)
            same = old is not None and old.per_minute == token.per_minute
            buckets[token.name] = (
                old if old is not None and same else Bucket(token.per_minute, now_s=self._clock_s())
            )
        return buckets


def action_of(place: Place, method: str) -> str:
    """Return the action that a request needs; an address of no known kind needs "predict" for a POST."""
    return _NEEDS.get(place.action) or ("predict" if method == "POST" else "read")


def _authorization(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"authorization":
            found: bytes = value
            return found
    return b""


def _required(what: Text) -> TokenRequired:
    return TokenRequired(
        what,
        why=text("this plant has access tokens, so every request needs one"),
        fix=text("send the header Authorization: Bearer TOKEN; andamio token create NAME makes one"),
        data={"www-authenticate": _REALM},
    )


def _expired(token: Token) -> TokenRefused:
    expired = token.has_expired(datetime.now(UTC))
    return TokenRefused(
        text("the access token {name} has expired", name=token.name)
        if expired
        else text(
            "the access token {name} has a new secret, and the time of the old one is over", name=token.name
        ),
        fix=text("ask whoever keeps the plant for a new one: andamio token rotate NAME"),
        data={"www-authenticate": _INVALID},
    )


def _not_allowed(token: Token, action: str, model: str) -> NotAllowed:
    return NotAllowed(
        text(
            "the access token {name} does not allow {action} on {model}",
            name=token.name,
            action=action,
            model=model,
        )
        if model
        else text("the access token {name} does not allow {action} here", name=token.name, action=action),
        why=text(
            "it allows {actions} on {models}",
            actions=", ".join(token.actions),
            models=", ".join(token.models),
        ),
        fix=text("use another token, or make one that allows it: andamio token create NAME"),
    )


def _too_often(token: Token, wait_s: int) -> RateLimited:
    return RateLimited(
        text(
            "the access token {name} may ask {limit} times a minute", name=token.name, limit=token.per_minute
        ),
        fix=text("wait {seconds} s and send it again; several rows may go in one request", seconds=wait_s),
        data={"retry_after_s": wait_s},
    )
