"""The file of tokens: one writer at a time, replaced whole, readable by its owner alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from andamio.access.secrets import digest_of, new_secret
from andamio.access.tokens import FORMAT, Former, Token, TokenFile, TokenName
from andamio.errors import AccessFileDamaged, InputRefused, NotFound, text
from andamio.kernel import clock
from andamio.storage.files import make_folder, replace_file
from andamio.storage.locks import hold

_MODE = 0o600
_PATIENCE_S = 10.0


def read_tokens(path: Path) -> TokenFile | None:
    """Read the tokens; None when the plant has never had any.

    Raises:
        AccessFileDamaged: The file is not one that Andamio wrote.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = msgspec.json.decode(content, type=TokenFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    if found.format != FORMAT or len({token.name for token in found.tokens}) != len(found.tokens):
        raise _damaged(path, f"format {found.format}, {len(found.tokens)} tokens")
    if any(moment.tzinfo is None for token in found.tokens for moment in _moments(token)):
        raise _damaged(path, "a moment without a time zone")
    return found


class TokenStore:
    """Changes the tokens of a plant. A secret is returned once, by the call that made it."""

    def __init__(self, path: Path, *, time: Callable[[], datetime] = clock.now) -> None:
        self._path = path
        self._time = time

    def tokens(self) -> tuple[Token, ...]:
        """Return every token, in the order they were made."""
        return (read_tokens(self._path) or TokenFile()).tokens

    def check_free(self, name: str) -> None:
        """Refuse a name that is taken, or is not one.

        Raises:
            InputRefused: It is so.
        """
        if any(other.name == name for other in self.tokens()):
            raise InputRefused(
                text("there is a token named {name} already", name=name),
                fix=text(
                    "choose another name, or give it a new secret: andamio token rotate {name}", name=name
                ),
            )
        try:
            msgspec.convert(name, TokenName)
        except msgspec.ValidationError as error:
            raise InputRefused(
                text("{name} is no name for a token", name=name[:100]),
                fix=text("use letters, digits, points and dashes, at most 64 of them"),
            ) from error

    def check_known(self, name: str) -> None:
        """Refuse a name that no token has.

        Raises:
            NotFound: It is so.
        """
        _named(self.tokens(), name)

    def create(
        self,
        name: str,
        *,
        actions: tuple[str, ...],
        models: tuple[str, ...],
        lasts: timedelta | None = None,
        per_minute: int | None = None,
    ) -> tuple[Token, str]:
        """Make a token; returns it and its secret.

        Raises:
            InputRefused: The name is taken, or is not one.
            Busy: Another process changes the tokens.
            DiskFull: There is no room; nothing was changed.
        """
        secret, now = new_secret(), self._time()
        token = Token(
            name=name,
            digest=digest_of(secret),
            actions=actions,
            models=models,
            created=now,
            expires=now + lasts if lasts is not None else None,
            per_minute=per_minute,
        )

        def add(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
            self.check_free(name)
            return (*tokens, token)

        self._change(add)
        return token, secret

    def rotate(self, name: str, *, keep_old: timedelta = timedelta()) -> tuple[Token, str]:
        """Give a token a new secret; the old one goes on opening for ``keep_old``.

        Raises:
            NotFound: There is no such token.
            Busy: Another process changes the tokens.
            DiskFull: There is no room; nothing was changed.
        """
        secret, now = new_secret(), self._time()

        def changed(token: Token) -> Token:
            former = Former(token.digest, now + keep_old) if keep_old else None
            return msgspec.structs.replace(token, digest=digest_of(secret), rotated=now, former=former)

        tokens = self._change(
            lambda before: tuple(changed(t) if t is _named(before, name) else t for t in before)
        )
        return _named(tokens, name), secret

    def revoke(self, name: str) -> Token:
        """Take a token away, with every secret it had.

        Raises:
            NotFound: There is no such token.
            Busy: Another process changes the tokens.
            DiskFull: There is no room; nothing was changed.
        """
        gone = _named(self.tokens(), name)
        self._change(lambda before: tuple(t for t in before if t is not _named(before, name)))
        return gone

    def _change(self, change: Callable[[tuple[Token, ...]], tuple[Token, ...]]) -> tuple[Token, ...]:
        make_folder(self._path.parent)
        lock = self._path.with_name(self._path.name + ".lock")
        with hold(lock, text("the file of tokens"), patience_s=_PATIENCE_S):
            tokens = change(self.tokens())
            content = msgspec.json.encode(TokenFile(tokens))
            replace_file(self._path, msgspec.json.format(content, indent=2) + b"\n", mode=_MODE)
        return tokens


def _named(tokens: tuple[Token, ...], name: str) -> Token:
    found = next((token for token in tokens if token.name == name), None)
    if found is not None:
        return found
    names = [token.name for token in tokens]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    raise NotFound(
        text("there is no token named {name}", name=name),
        fix=text("did you mean {near}?", near=near[0]) if near else text("andamio token list names them"),
    )


def _moments(token: Token) -> list[datetime]:
    until = token.former.until if token.former else None
    return [moment for moment in (token.created, token.rotated, token.expires, until) if moment is not None]


def _damaged(path: Path, reason: str) -> AccessFileDamaged:
    return AccessFileDamaged(
        text("the file of tokens cannot be read as it is"),
        where=text("{path}", path=path),
        why=text("{reason}", reason=reason),
        fix=text(
            "put it back from the last backup, or remove it and make new tokens: andamio token create NAME"
        ),
    )
