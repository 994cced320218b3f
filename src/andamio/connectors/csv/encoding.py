"""Turn the bytes of a plant's file into text."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path

from andamio.errors import FileRefused, text
from andamio.storage.files import require_file

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP = b"\x1f\x8b"
_SAMPLE = 4096


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str]:
    """Read a file, unpacked if it is a gzip, and return its text and the encoding it was read with.

    Raises:
        NotFound: There is no such file.
        FileRefused: It is a folder, cannot be read, or is no text in the encoding asked for.
    """
    content = read_bytes(path)
    codec = encoding or sniff_encoding(content)
    try:
        return content.decode(codec), codec
    except LookupError as error:
        raise FileRefused(
            text('"{codec}" is not the name of an encoding', codec=codec),
            fix=text("use one of utf-8, utf-16, latin-1 or cp1252"),
        ) from error
    except UnicodeDecodeError as error:
        raise FileRefused(
            text("the file is not {codec} text", codec=codec),
            where=text("{path}, line {line}", path=path, line=content.count(b"\n", 0, error.start) + 1),
            fix=text("leave the encoding out so that it is guessed, or try latin-1"),
        ) from error


def read_bytes(path: Path) -> bytes:
    """Read a file whole, unpacked if it is a gzip."""
    try:
        require_file(path)
        content = path.read_bytes()
    except PermissionError as error:
        raise FileRefused(
            text("{path} cannot be read: permission denied", path=path),
            fix=text("give this user the right to read the file"),
        ) from error
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(
            text("the compressed file is damaged or cut short"),
            where=text("{path}", path=path),
            fix=text("copy the file again from where it was made"),
        ) from error


def sniff_encoding(content: bytes) -> str:
    """Guess an encoding: the byte-order mark, else UTF-16 by its zero bytes, else UTF-8, else Windows-1252.

    >>> sniff_encoding("Presión;1,5".encode("cp1252"))
    'cp1252'
    """
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return codec
    sample = content[:_SAMPLE]
    if len(sample) >= 4:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        if odd > len(sample) // 8 and odd > 4 * even:
            return "utf-16-le"
        if even > len(sample) // 8 and even > 4 * odd:
            return "utf-16-be"
    for codec in ("utf-8", "cp1252"):
        try:
            content.decode(codec)
        except UnicodeDecodeError:
            continue
        return codec
    return "latin-1"
