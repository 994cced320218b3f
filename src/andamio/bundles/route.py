"""How one model is answered: by its champion, by a trial beside it, with a shadow listening.

Every change is a pure step from one route to the next. Two rules keep a route from ever reviving a version
that nobody meant: whoever was only tried never enters ``previous``, and a trial belongs to the champion
that it is compared with, so that another champion ends it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from andamio.errors import NotFound, RouteRefused, text

KEPT = 50
ASSIGNED = 10_000

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Percent = Annotated[float, msgspec.Meta(gt=0, lt=100)]
Assets = Annotated[tuple[str, ...], msgspec.Meta(max_length=ASSIGNED)]


class Served(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version that answers: its number in the registry and the digest of its bundle."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    digest: Digest


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A challenger that answers a share of the assets beside the champion.

    ``kind`` is "canary" (is it harmless?) or "ab" (which is better?). An asset keeps its version for as
    long as the trial lasts: its place is the digest of ``salt`` and its name, compared with ``share`` per
    cent. An A/B trial writes the assets that it knows at its beginning into ``champion_assets`` and
    ``challenger_assets``, so that few assets are split evenly too.
    """

    kind: Literal["canary", "ab"]
    challenger: Served
    share: Percent
    salt: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    champion_assets: Assets = ()
    challenger_assets: Assets = ()


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How one model is answered.

    ``champion`` answers. ``previous`` is the stack that ``rollback`` goes down, last deployed first.
    ``trial`` lets a challenger answer a share; ``shadow`` is asked everything and answers nobody.
    """

    champion: Served
    previous: tuple[Served, ...] = ()
    trial: Trial | None = None
    shadow: Served | None = None

    @property
    def challenger(self) -> Served | None:
        """The version that ``promote`` would make the champion."""
        return self.trial.challenger if self.trial is not None else self.shadow

    def versions(self) -> tuple[Served, ...]:
        """Return the versions that are at work: champion, challenger, shadow."""
        challenger = self.trial.challenger if self.trial is not None else None
        return tuple(one for one in (self.champion, challenger, self.shadow) if one is not None)

    def same_work(self, other: Route | None) -> bool:
        """Tell whether the same versions do the same work; what a rollback would bring is left out."""
        return other is not None and _work(self) == _work(other)

    def deploying(self, served: Served) -> Route:
        """Let one version answer alone: a trial ends, and another champion goes on the stack."""
        if served == self.champion:
            return self if self.trial is None else msgspec.structs.replace(self, trial=None)
        return self._led_by(served, (self.champion, *self.previous)[:KEPT])

    def rolling_back(self, model: str) -> Route:
        """Undo the last step that reached an answer: end the trial, else bring the last champion back.

        Raises:
            NotFound: There is no trial and nothing to go back to.
        """
        if self.trial is not None:
            return msgspec.structs.replace(self, trial=None)
        if not self.previous:
            raise nothing_before(model)
        return self._led_by(self.previous[0], self.previous[1:])

    def trying(self, model: str, trial: Trial) -> Route:
        """Let a challenger answer a share; ``assignment.plan`` makes the trial.

        Raises:
            RouteRefused: The challenger is the champion.
        """
        _check_other(model, trial.challenger, self.champion)
        shadow = None if trial.challenger == self.shadow else self.shadow
        return msgspec.structs.replace(self, trial=trial, shadow=shadow)

    def shadowing(self, model: str, served: Served) -> Route:
        """Let a version listen.

        Raises:
            RouteRefused: It answers already.
        """
        _check_other(model, served, self.champion)
        if self.trial is not None:
            _check_other(model, served, self.trial.challenger)
        return msgspec.structs.replace(self, shadow=served)

    def promoting(self, model: str) -> Route:
        """Make the challenger the champion: the trial's, or else the shadow.

        Raises:
            NotFound: Nobody challenges the champion.
        """
        if self.challenger is None:
            raise NotFound(
                text("nothing challenges the champion of {model}", model=model),
                why=text("neither a canary, nor an A/B trial, nor a shadow is under way"),
                fix=text("begin one: andamio deploy {model}@VERSION --canary 10", model=model),
            )
        return self.deploying(self.challenger)

    def ending_trials(self, model: str) -> Route:
        """Let the champion answer alone, unheard.

        Raises:
            NotFound: It does already.
        """
        if self.challenger is None:
            raise NotFound(
                text("{model} has no canary, A/B trial or shadow that could be ended", model=model),
                fix=text("andamio show {model} tells what is in force", model=model),
            )
        return Route(self.champion, self.previous)

    def _led_by(self, champion: Served, previous: tuple[Served, ...]) -> Route:
        return Route(champion, previous, shadow=None if self.shadow == champion else self.shadow)


def nothing_before(model: str) -> NotFound:
    """Build the error of a rollback that has nowhere to go."""
    return NotFound(
        text("there is no earlier version of {model} to go back to", model=model),
        why=text("it is not deployed, or only one version ever was"),
        fix=text(
            "andamio models lists the versions; andamio deploy {model}@VERSION puts one to work",
            model=model,
        ),
    )


def _work(route: Route) -> tuple[object, ...]:
    shadow = route.shadow.digest if route.shadow is not None else None
    return route.champion.digest, route.trial, shadow


def _check_other(model: str, served: Served, at_work: Served) -> None:
    if served.digest == at_work.digest:
        raise RouteRefused(
            text("{model}@{version} answers already", model=model, version=served.version),
            fix=text("name another version; andamio models lists them"),
        )
