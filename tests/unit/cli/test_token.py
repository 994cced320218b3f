"""The token command: the secret is shown once, and the audit log tells who without it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from andamio.access import digest_of, read_tokens
from andamio.cli.application import run


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    (tmp_path / "andamio.toml").write_text('[plant]\nname = "test"\n')
    return tmp_path


def andamio(plant: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    status = run(["-C", str(plant), *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_token_is_made_changed_listed_and_taken_away(plant: Path, capsys: Any) -> None:
    status, made = andamio(
        plant,
        capsys,
        "token",
        "create",
        "line-3",
        "--role",
        "operator",
        "--model",
        "pump-health",
        "--days",
        "3",
    )
    assert status == 0
    assert made["token"]["actions"] == ["predict", "feedback", "read"]
    status, changed = andamio(plant, capsys, "token", "rotate", "line-3", "--keep-minutes", "5")
    kept = read_tokens(plant / ".andamio" / "tokens.json")
    assert kept is not None
    assert kept.tokens[0].digest == digest_of(changed["secret"]) != digest_of(made["secret"])
    status, listed = andamio(plant, capsys, "token", "list")
    assert [token["name"] for token in listed["tokens"]] == ["line-3"]
    assert "secret" not in json.dumps(listed)
    assert "digest" not in json.dumps(listed)
    status, gone = andamio(plant, capsys, "token", "revoke", "line-3")
    assert (status, gone) == (0, {"revoked": "line-3"})
    status, audit = andamio(plant, capsys, "audit")
    assert [row["action"] for row in audit["rows"]] == ["token-created", "token-rotated", "token-revoked"]
    assert {row["subject"] for row in audit["rows"]} == {"token line-3"}
    for secret in (made["secret"], changed["secret"]):
        assert secret not in json.dumps(audit)
        assert digest_of(secret) not in json.dumps(audit)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("create", "bad name"), 3),
        (("create", "x", "--role", "king"), 2),
        (("create", "x", "--action", "fly"), 2),
        (("revoke", "nobody"), 4),
        (("rotate", "nobody"), 4),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_leaves_no_row(
    plant: Path, capsys: Any, words: tuple[str, ...], expected: int
) -> None:
    assert andamio(plant, capsys, "token", *words)[0] == expected
    assert not (plant / ".andamio" / "tokens.json").exists()
    assert andamio(plant, capsys, "audit")[1]["rows"] == []


def test_without_its_database_a_token_is_made_in_the_file_alone(plant: Path, capsys: Any) -> None:
    status, made = andamio(plant, capsys, "token", "create", "line-3", "--file-only")
    assert (status, made["token"]["actions"]) == (0, ["predict"])
    assert not (plant / ".andamio" / "andamio.db").exists()
