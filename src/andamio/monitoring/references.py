"""What normal is, learnt anew: signed arrays beside the bundle, and which of them counts.

A bundle never changes. A rebase puts a folder ``references/ID/`` under what the monitor keeps of the model:
``reference.npz``, ``record.json`` (who, when, why, from which rows) and ``signature.json``. ``current.json``
holds, for every bundle, the stack of its rebases; the last counts, and undoing one takes it from the stack.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from numpy.typing import NDArray

from andamio.bundles.arrays import read_arrays, write_arrays
from andamio.bundles.keys import PublicKey, Signer
from andamio.bundles.refusal import Suspicious
from andamio.errors import KeyRefused, NotFound, NotTrusted, text
from andamio.kernel.digests import canonical_json, sha256
from andamio.storage.files import make_folder, publish_folder, replace_file, staging_folder, write_file

Arrays = Mapping[str, NDArray[Any]]


class Learnt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The record of one rebase.

    Attributes:
        model: Of which model.
        version: Of which of its versions.
        bundle: The digest of the version's bundle.
        arrays: The SHA-256 of the arrays' file.
        rows: How many rows it was learnt from.
        since: The event time of the first of them, in seconds since 1970.
        until: The event time of the last; the watch looks at what happened after it.
        at: When it was decided, ISO 8601 in UTC.
        actor: By whom.
        reason: Why.
    """

    model: str
    version: int
    bundle: str
    arrays: str
    rows: int
    since: float
    until: float
    at: str
    actor: str
    reason: str

    @property
    def id(self) -> str:
        """Its name: the first sixteen digits of the record's SHA-256."""
        return sha256(canonical_json(self))[:16]


@dataclass(frozen=True, slots=True)
class References:
    """The rebases of one model, in a folder that may not exist yet."""

    folder: Path

    def current(self, bundle: str) -> str | None:
        """Return the id of the rebase that counts for a bundle; None when the bundle's own reference does."""
        return next(iter(self._stacks().get(bundle, [])[-1:]), None)

    def open(self, name: str, trusted: Sequence[PublicKey]) -> tuple[Learnt, Arrays]:
        """Return a rebase: its record and its arrays.

        Raises:
            NotTrusted: It is not what a trusted key signed.
        """
        place = self.folder / name
        try:
            content = (place / "record.json").read_bytes()
            seal = msgspec.json.decode((place / "signature.json").read_bytes(), type=_Seal)
            arrays = (place / "reference.npz").read_bytes()
            key = PublicKey.parse(seal.key)
            signed = key in trusted and key.verify(content, base64.b64decode(seal.signature, validate=True))
            record = msgspec.json.decode(content, type=Learnt)
            whole = signed and record.id == name and record.arrays == sha256(arrays)
            if whole:
                return record, read_arrays(arrays)
        except (OSError, msgspec.MsgspecError, KeyRefused, binascii.Error, ValueError, Suspicious) as error:
            raise _untrusted(place) from error
        raise _untrusted(place)

    def add(self, record: Learnt, arrays: Arrays, signer: Signer) -> None:
        """Store a rebase and make it count. Killed in the middle, either it counts or nothing changed."""
        make_folder(self.folder)
        content = canonical_json(record)
        signature = base64.b64encode(signer.sign(content)).decode()
        with staging_folder(self.folder) as staging:
            write_file(staging / "reference.npz", write_arrays(arrays))
            write_file(staging / "record.json", content)
            seal = msgspec.json.encode(_Seal(str(signer.public), signature))
            write_file(staging / "signature.json", seal)
            publish_folder(staging, self.folder / record.id)
        stacks = self._stacks()
        if record.id not in stacks.get(record.bundle, []):
            self._put(stacks | {record.bundle: [*stacks.get(record.bundle, []), record.id]})

    def undo(self, bundle: str) -> str:
        """Take the last rebase of a bundle away and return its id; its folder stays for the record.

        Raises:
            NotFound: There is none.
        """
        stacks = self._stacks()
        stack = stacks.get(bundle, [])
        if not stack:
            raise NotFound(
                text("there is no rebase to undo"),
                why=text("the monitor compares with what was learnt at training"),
                fix=text("andamio monitor rebase MODEL --reason WHY makes one"),
            )
        self._put(stacks | {bundle: stack[:-1]})
        return stack[-1]

    def _stacks(self) -> dict[str, list[str]]:
        try:
            content = (self.folder / "current.json").read_bytes()
        except FileNotFoundError:
            return {}
        try:
            return msgspec.json.decode(content, type=dict[str, list[str]])
        except msgspec.MsgspecError as error:
            raise _untrusted(self.folder / "current.json") from error

    def _put(self, stacks: Mapping[str, Sequence[str]]) -> None:
        replace_file(self.folder / "current.json", canonical_json(stacks))


def digest_of_arrays(arrays: Arrays) -> str:
    """Return the SHA-256 under which a record names its arrays."""
    return sha256(write_arrays(arrays))


class _Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    signature: str


def _untrusted(place: Path) -> NotTrusted:
    return NotTrusted(
        text("what the monitor compares with is not what was signed here"),
        where=text("{place}", place=place),
        fix=text("put the folder back from the last backup, or go back: andamio monitor rebase MODEL --undo"),
    )
