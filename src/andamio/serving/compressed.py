"""Bodies that come compressed by gzip: opened beside the event loop, and never beyond the cap."""

from __future__ import annotations

import asyncio
import zlib

from andamio.errors import BodyRefused, BodyTooLarge, BodyTypeRefused, text
from andamio.serving.holding import Held
from andamio.serving.limits import Limits

GZIP = b"gzip"
_FORMS = (GZIP, b"x-gzip")
_PLAIN = (b"", b"identity")
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def coding_of(header: bytes) -> bytes:
    """Return ``gzip`` or nothing.

    Raises:
        BodyTypeRefused: It is compressed in another way.
    """
    coding = header.strip().lower()
    if coding in _PLAIN:
        return b""
    if coding in _FORMS:
        return GZIP
    raise BodyTypeRefused(
        text("the body is compressed ({coding})", coding=coding.decode("latin-1")[:100]),
        fix=text("send it as it is, or with Content-Encoding: gzip"),
    )


def check_plain(header: bytes) -> None:
    """Refuse a compressed body at an address that takes none.

    Raises:
        BodyTypeRefused: It is compressed.
    """
    if coding_of(header):
        raise BodyTypeRefused(
            text("this address takes no compressed body"),
            fix=text("send it as it is, without Content-Encoding"),
        )


async def opened(body: bytes, coding: bytes, limits: Limits) -> bytes:
    """Return what a body says.

    Raises:
        BodyRefused: It is no gzip, or not whole.
        BodyTooLarge: It is above the cap once opened; no more than the cap is ever opened.
    """
    if coding != GZIP:
        return body
    content = await asyncio.to_thread(gunzip, body, limits.body_bytes)
    Held(limits.held_bytes).more(len(content))
    return content


def gunzip(body: bytes, cap: int) -> bytes:
    """Open a body of one gzip member or several."""
    opened: list[bytes] = []
    room = cap
    while body:
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            content = member.decompress(body, room + 1)
        except zlib.error as error:
            raise _no_gzip() from error
        room -= len(content)
        if room < 0:
            raise BodyTooLarge(
                text("the body is larger than {cap} bytes", cap=cap),
                fix=text(
                    "send fewer rows at once, or score the file with: andamio score --in FILE --out FILE"
                ),
            )
        if not member.eof:
            raise _no_gzip()
        opened.append(content)
        body = member.unused_data
    return b"".join(opened)


def _no_gzip() -> BodyRefused:
    return BodyRefused(
        text("the body says that it is gzip, and it is not, or not whole"),
        fix=text("send it as it is, or with Content-Encoding: gzip"),
    )
