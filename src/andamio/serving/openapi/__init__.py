"""The description of a scoring process in OpenAPI 3.1, made from the contracts in force, and a page for it.

``components`` writes what the models read and answer, ``document`` the addresses around them, ``page`` the
same for a person, without anything from outside. Both are written when somebody asks, in their language.
"""

from andamio.serving.openapi.document import openapi
from andamio.serving.openapi.doors import DocumentPage, ReadingPage
from andamio.serving.openapi.page import reading_page

__all__ = ["DocumentPage", "ReadingPage", "openapi", "reading_page"]
