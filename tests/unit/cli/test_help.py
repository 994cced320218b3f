"""Help speaks one language from its first word to its last."""

from __future__ import annotations

import pytest

from andamio.cli.application import run

TYPERS_OWN = ("Usage:", "Options", "Commands", "Arguments", "Show this message", "[OPTIONS]", "[required]")


@pytest.mark.parametrize("words", [[], ["score"], ["data"], ["data", "add"], ["deploy"], ["token", "create"]])
def test_spanish_help_has_no_english_word_of_the_library(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANDAMIO_LANG", "es")
    assert run([*words, "--help"]) == 0
    said = capsys.readouterr().out
    assert [word for word in TYPERS_OWN if word in said] == []
    for word in ("Uso: andamio", "Opciones", "Mostrar este mensaje y"):
        assert word in said


def test_english_help_is_as_it_was_after_a_spanish_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for language, usage, options in (("es", "Uso: ", "Opciones"), ("en", "Usage: ", "Options")):
        monkeypatch.setenv("ANDAMIO_LANG", language)
        assert run(["score", "--help"]) == 0
        said = capsys.readouterr().out
        assert usage in said
        assert options in said
