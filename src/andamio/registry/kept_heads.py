"""Find heads of the audit log that were kept outside the database: in bundles, in reports, in a file."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from andamio.errors import InputRefused, NotFound, text
from andamio.registry.audit_head import AuditHead

_IN_A_REPORT = re.compile(rb'data-audit-head="(\d+) ([0-9a-f]{64}) ([0-9a-f]+) ([A-Za-z0-9+/=]+)"')


class _Record(msgspec.Struct, frozen=True):
    audit_head: AuditHead | None = None


def read_kept_head(path: Path) -> AuditHead:
    """Read the head in a bundle's folder, its record.json, a report's page, or a file of ``audit --keep``.

    The signature is not looked at here: ``AuditLog.verify`` does.

    Raises:
        NotFound: There is no such file.
        InputRefused: It holds no head.
    """
    file = path / "record.json" if path.is_dir() else path
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(
            text("there is no such file"),
            where=text("{path}", path=file),
            fix=text("name a bundle's folder, a report, or a file that andamio audit --keep wrote"),
        ) from error
    head = _from_json(content) or _from_report(content)
    if head is None:
        raise InputRefused(
            text("this file holds no head of an audit log"),
            where=text("{path}", path=file),
            fix=text("name a bundle's folder, a report, or a file that andamio audit --keep wrote"),
        )
    return head


def heads_of_bundles(store: Path) -> list[AuditHead]:
    """Return the heads in the records of all bundles of a store; a bundle without one is passed over."""
    heads = []
    for record in sorted(store.glob("*/record.json")):
        head = _from_json(record.read_bytes())
        if head is not None:
            heads.append(head)
    return heads


def _from_json(content: bytes) -> AuditHead | None:
    try:
        found = msgspec.json.decode(content, type=_Record)
        return found.audit_head or msgspec.json.decode(content, type=AuditHead)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _from_report(content: bytes) -> AuditHead | None:
    found = _IN_A_REPORT.search(content)
    if found is None:
        return None
    seq, row_hash, key_id, signature = (part.decode() for part in found.groups())
    return AuditHead(seq=int(seq), hash=row_hash, key_id=key_id, signature=signature)
