"""Who answers an asset during a trial: stable for as long as the trial lasts, on every worker and box.

>>> from andamio.bundles.route import Served, Trial
>>> trial = Trial(kind="canary", challenger=Served(2, "b" * 64), share=25, salt="0123456789abcdef")
>>> challenged = Assignment(trial).challenged
>>> challenged("pump-07") == challenged("pump-07")
True
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Literal

from andamio.bundles.route import ASSIGNED, Route, Served, Trial

_REMEMBERED = 4096


def new_salt() -> str:
    """Return the salt of a new trial: other assets are the first to meet the next canary."""
    return secrets.token_hex(8)


def place(salt: str, name: str) -> float:
    """Return where a name stands under a salt: uniform between 0 and 100, the same for ever.

    >>> round(place("0123456789abcdef", "pump-07"), 6)
    37.021962
    """
    digest = blake2b(name.encode("utf-8", "surrogatepass"), key=salt.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 * 100


def split(assets: Iterable[str], share: float, salt: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split known assets between champion and challenger, to the nearest whole asset.

    Too many to be written into the deployment file are left to their places: of thousands, the share is
    met by chance well enough.

    >>> champion, challenger = split(["a", "b", "c", "d", "e"], 40, "0123456789abcdef")
    >>> len(champion), len(challenger)
    (3, 2)
    """
    known = sorted(set(assets), key=lambda name: (place(salt, name), name))
    if len(known) > ASSIGNED:
        return (), ()
    cut = round(len(known) * share / 100)
    return tuple(sorted(known[cut:])), tuple(sorted(known[:cut]))


def plan(
    route: Route | None,
    kind: Literal["canary", "ab"],
    challenger: Served,
    share: float,
    assets: Iterable[str] = (),
) -> Trial:
    """Plan a trial beside a route.

    The challenger that is tried already keeps its salt and its assets: a greater share adds some to them,
    and the same share changes nothing. Any other gets a new salt.

    Args:
        route: What is in force.
        kind: "canary" or "ab".
        challenger: Who is tried.
        share: Per cent of the assets that it answers.
        assets: The assets known, for an A/B trial: they are split evenly and written down.
    """
    running = route.trial if route is not None else None
    if running is None or (running.kind, running.challenger) != (kind, challenger):
        running = None
    if running is not None and running.share == share:
        return running
    salt = new_salt() if running is None else running.salt
    written = () if running is None else (*running.champion_assets, *running.challenger_assets)
    ours, theirs = split((*written, *assets), share, salt) if kind == "ab" else ((), ())
    return Trial(
        kind=kind,
        challenger=challenger,
        share=share,
        salt=salt,
        champion_assets=ours,
        challenger_assets=theirs,
    )


class Assignment:
    """Answers, for one trial, whether the challenger has an asset."""

    def __init__(self, trial: Trial) -> None:
        self._share = trial.share
        self._salt = trial.salt
        self._written = dict.fromkeys(trial.champion_assets, False) | dict.fromkeys(
            trial.challenger_assets, True
        )
        self.challenged = lru_cache(_REMEMBERED)(self._challenged)

    def challenged_once(self, name: str) -> bool:
        """Tell the same of a name that will not come again, such as a prediction's id."""
        return place(self._salt, name) < self._share

    def _challenged(self, asset: str) -> bool:
        written = self._written.get(asset)
        return place(self._salt, asset) < self._share if written is None else written
