"""Every sentence a person reads passes here, in Spanish or English.

Code writes the English sentence, ``say("{n} rows were read", n=12)``; ``es/*.toml`` (one file a
room) holds its Spanish. A deferred sentence is an ``errors.Text``; ``say`` renders it. Numbers and
dates are written as the language writes them (Babel).
"""

from andamio.language.rendering import error_json, render_error
from andamio.language.speech import LANGUAGES, current_language, say, speak
from andamio.language.values import date_time, number, percent

__all__ = [
    "LANGUAGES",
    "current_language",
    "date_time",
    "error_json",
    "number",
    "percent",
    "render_error",
    "say",
    "speak",
]
