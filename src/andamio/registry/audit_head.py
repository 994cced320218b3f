"""The audit log's head, signed: whoever keeps one can tell later that the log was cut or written anew.

A chain of hashes finds an edited row, but not a chain recomputed from end to end, nor rows cut off at
its end. Every bundle and every report carries the head of its day; one kept copy is enough.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from andamio.bundles.keys import PublicKey, Signer
from andamio.kernel.digests import canonical_json


class AuditHead(msgspec.Struct, frozen=True, kw_only=True):
    """The last row of an audit log at one moment, signed.

    Attributes:
        seq: The number of that row; 0 for an empty log.
        hash: Its hash.
        key_id: The key that signed.
        signature: Ed25519 over ``seq`` and ``hash``, base64.
    """

    seq: int
    hash: str
    key_id: str
    signature: str


def sign_head(seq: int, row_hash: str, signer: Signer) -> AuditHead:
    """Sign the head of a log."""
    signature = base64.b64encode(signer.sign(_message(seq, row_hash))).decode("ascii")
    return AuditHead(seq=seq, hash=row_hash, key_id=signer.public.id, signature=signature)


def head_holds(head: AuditHead, trusted: Sequence[PublicKey]) -> bool:
    """Tell whether one of the trusted keys signed this head."""
    try:
        signature = base64.b64decode(head.signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(key.verify(_message(head.seq, head.hash), signature) for key in trusted)


def _message(seq: int, row_hash: str) -> bytes:
    # The prefix keeps a signature over a head from ever being one over something else.
    return b"andamio audit head\n" + canonical_json({"hash": row_hash, "seq": seq})
