"""Which dialect answers at which address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from andamio import __version__
from andamio.errors import AndamioError, ModelNotServed, ModelUnnamed, text
from andamio.serving.dialects.asking import Call, Reply
from andamio.serving.dialects.inference_pages import MetadataPage, RepositorySpeaker, ServerPage, StatePage
from andamio.serving.dialects.kserve import KserveSpeaker
from andamio.serving.dialects.mlflow import MlflowSpeaker
from andamio.serving.dialects.open_inference import InferSpeaker
from andamio.serving.dialects.refusals import INFERENCE, INVOCATIONS, PREDICT
from andamio.serving.doors import Page
from andamio.serving.limits import Limits
from andamio.serving.metrics import Latency
from andamio.serving.predicting import PredictDoor
from andamio.serving.routes import MODELS, Place, nothing_deployed
from andamio.serving.scorer import Scorer


class Served(Protocol):
    """What the dialects need of a generation."""

    @property
    def scorers(self) -> Mapping[str, Scorer]:
        """The models that answer, by name."""

    @property
    def errors(self) -> Mapping[str, AndamioError]:
        """The models that could not be loaded, by name."""


def model_places(
    name: str, scorer: Scorer, door: PredictDoor, limits: Limits, latency: Latency
) -> dict[str, Place]:
    """Return the addresses of one model in the dialects that name it."""
    infer = Place("predict", name, speaker=InferSpeaker(scorer, door, limits), latency=latency)
    metadata = Place("model", name, get=MetadataPage(scorer))
    ready = Place("model", name, get=StatePage(name=name, ready=True))
    places = {
        f"{MODELS}/{name}{PREDICT}": Place(
            "predict", name, speaker=KserveSpeaker(scorer, door), latency=latency
        )
    }
    here = f"{INFERENCE}/models/{name}"
    for start in (here, f"{here}/versions/{scorer.version}"):
        places |= {start: metadata, f"{start}/ready": ready, f"{start}/infer": infer}
    return places


def process_places(
    generation: Served,
    doors: Mapping[str, PredictDoor],
    limits: Limits,
    latencies: Mapping[str, Latency],
    default: str,
) -> dict[str, Place]:
    """Return the addresses that name no model; ``default`` answers there, or the only model."""
    ready = _Ready(generation)
    return {
        INFERENCE: Place("models", get=ServerPage()),
        f"{INFERENCE}/health/live": Place("livez", get=StatePage(live=True)),
        f"{INFERENCE}/health/ready": Place("readyz", get=ready),
        f"{INFERENCE}/repository/index": Place(
            "models", speaker=RepositorySpeaker(generation.scorers, generation.errors)
        ),
        "/ping": Place("readyz", get=_Ready(generation, Page(b"\n", b"text/plain"))),
        "/health": Place("readyz", get=_Ready(generation, Page(b"\n", b"text/plain"))),
        "/version": Place("models", get=_Fixed(Page(__version__.encode(), b"text/plain"))),
        INVOCATIONS: _invocations(generation, doors, limits, latencies, default),
    }


def _invocations(
    generation: Served,
    doors: Mapping[str, PredictDoor],
    limits: Limits,
    latencies: Mapping[str, Latency],
    default: str,
) -> Place:
    names = sorted(generation.scorers)
    name = default or (names[0] if len(names) == 1 else "")
    scorer = generation.scorers.get(name)
    if scorer is None:
        return Place("predict", speaker=_Nobody(names, default))
    return Place(
        "predict", name, speaker=MlflowSpeaker(scorer, doors[name], limits), latency=latencies.get(name)
    )


class _Fixed:
    def __init__(self, page: Page) -> None:
        self._page = page

    def page(self) -> Page:
        return self._page


class _Ready:
    def __init__(self, generation: Served, page: Page | None = None) -> None:
        self._generation = generation
        self._page = page or StatePage(ready=True).page()

    def page(self) -> Page:
        if not self._generation.scorers:
            raise next(iter(self._generation.errors.values()), None) or nothing_deployed()
        return self._page


class _Nobody:
    """Answers in place of a model where none is meant."""

    def __init__(self, names: list[str], default: str) -> None:
        self._names = names
        self._default = default

    def check(self, headers: Mapping[bytes, bytes]) -> None:  # noqa: ARG002  Speaker names it
        if not self._names:
            raise nothing_deployed()
        known = text("these models answer: {models}", models=", ".join(self._names))
        if self._default:
            raise ModelNotServed(
                text("no model named {model} is deployed here", model=self._default), fix=known
            )
        raise ModelUnnamed(
            text("several models are deployed here, and this address names none"),
            why=known,
            fix=text("start it with: andamio serve --default {model}", model=self._names[0]),
        )

    async def reply(self, call: Call) -> Reply:  # noqa: ARG002  Speaker names it
        raise nothing_deployed()
