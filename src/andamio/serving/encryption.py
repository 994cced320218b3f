"""TLS from the certificate's files, read again when they are renewed."""

from __future__ import annotations

import ssl
from pathlib import Path

from andamio.errors import CertificateRefused, text


class Encryption:
    """What makes the connections of a scoring process private.

    Args:
        certificate: The certificate and those above it, PEM.
        key: Its private key, PEM without a password.

    Raises:
        CertificateRefused: One of them cannot be read, or they do not belong together.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self.files = (certificate, key)
        self.context = _context()
        self.renew()

    def renew(self) -> None:
        """Read the files again; connections that begin from now on use them.

        Raises:
            CertificateRefused: They do not hold; those that were read before stay in use.
        """
        certificate, key = self.files
        for trial in (_context(), self.context):
            try:
                trial.load_cert_chain(certificate, key, password=_no_password)
            except (OSError, ValueError) as error:
                raise CertificateRefused(
                    text("the certificate and its key cannot be used as they are"),
                    where=text("{certificate}, {key}", certificate=certificate, key=key),
                    why=text("{reason}", reason=error),
                    fix=text("name two PEM files that belong together, the key without a password"),
                ) from error


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _no_password() -> str:
    raise ValueError("the key has a password")
