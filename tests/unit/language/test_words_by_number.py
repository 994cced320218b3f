"""A sentence takes the word that fits its number."""

from __future__ import annotations

import json

import pytest

from andamio.errors import text
from andamio.language import say, speak

SENTENCE = "  {rows} {rows:row waits|rows wait} for older ones"


@pytest.mark.parametrize(
    ("rows", "english", "spanish"),
    [
        (0, "  0 rows wait for older ones", "  0 filas esperan a otras más antiguas"),
        (1, "  1 row waits for older ones", "  1 fila espera a otras más antiguas"),
        (1.0, "  1 row waits for older ones", "  1 fila espera a otras más antiguas"),
        (2000, "  2,000 rows wait for older ones", "  2.000 filas esperan a otras más antiguas"),
    ],
)
def test_one_is_told_from_several(rows: float, english: str, spanish: str) -> None:
    with speak("en"):
        assert say(SENTENCE, rows=rows) == english
    with speak("es"):
        assert say(SENTENCE, rows=rows) == spanish


def test_a_sentence_that_was_not_said_yet_reads_the_same() -> None:
    assert str(text(SENTENCE, rows=1)) == "  1 row waits for older ones"
    assert json.dumps(str(text(SENTENCE, rows=3))) == '"  3 rows wait for older ones"'
