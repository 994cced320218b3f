"""Heads of the audit log that were kept outside the database."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from andamio.bundles import create_key
from andamio.errors import InputRefused, NotFound
from andamio.registry import heads_of_bundles, read_kept_head
from andamio.registry.audit_head import AuditHead, sign_head


@pytest.fixture
def head(tmp_path: Path) -> AuditHead:
    return sign_head(12, "a" * 64, create_key(tmp_path / "keys" / "site.pem"))


def test_a_head_is_read_from_a_file_a_record_a_bundle_and_a_report(tmp_path: Path, head: AuditHead) -> None:
    bundle = tmp_path / "bundles" / ("b" * 64)
    bundle.mkdir(parents=True)
    (tmp_path / "head.json").write_bytes(msgspec.json.encode(head))
    record = {"host": "plant", "audit_head": msgspec.to_builtins(head)}
    (bundle / "record.json").write_text(json.dumps(record))
    row = f'<tr data-audit-head="{head.seq} {head.hash} {head.key_id} {head.signature}"><th>audit log</th>'
    (tmp_path / "report.html").write_text(f"<html><table>{row}</table></html>")
    for place in (tmp_path / "head.json", bundle / "record.json", bundle, tmp_path / "report.html"):
        assert read_kept_head(place) == head
    assert heads_of_bundles(tmp_path / "bundles") == [head]


def test_a_bundle_without_a_head_is_passed_over(tmp_path: Path) -> None:
    bundle = tmp_path / "bundles" / ("b" * 64)
    bundle.mkdir(parents=True)
    (bundle / "record.json").write_text("{}")
    assert heads_of_bundles(tmp_path / "bundles") == []
    assert heads_of_bundles(tmp_path / "nowhere") == []


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"seq": 1}', b"<html></html>", b"\xff\xfe"])
def test_a_file_without_a_head_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "head.json").write_bytes(content)
    with pytest.raises(InputRefused, match="no head"):
        read_kept_head(tmp_path / "head.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        read_kept_head(tmp_path / "head.json")
    assert "head.json" in str(caught.value.where)
