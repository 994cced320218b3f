"""How a bundle is refused: which file, why, and what to do instead of using it."""

from __future__ import annotations

from pathlib import Path

from andamio.errors import BundleRefused, Fault, Text, text


def fault(name: str, what: Text) -> Fault:
    """Name one thing that is wrong with one file of a bundle."""
    return Fault(BundleRefused.code, what, where=text("{file}", file=name), data={"file": name})


def refused(path: Path, faults: list[Fault]) -> BundleRefused:
    """Build the error for a bundle that must not be used."""
    return BundleRefused(
        text("this bundle is refused; nothing of it was run"),
        where=text("{path}", path=path),
        why=text("it is not exactly what a trusted key signed"),
        fix=text("put the folder back from a backup, or deploy another version; andamio models lists them"),
        faults=faults,
    )


class Suspicious(Exception):
    """Something in one file of a bundle does not hold; the caller knows which file."""

    def __init__(self, what: Text) -> None:
        super().__init__(str(what))
        self.what = what
