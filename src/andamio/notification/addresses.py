"""The addresses of services: secrets come from the environment or a file, and never go into a text."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote

from andamio.errors import SecretMissing, Text, text

_WHOLE = re.compile(r"(env|file):(?!//)(.+)")
_PART = re.compile(r"\{(env|file):([^{}]+)\}")
_PIECES = re.compile(r"[/:?&=@,;#+]")
_SHORTEST = 4
# Services whose host is a server's name and no token.
_NAMED_HOSTS = {"json", "jsons", "form", "forms", "xml", "xmls", "mailto", "mailtos", "syslog"}
_HIDDEN = "***"


def open_address(written: str) -> str:
    """Return the address of a target with its secrets in place.

    Args:
        written: As the settings have it: ``env:NAME`` or ``file:PATH`` for the whole address, or an address
            in which ``{env:NAME}`` and ``{file:PATH}`` stand for parts.

    Raises:
        SecretMissing: The variable is not set, or the file cannot be read.
    """
    whole = _WHOLE.fullmatch(written)
    if whole is not None:
        return _secret(whole.group(1), whole.group(2))
    return _PART.sub(lambda part: quote(_secret(part.group(1), part.group(2)), safe=""), written)


def redacted(reason: str, address: str) -> str:
    """Take every piece of an address out of a text, but the names of servers.

    >>> redacted("POST https://api/bot123456:AAE/send failed", "tgram://123456:AAE0/chat")
    'POST https://api/bot***:AAE/send failed'
    >>> redacted("no route to plant.example", "json://operator:s3cret@plant.example/alarms")
    'no route to plant.example'
    """
    scheme, _, rest = address.partition("://")
    shown: set[str] = set()
    if scheme.lower() in _NAMED_HOSTS:
        host = rest.rpartition("@")[2] if "@" in rest else rest
        shown = {re.split(r"[/:?]", host, maxsplit=1)[0]}
    pieces = {address, rest, *_PIECES.split(rest)}
    pieces |= {unquote(piece) for piece in pieces}
    for piece in sorted(pieces - shown, key=len, reverse=True):
        if len(piece) >= _SHORTEST:
            reason = reason.replace(piece, _HIDDEN)
    return reason


def _secret(kind: str, name: str) -> str:
    if kind == "env":
        value = os.environ.get(name, "").strip()
        if not value:
            raise _missing(
                text("the environment has no {name}, which a notification's address names", name=name),
                text("set {name} where the command runs, or in its service's file", name=name),
            )
        return value
    path = Path(name).expanduser()
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _missing(
            text("the file of a notification's secret cannot be read: {path}", path=path),
            text("write the secret into it, readable by its owner alone"),
        ) from error
    if not value:
        raise _missing(
            text("the file of a notification's secret is empty: {path}", path=path),
            text("write the secret into it, readable by its owner alone"),
        )
    return value


def _missing(what: Text, fix: Text) -> SecretMissing:
    return SecretMissing(what, where=text("andamio.toml, [[notification.target]] address"), fix=fix)
