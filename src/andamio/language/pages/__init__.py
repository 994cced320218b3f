"""The page of every error code, ``en/CODE.md`` and ``es/CODE.md``: what it means, why, what to do.

They travel with the package, so that ``andamio error CODE`` explains an error on a box without a network.
The first line of a page is ``# CODE: title``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from andamio.language.speech import current_language


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the code, its title in a sentence, and the Markdown below the title."""

    code: str
    title: str
    body: str


@cache
def codes() -> tuple[str, ...]:
    """List every code that has a page, in alphabetical order."""
    folder = resources.files(__name__) / "en"
    return tuple(sorted(file.name.removesuffix(".md") for file in folder.iterdir()))


def page(code: str) -> Page:
    """Read the page of a code in the language of the moment.

    >>> page("busy").title
    'somebody else holds what is needed'

    Args:
        code: One of ``codes()``.
    """
    file = resources.files(__name__) / current_language() / f"{code}.md"
    heading, _, body = file.read_text(encoding="utf-8").partition("\n")
    return Page(code, heading.removeprefix(f"# {code}: "), body.strip("\n"))
