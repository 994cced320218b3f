"""The signature over a bundle: who vouches for this digest and for the record beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from andamio.bundles.contents import Digest, read_canonical
from andamio.bundles.keys import PublicKey, Signer
from andamio.bundles.refusal import Suspicious
from andamio.errors import KeyRefused, text
from andamio.kernel.digests import canonical_json, sha256


class Statement(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="andamio-bundle", tag_field="about"
):
    """What is signed: the digest of the bundle, that of its record, and the key that says so."""

    digest: Digest
    record: Digest
    key: str


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``signature.json``: the statement and its Ed25519 signature, in base64."""

    statement: Statement
    signature: str


def seal(signer: Signer, digest: str, record: bytes) -> bytes:
    """Sign a bundle's digest and record; return ``signature.json``."""
    statement = Statement(digest, sha256(record), str(signer.public))
    signature = signer.sign(canonical_json(statement))
    return canonical_json(Seal(statement, base64.b64encode(signature).decode()))


def check_seal(content: bytes, record: bytes, trusted: Sequence[PublicKey]) -> tuple[str, PublicKey]:
    """Return the digest that a trusted key signed together with this record, and the key.

    Raises:
        Suspicious: No trusted key signed it, or it is about another record.
    """
    sealed = read_canonical(content, Seal)
    try:
        key = PublicKey.parse(sealed.statement.key)
        signature = base64.b64decode(sealed.signature, validate=True)
    except (KeyRefused, binascii.Error, ValueError) as error:
        raise Suspicious(text("the key or the signature is not written as one")) from error
    if key not in trusted:
        raise Suspicious(
            text(
                "signed by key {key}, which andamio.toml, [keys] trusted does not name",
                key=key.id,
            )
        )
    written_again = base64.b64encode(signature).decode() == sealed.signature
    if not written_again or not key.verify(canonical_json(sealed.statement), signature):
        raise Suspicious(text("the signature is not that of the key it names"))
    if sealed.statement.record != sha256(record):
        raise Suspicious(text("the signature is about another record.json"))
    return sealed.statement.digest, key
