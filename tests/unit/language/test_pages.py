"""The pages that travel with the package."""

from __future__ import annotations

import pytest

from andamio.language import speak
from andamio.language.pages import codes, page


def test_the_codes_are_listed_in_order() -> None:
    assert list(codes()) == sorted(codes())
    assert "contract-range" in codes()


@pytest.mark.parametrize(("language", "word"), [("en", "sensor"), ("es", "sensor y su unidad")])
def test_a_page_is_read_in_the_language_of_the_moment(language: str, word: str) -> None:
    with speak(language):
        found = page("contract-range")
    assert found.code == "contract-range"
    assert word in found.body
    assert "contract-range" not in found.title
