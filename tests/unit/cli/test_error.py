"""``andamio error``, typed as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from andamio.cli.application import run

Typed = Callable[..., str]


@pytest.fixture
def typed(monkeypatch, capsys) -> Typed:
    monkeypatch.setenv("COLUMNS", "80")

    def type_(*words: str, language: str = "en", status: int = 0) -> str:
        monkeypatch.setenv("ANDAMIO_LANG", language)
        assert run(words) == status
        shown = capsys.readouterr()
        return shown.out + shown.err

    return type_


def test_a_code_is_explained_in_the_readers_language(typed: Typed) -> None:
    assert "outside the range" in typed("error", "contract-range")
    assert "rango de su variable" in typed("error", "contract-range", language="es")


def test_a_page_fits_a_narrow_terminal(typed: Typed) -> None:
    assert max(map(len, typed("error", "busy").splitlines())) <= 80


def test_a_code_may_be_pasted_with_the_word_before_it(typed: Typed) -> None:
    assert typed("error", "error[busy]:") == typed("error", "busy")


def test_a_misspelt_code_is_recognised(typed: Typed) -> None:
    assert "did you mean andamio error contract-range?" in typed("error", "contract-rang", status=4)


def test_the_list_names_every_code_and_every_exit_status(typed: Typed) -> None:
    listed = json.loads(typed("error", "--json"))
    busy = {"code": "busy", "title": "somebody else holds what is needed", "exit_status": 6}
    assert busy in listed["codes"]
    assert "130" in listed["exit_statuses"]
    shown = typed("error")
    assert all(entry["code"] in shown for entry in listed["codes"])


def test_a_page_tells_the_exit_status_of_its_error(typed: Typed) -> None:
    assert json.loads(typed("error", "disk-full", "--json"))["exit_status"] == 7
    assert "exit status 7" in typed("error", "disk-full")
    assert "exit_status" not in json.loads(typed("error", "contract-range", "--json"))
