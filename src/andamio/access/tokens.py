"""A token as the plant keeps it: everything but its secret."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

FORMAT = 1
EVERY_MODEL = "*"

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
TokenName = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Former(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret before a rotation, which still opens until ``until`` (UTC)."""

    digest: Digest
    until: datetime


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a token may do.

    Attributes:
        name: How people call it: "line-3".
        digest: SHA-256 of its secret.
        actions: Some of ``roles.ACTIONS``.
        models: The models it may ask; ``"*"`` is all of them.
        created: When it was made (UTC).
        rotated: When its secret was last changed (UTC).
        expires: From when it opens nothing (UTC); None means never.
        per_minute: Requests that each scoring process takes from it in a minute; None means no limit.
        former: The secret before the last rotation.
    """

    name: TokenName
    digest: Digest
    actions: tuple[str, ...]
    models: tuple[str, ...] = (EVERY_MODEL,)
    created: datetime
    rotated: datetime | None = None
    expires: datetime | None = None
    per_minute: Annotated[int, msgspec.Meta(ge=1)] | None = None
    former: Former | None = None

    def may(self, action: str, model: str) -> bool:
        """Tell whether it allows an action on a model; what belongs to no model has the name ""."""
        if action not in self.actions:
            return False
        return EVERY_MODEL in self.models or model in self.models or (not model and action != "predict")

    def has_expired(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return self.expires is not None and now >= self.expires


class TokenFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All the tokens of a plant. A file without any keeps everybody out."""

    tokens: tuple[Token, ...] = ()
    format: int = FORMAT

    def named(self, name: str) -> Token | None:
        """Return a token by its name."""
        return next((token for token in self.tokens if token.name == name), None)
