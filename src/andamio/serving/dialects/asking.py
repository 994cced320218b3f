"""What a dialect is asked and what it replies, apart from how it travels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from andamio.errors import BodyRefused, BodyTooLarge, BodyTypeRefused, Text, text
from andamio.serving.compressed import coding_of

JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its body, and its headers by their names in small letters."""

    body: bytes
    headers: Mapping[bytes, bytes]

    @property
    def kind(self) -> bytes:
        """The media type of the body, without parameters; empty when the request names none."""
        return media_type(self.headers.get(b"content-type", b""))


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered with status 200."""

    content: bytes
    kind: bytes = JSON
    extra: Sequence[tuple[bytes, bytes]] = ()


class Speaker(Protocol):
    """Answers the POSTs of one address in one dialect, or raises an AndamioError."""

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a request by its headers, before its body is read."""
        ...

    async def reply(self, call: Call) -> Reply:
        """Do the work of one request."""
        ...


def media_type(header: bytes) -> bytes:
    """Return the media type of a header without its parameters.

    >>> media_type(b"Text/CSV; charset=utf-8")
    b'text/csv'
    """
    return header.partition(b";")[0].strip().lower()


def check_type(headers: Mapping[bytes, bytes], kinds: Sequence[bytes]) -> None:
    """Refuse a body whose type is none of ``kinds``, or that is compressed in another way than by gzip.

    Raises:
        BodyTypeRefused: It is not.
    """
    coding_of(headers.get(b"content-encoding", b""))
    kind = media_type(headers.get(b"content-type", b""))
    if kind not in kinds:
        known = ", ".join(known.decode() for known in kinds)
        raise BodyTypeRefused(
            text("this address takes no body of type {kind}", kind=kind.decode("latin-1")[:100] or "-"),
            why=text("the header also keeps out web pages that post to this box behind a person's back"),
            fix=text("send the header Content-Type, one of: {kinds}", kinds=known),
        )


def not_of_the_form(why: Text, fix: Text) -> BodyRefused:
    """Refuse a body that is readable and says something else than the dialect."""
    return BodyRefused(text("the body has not the form of a request"), why=why, fix=fix)


def no_row() -> BodyRefused:
    """Refuse a body that asks nothing."""
    return not_of_the_form(text("it holds no row"), text("send at least one row"))


def more_than(cap: int) -> BodyTooLarge:
    """Refuse a body whose rows need not be read to know that they are too many."""
    return BodyTooLarge(
        text("more than {cap} rows came at once", cap=cap),
        fix=text("send fewer rows at once, or score the file with: andamio score --in FILE --out FILE"),
    )
