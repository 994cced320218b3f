"""Which door answers at which address: one dictionary, built once for each generation."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from andamio.errors import AndamioError, ModelNotServed, NoSuchAddress, NothingDeployed, text
from andamio.serving.dialects.asking import Speaker
from andamio.serving.dialects.refusals import model_of
from andamio.serving.doors import GetDoor, PostDoor
from andamio.serving.gathering import Gatherer
from andamio.serving.metrics import Latency

MODELS = "/v1/models"


@dataclass(frozen=True, slots=True)
class Place:
    """One address: its doors, and the labels under which its requests are counted.

    ``post`` takes JSON and answers JSON; ``speaker`` takes every other POST. ``gatherer`` answers the single
    rows that ``post`` would answer, without its coroutines. ``asked`` chooses another place at the same
    address by what the query string asks for.
    """

    action: str
    model: str = ""
    post: PostDoor | None = None
    get: GetDoor | None = None
    latency: Latency | None = None
    speaker: Speaker | None = None
    gatherer: Gatherer | None = None
    asked: Callable[[bytes], Place | None] | None = None

    @property
    def takes_posts(self) -> bool:
        """Whether a POST is answered here."""
        return self.post is not None or self.speaker is not None

    @property
    def allowed(self) -> str:
        """The methods that it takes, as the Allow header writes them."""
        return "GET, HEAD" if self.get is not None else "POST"


class Routes:
    """The addresses of one generation."""

    def __init__(self, places: Mapping[str, Place], models: tuple[str, ...]) -> None:
        self._places = dict(places)
        self._models = models
        self.find = self._places.get

    def missing(self, path: str) -> AndamioError:
        """Say kindly why nothing answers at ``path``."""
        parts = path.split("/")
        named = model_of(path)
        if named is not None and named not in self._models:
            return self._missing_model(named)
        if path.startswith(MODELS + "/") and parts[3]:
            if parts[3] not in self._models:
                return self._missing_model(parts[3])
            if len(parts) <= 5:
                return self._missing_action(path, parts[3])
        near = difflib.get_close_matches(path, self._places, n=1)
        known = text("it answers at: {places}", places=", ".join(sorted(self._places)[:20]))
        return NoSuchAddress(
            text("there is nothing at {path}", path=path[:200]),
            fix=text("did you mean {near}?", near=near[0]) if near else known,
        )

    def _missing_model(self, model: str) -> AndamioError:
        if not self._models:
            return nothing_deployed()
        near = difflib.get_close_matches(model, self._models, n=1, cutoff=0.5)
        known = text("these models answer: {models}", models=", ".join(self._models))
        return ModelNotServed(
            text("no model named {model} is deployed here", model=model[:200]),
            why=known if near else None,
            fix=text("did you mean {near}?", near=near[0]) if near else known,
        )

    def _missing_action(self, path: str, model: str) -> AndamioError:
        return NoSuchAddress(
            text("there is nothing at {path}", path=path[:200]),
            fix=text(
                "use POST {predict} or POST {feedback}",
                predict=f"{MODELS}/{model}/predict",
                feedback=f"{MODELS}/{model}/feedback",
            ),
        )


def nothing_deployed() -> NothingDeployed:
    """Build the error that says so."""
    return NothingDeployed(
        text("nothing is deployed"),
        why=text("the process lives and takes over the first deployment as soon as it is written"),
        fix=text("deploy a version: andamio deploy NAME@VERSION"),
    )
