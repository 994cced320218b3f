"""What a GET shows: health, readiness, metrics, the models that answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST

from andamio.contracts import example_row, json_schema
from andamio.errors import AndamioError
from andamio.serving.doors import Page
from andamio.serving.metrics import Metrics
from andamio.serving.routes import nothing_deployed
from andamio.serving.scorer import Scorer


class Served(Protocol):
    """What the pages need of a generation."""

    @property
    def number(self) -> int:
        """Its number in the deployment file."""

    @property
    def scorers(self) -> Mapping[str, Scorer]:
        """The models that answer, by name."""

    @property
    def errors(self) -> Mapping[str, AndamioError]:
        """The models that could not be loaded, by name."""


class Health:
    """``/livez``: the process answers, whatever it serves."""

    def page(self) -> Page:
        """Say so."""
        return Page(b'{"live":true}')


class Readiness:
    """``/readyz``: at least one model answers. A refused deployment does not make it unready."""

    def __init__(self, generation: Served) -> None:
        self._generation = generation

    def page(self) -> Page:
        """Say which generation is served.

        Raises:
            NothingDeployed: No model answers.
        """
        if not self._generation.scorers:
            raise next(iter(self._generation.errors.values()), None) or nothing_deployed()
        served = {name: scorer.version for name, scorer in self._generation.scorers.items()}
        return _json({"ready": True, "generation": self._generation.number, "models": served})


class MetricsPage:
    """``/metrics``: the counts, in Prometheus' text format."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def page(self) -> Page:
        """Write the counts of this moment."""
        return Page(self._metrics.page(), CONTENT_TYPE_LATEST.encode())


class ModelsPage:
    """``/v1/models``: every model that answers, in short."""

    def __init__(self, generation: Served) -> None:
        self._generation = generation

    def page(self) -> Page:
        """List them by name."""
        models = [_summary(scorer) for _, scorer in sorted(self._generation.scorers.items())]
        return _json({"generation": self._generation.number, "models": models})


class ModelPage:
    """``/v1/models/{model}``: what one model reads and answers."""

    def __init__(self, scorer: Scorer, beside: Mapping[str, object] | None = None) -> None:
        self._scorer = scorer
        self._beside = beside or {}

    def page(self) -> Page:
        """Describe the model; ``example`` is a body that predict takes, ``schema`` the JSON Schema of all.

        ``beside`` tells who is at work beside the champion: canary, ab, shadow.
        """
        contract = self._scorer.contract
        described = {"example": {"row": example_row(contract)}, "schema": json_schema(contract)}
        return _json(_summary(self._scorer) | {"ready": True, "beside": self._beside} | described)


def _summary(scorer: Scorer) -> dict[str, object]:
    info = scorer.info
    return {
        "name": scorer.model,
        "version": scorer.version,
        "digest": scorer.digest,
        "kind": str(info.kind),
        "inputs": [*info.numbers, *info.categories],
        "classes": list(info.classes),
        "threshold": info.threshold,
        "coverage": info.coverage,
    }


def _json(value: object) -> Page:
    return Page(msgspec.json.encode(value, enc_hook=str))
