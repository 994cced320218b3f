"""A command line in this process leaves the process as it found it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from andamio.cli.application import run
from andamio.language import current_language


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANDAMIO_PLANT", "ANDAMIO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def test_a_language_ends_with_its_command(bare: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--language", "es", "error"]) == 0
    assert "Código" in capsys.readouterr().out
    assert (current_language(), os.environ.get("ANDAMIO_LANG")) == ("en", None)
    assert run(["error"]) == 0
    assert "Código" not in capsys.readouterr().out


def test_a_plant_and_its_language_end_with_their_command(
    bare: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "andamio.toml").write_text("[plant]\nname = 'Planta'\nlanguage = 'es'\n", encoding="utf-8")
    assert run(["--plant", str(tmp_path), "error"]) == 0
    assert "Código" in capsys.readouterr().out
    assert (current_language(), os.environ.get("ANDAMIO_PLANT")) == ("en", None)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["init", "plant"], "--from is missing"),
        (["demo", "--port", "x"], "--port does not hold"),
        (["deploy"], "NAME@VERSION is missing"),
    ],
)
def test_what_was_typed_wrong_is_named_as_it_is_typed(
    typed: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed) == 2
    assert told in capsys.readouterr().err
