"""Make a token's secret, and the digest by which it is known afterwards."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "andamio_"
_BYTES = 32


def new_secret() -> str:
    """Draw 256 random bits and write them with a prefix by which a scan of files finds a leaked one."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def digest_of(secret: str | bytes) -> str:
    """Return the SHA-256 digest of a secret, in hexadecimal.

    A password needs a slow, salted hash because people choose from few. These are 256 random bits: nobody
    guesses one whatever the speed of the hash, two are never equal, and no table of them can exist, so one
    round of SHA-256 loses nothing. It also makes the look-up safe against timing: whoever measures how a
    dictionary compares digests learns bits of a digest, which cannot be steered by choosing secrets.

    >>> digest_of("andamio_x")[:12]
    '6febadd0d700'
    """
    return hashlib.sha256(secret.encode() if isinstance(secret, str) else secret).hexdigest()
