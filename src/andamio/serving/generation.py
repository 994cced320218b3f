"""What answers at this moment: the models of one generation of the deployment file, ready to score."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from andamio.errors import AndamioError
from andamio.journal import Record
from andamio.serving.dialects.native import NativeSpeaker
from andamio.serving.dialects.places import model_places, process_places
from andamio.serving.explaining import Explaining
from andamio.serving.feedback import FeedbackDoor
from andamio.serving.limits import Limits
from andamio.serving.metrics import Latency, Metrics
from andamio.serving.openapi import DocumentPage, ReadingPage
from andamio.serving.pages import Health, MetricsPage, ModelPage, ModelsPage, Readiness
from andamio.serving.predicting import PredictDoor
from andamio.serving.routes import MODELS, Place, Routes
from andamio.serving.routing import RoutedDoor, Router, Shadows, Team
from andamio.serving.scorer import Scorer

Commit = Callable[[Sequence[Record]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation as this process serves it.

    ``number`` is 0 before the first deployment. ``errors`` are the faults of the newest file, by model
    ("" for the file itself); the models they name keep what they had before, or nothing. ``scorers``
    are the champions; ``teams`` are there for the models that have more than a champion.
    """

    number: int = 0
    scorers: Mapping[str, Scorer] = field(default_factory=dict)
    errors: Mapping[str, AndamioError] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)

    def loaded(self) -> Iterator[Scorer]:
        """Yield every version in memory."""
        for name, scorer in self.scorers.items():
            if name in self.teams:
                yield from self.teams[name].members()
            else:
                yield scorer


class Switchboard:
    """Builds the table of doors for a generation."""

    def __init__(
        self,
        commit: Commit,
        pool: Executor,
        metrics: Metrics,
        limits: Limits,
        guarded: Callable[[], bool] = lambda: False,
        shadows: Shadows | None = None,
        *,
        default: str = "",
    ) -> None:
        self._default = default
        self._commit = metrics.spread.watching(commit)
        self._guarded = guarded
        self._pool = pool
        self._metrics = metrics
        self._limits = limits
        self._shadows = shadows
        self._explaining = Explaining(limits)

    def routes(self, generation: Generation) -> Routes:
        """Connect every address of a generation, and let the metrics know it."""
        self._tell_metrics(generation)
        places = {
            "/livez": Place("livez", get=Health()),
            "/readyz": Place("readyz", get=Readiness(generation)),
            "/metrics": Place("metrics", get=MetricsPage(self._metrics)),
            MODELS: Place("models", get=ModelsPage(generation)),
            "/openapi.json": Place(
                "openapi", get=DocumentPage(generation.scorers, self._guarded, self._default)
            ),
            "/docs": Place("docs", get=ReadingPage(generation.scorers, self._guarded, self._default)),
        }
        doors = {
            name: self._predict(scorer, generation.teams.get(name))
            for name, scorer in generation.scorers.items()
        }
        for name, scorer in generation.scorers.items():
            places |= self._model(name, scorer, doors[name], generation.teams.get(name))
        places |= process_places(generation, doors, self._limits, self._metrics.latency, self._default)
        return Routes(places, tuple(sorted(generation.scorers)))

    def _model(self, name: str, scorer: Scorer, predict: PredictDoor, team: Team | None) -> dict[str, Place]:
        feedback = FeedbackDoor(name, scorer.info, self._commit, self._metrics, self._limits)
        latency = self._metrics.latency.setdefault(name, Latency())
        native = NativeSpeaker(scorer, predict, self._limits)
        here = f"{MODELS}/{name}"
        return {
            here: Place("model", name, get=ModelPage(scorer, team.told() if team is not None else {})),
            f"{here}/predict": Place(
                "predict",
                name,
                post=predict,
                latency=latency,
                speaker=native,
                gatherer=predict.gatherer,
                asked=self._explaining.places(name, predict, scorer, team),
            ),
            f"{here}/feedback": Place("feedback", name, post=feedback),
        } | model_places(name, scorer, predict, self._limits, latency)

    def _predict(self, scorer: Scorer, team: Team | None) -> PredictDoor:
        """Choose the door, once for the whole generation: a champion alone has the short way."""
        if team is None or self._shadows is None:
            return PredictDoor(scorer, self._commit, self._pool, self._metrics, self._limits)
        return RoutedDoor(Router(team), self._shadows, self._commit, self._pool, self._metrics, self._limits)

    def _tell_metrics(self, generation: Generation) -> None:
        self._metrics.generation = generation.number
        self._metrics.deployment_errors = len(generation.errors)
        self._metrics.models = [
            (scorer.model, scorer.version, scorer.digest) for scorer in generation.loaded()
        ]
        self._metrics.created_s = {
            (scorer.model, scorer.version): scorer.facts.created_s
            for scorer in generation.loaded()
            if scorer.facts.created_s is not None
        }
        for scorer in generation.loaded():
            self._metrics.spread.know(scorer.model, scorer.version, scorer.facts)
