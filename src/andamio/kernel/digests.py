"""Name content by its SHA-256, and write JSON in the one form that can be digested."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

_encoder = msgspec.json.Encoder(order="deterministic")


def canonical_json(value: object) -> bytes:
    """Encode a value as JSON with sorted keys, so that equal values have equal bytes."""
    return _encoder.encode(value)


def sha256(content: bytes) -> str:
    """Return the digest of bytes, in 64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Return the digest of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
