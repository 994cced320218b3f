"""Who may ask what: access tokens and the roles they are given by.

A token is a secret of 256 random bits, shown once. The plant keeps its digest in one file, which the
control side writes (``store``) and the scoring process reads and watches. ``roles`` names the actions,
``tokens`` says what a token may do and until when, ``bucket`` how often.
"""

from andamio.access.bucket import Bucket
from andamio.access.roles import ACTIONS, ROLES, actions_of
from andamio.access.secrets import digest_of, new_secret
from andamio.access.store import TokenStore, read_tokens
from andamio.access.tokens import Token, TokenFile

__all__ = [
    "ACTIONS",
    "ROLES",
    "Bucket",
    "Token",
    "TokenFile",
    "TokenStore",
    "actions_of",
    "digest_of",
    "new_secret",
    "read_tokens",
]
