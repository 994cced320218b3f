"""Sentences in the language of the moment."""

from __future__ import annotations

import pytest

from andamio.errors import text
from andamio.language import current_language, say, speak
from andamio.language.speech import catalogue

NAMES = ("ANDAMIO_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_the_box_speaks_english_when_nothing_is_said(bare: pytest.MonkeyPatch) -> None:
    assert current_language() == "en"


@pytest.mark.parametrize("name", NAMES)
def test_the_environment_chooses_the_language(bare: pytest.MonkeyPatch, name: str) -> None:
    bare.setenv(name, "es_CO.UTF-8")
    assert current_language() == "es"


def test_andamios_own_variable_comes_before_the_systems(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("LANG", "es_CO.UTF-8")
    bare.setenv("ANDAMIO_LANG", "en")
    assert current_language() == "en"


def test_a_language_that_nobody_speaks_passes_to_the_next_variable(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("ANDAMIO_LANG", "fr")
    bare.setenv("LANG", "es_CO.UTF-8")
    assert current_language() == "es"


def test_speak_ends_with_its_block(bare: pytest.MonkeyPatch) -> None:
    with speak("es"):
        with speak("en"):
            assert current_language() == "en"
        assert current_language() == "es"
    assert current_language() == "en"


def test_a_sentence_without_a_translation_is_said_in_english() -> None:
    with speak("es"):
        assert say("nobody has written this sentence: {n}", n=3) == "nobody has written this sentence: 3"


def test_a_sentence_inside_a_sentence_is_translated_too() -> None:
    inner = text("there is no option {option}", option="--x")
    with speak("es"):
        assert say(text("{reason}", reason=inner)) == "no existe la opción --x"


def test_a_deferred_sentence_is_english_until_it_is_said() -> None:
    assert str(text("{n} rows", n=1200)) == "1200 rows"


def test_values_given_late_complete_a_deferred_sentence() -> None:
    with speak("en"):
        assert say(text("{place}: {n}", place="here"), n=2) == "here: 2"


def test_the_catalogue_is_read_from_every_file_of_the_language() -> None:
    assert {"where", "Start"} <= catalogue("es").keys()
