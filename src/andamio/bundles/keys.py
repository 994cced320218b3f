"""Ed25519 keys: the private one signs bundles and audit heads and never enters the plant's folder."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from andamio.errors import KeyRefused, NotFound, Text, text
from andamio.kernel.digests import sha256
from andamio.storage.files import make_folder, saying_when_full, sync_folder, write_file

_SCHEME = "ed25519:"
_LARGEST_KEY_FILE = 16 * 1024


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key, as the settings pin it: ``ed25519:`` and 32 bytes in base64."""

    raw: bytes

    @classmethod
    def parse(cls, pinned: str) -> PublicKey:
        """Read a pinned key.

        Raises:
            KeyRefused: The text is not ``ed25519:`` followed by the base64 of 32 bytes.
        """
        try:
            raw = base64.b64decode(pinned.removeprefix(_SCHEME), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        key = cls(raw)
        if len(raw) != 32 or str(key) != pinned:
            raise KeyRefused(
                text("{pinned} is not a public key", pinned=pinned[:80]),
                where=text("andamio.toml, [keys] trusted"),
                why=text("a trusted key is written ed25519: and 44 characters of base64"),
                fix=text("put it back as andamio init wrote it into andamio.toml, [keys] trusted"),
            )
        return key

    def __str__(self) -> str:
        return _SCHEME + base64.b64encode(self.raw).decode()

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits to tell keys apart when people talk about them."""
        return sha256(self.raw)[:16]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tell whether this key's owner signed these very bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """A private key at work. It can sign and name its public half; it never shows itself."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = PublicKey(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def __repr__(self) -> str:
        return f"Signer({self.public.id})"

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature; the same key and message give the same."""
        return self._private.sign(message)


def create_key(path: Path, *, plant: Path | None = None) -> Signer:
    """Make a private key and write it, readable by its owner alone.

    Args:
        path: The new file (PKCS 8 PEM, mode 0600); its folder is made with mode 0700.
        plant: The plant's folder, in which the key may not lie.

    Raises:
        KeyRefused: The file exists, or lies inside the plant's folder.
        DiskFull: There is no room.
    """
    _check_outside(path, plant)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    make_folder(path.parent, mode=0o700)
    try:
        with saying_when_full(path):
            write_file(path, pem, mode=0o600, durable=True)
    except FileExistsError as error:
        raise _refused(
            path,
            text("there is a key already"),
            text("name another file, or use this key: it is never overwritten"),
        ) from error
    sync_folder(path.parent)
    return Signer(private)


def load_key(path: Path, *, plant: Path | None = None) -> Signer:
    """Read a private key.

    Raises:
        NotFound: There is no such file.
        KeyRefused: Others may read it, it lies inside the plant's folder, or it is no Ed25519 key.
    """
    _check_outside(path, plant)
    try:
        private = load_pem_private_key(_read_private(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _refused(
            path,
            text("the file holds no private key without a password, in PKCS 8 PEM"),
            text("give the right file in [keys] signing, or make a key: andamio init makes one"),
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise _refused(
            path,
            text("the key is of another kind than Ed25519"),
            text("give the right file in [keys] signing, or make a key: andamio init makes one"),
        )
    return Signer(private)


def _read_private(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise NotFound(
            text("the signing key is not there"),
            where=text("{path}", path=path),
            fix=text(
                "put the key's file back from its backup, or name another in andamio.toml, [keys] signing"
            ),
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(
                path, text("it is not a plain file"), text("give the right file in [keys] signing")
            )
        if status.st_mode & 0o077 or status.st_uid != os.geteuid():
            raise _refused(
                path,
                text("others may read this private key, or own it"),
                text(
                    "chmod 600 {path}, as its owner; if others could have read it, make a new key", path=path
                ),
            )
        return file.read(_LARGEST_KEY_FILE)


def _check_outside(path: Path, plant: Path | None) -> None:
    if plant is not None and path.resolve().is_relative_to(plant.resolve()):
        raise _refused(
            path,
            text("a private key inside the plant's folder would travel with every copy of it"),
            text("keep it elsewhere, as in ~/.config/andamio, and name it in andamio.toml, [keys] signing"),
        )


def _refused(path: Path, why: Text, fix: Text) -> KeyRefused:
    return KeyRefused(
        text("the signing key cannot be used"), where=text("{path}", path=path), why=why, fix=fix
    )
