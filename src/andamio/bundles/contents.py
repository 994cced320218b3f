"""What a bundle consists of: its files, how large each may be, the manifest, and the digest that names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from andamio.bundles.refusal import Suspicious
from andamio.errors import text
from andamio.kernel.digests import canonical_json, sha256

FORMAT = 1
MANIFEST, RECORD, SIGNATURE = "manifest.json", "record.json", "signature.json"

_MIB = 1024 * 1024

# Each file under the digest, with the most bytes it may have: a cap on what an opened folder can cost.
DIGESTED: Mapping[str, int] = {
    "contract.toml": _MIB,
    "graph.onnx": 512 * _MIB,
    "graph.json": _MIB,
    "reference.npz": 64 * _MIB,
    "golden.json": 8 * _MIB,
    "evaluation.json": 16 * _MIB,
    "parity.json": 4 * _MIB,
    "lineage.json": 4 * _MIB,
}

# The manifest is the digest; the record and the signature lie outside it.
CAPS: Mapping[str, int] = {**DIGESTED, MANIFEST: 64 * 1024, RECORD: _MIB, SIGNATURE: 4 * 1024}

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the manifest."""

    sha256: Digest
    size: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every file under the digest. The digest of a bundle is the SHA-256 of this, written canonically."""

    model: str
    files: dict[str, Entry]
    format: int = FORMAT


def manifest_of(model: str, files: Mapping[str, bytes]) -> bytes:
    """Write the manifest of some files, canonically."""
    entries = {name: Entry(sha256(content), len(content)) for name, content in files.items()}
    return canonical_json(Manifest(model, entries))


def read_canonical(content: bytes, type_: type[T]) -> T:
    """Read JSON that Andamio wrote: strictly typed, and exactly the bytes that its value is written with.

    That leaves no room for a key given twice, a number written otherwise, or anything between the lines.

    Raises:
        Suspicious: It is not that.
    """
    try:
        value = msgspec.json.decode(content, type=type_)
        again = canonical_json(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, TypeError) as error:
        raise Suspicious(text("it cannot be read: {reason}", reason=error)) from error
    if again != content:
        raise Suspicious(text("it is not written the way Andamio writes it"))
    return value


def read_object(content: bytes) -> dict[str, Any]:
    """Read a canonical JSON object of free form; see ``read_canonical``."""
    return read_canonical(content, dict[str, Any])
