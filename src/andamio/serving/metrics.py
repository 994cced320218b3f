"""Count what happens, in plain integers on the way, and show it to Prometheus when it asks.

The scoring process answers on one thread, so counting is an addition; the families of
``prometheus_client`` are built only when ``/metrics`` is read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from time import time
from typing import Protocol

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from andamio.serving.peers_metrics import bentoml_names, mlserver_names
from andamio.serving.spread import Spread

BUCKETS_S = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Latency:
    """A histogram of seconds, from the arrival of a request's head to the end of its answer."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS_S) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one request."""
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.sum_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Return the cumulative counts as Prometheus writes them."""
        total = 0
        lines: list[tuple[str, float]] = []
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), self.counts, strict=True):
            total += count
            lines.append((bound, float(total)))
        return lines


class Connected(Protocol):
    """The open connections, and why others were ended."""

    @property
    def open(self) -> Collection[object]:
        """Those that are open."""

    @property
    def closed(self) -> Mapping[str, int]:
        """How many were ended, by reason."""


class _NoConnections:
    open: Collection[object] = ()
    closed: Mapping[str, int] = {}


class Metrics(Collector):
    """Everything that ``/metrics`` shows. Labels: model, version, reason, action, status.

    Args:
        peers_names: Show the counts under the names of MLServer and BentoML too.
    """

    def __init__(self, *, peers_names: bool = False) -> None:
        self._peers_names = peers_names
        self.spread = Spread()
        self.journal_lag_s: Callable[[], float] = lambda: 0.0
        self.created_s: dict[tuple[str, int], float] = {}
        self.refused: Counter[str] = Counter()
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.latency: dict[str, Latency] = {}
        self.predictions: Counter[tuple[str, int]] = Counter()
        self.rejected: Counter[tuple[str, str]] = Counter()
        self.truths: Counter[str] = Counter()
        self.fallbacks: Counter[str] = Counter()
        self.shadows: Counter[tuple[str, int, str]] = Counter()
        self.unrecorded: Counter[str] = Counter()
        self.in_flight = 0
        self.connections: Connected = _NoConnections()
        self.generation = 0
        self.deployment_errors = 0
        self.models: list[tuple[str, int, str]] = []
        self.shared: Collector | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def page(self) -> bytes:
        """Write the page in Prometheus' text format."""
        return generate_latest(self.shared or self._registry)

    def families(self) -> Iterator[Metric]:
        """Yield everything that this process has counted."""
        return iter(self._registry.collect())

    def describe(self) -> list[Metric]:
        """Name nothing before the first scrape; the families are unique by construction."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Build the families from the counts of this moment."""
        requests = CounterMetricFamily(
            "andamio_requests", "Requests answered", labels=("model", "action", "status")
        )
        for (model, action, status), count in self.requests.items():
            requests.add_metric((model, action, str(status)), count)
        yield requests
        latency = HistogramMetricFamily(
            "andamio_predict_seconds",
            "Seconds to answer a predict request with status 200",
            labels=("model",),
        )
        for model, seen in self.latency.items():
            latency.add_metric((model,), buckets=seen.buckets(), sum_value=seen.sum_s)
        yield latency
        predictions = CounterMetricFamily(
            "andamio_predictions", "Rows predicted", labels=("model", "version")
        )
        for (model, version), count in self.predictions.items():
            predictions.add_metric((model, str(version)), count)
        yield predictions
        rejected = CounterMetricFamily(
            "andamio_rejected_rows", "Faults of rows that were refused, by reason", labels=("model", "reason")
        )
        for (model, reason), count in self.rejected.items():
            rejected.add_metric((model, reason), count)
        yield rejected
        yield from self._state()
        yield from self._predicted()
        if self._peers_names:
            versions = {model: str(version) for model, version, _ in self.models}
            yield from mlserver_names(self.requests, self.latency, versions)
            yield from bentoml_names(self.requests, self.latency, versions, self.in_flight)

    def _predicted(self) -> Iterator[Metric]:
        self.spread.settle()
        labels = CounterMetricFamily(
            "andamio_predicted_labels", "Rows by the label predicted", labels=("model", "version", "label")
        )
        for (model, version, label), count in self.spread.labels.items():
            labels.add_metric((model, str(version), label), count)
        yield labels
        values = HistogramMetricFamily(
            "andamio_prediction",
            "The predicted probability of the positive class, or the predicted number",
            labels=("model", "version"),
        )
        for (model, version), seen in self.spread.histograms.items():
            values.add_metric((model, str(version)), buckets=seen.buckets(), sum_value=seen.total)
        yield values

    def _routed(self) -> Iterator[Metric]:
        fallbacks = CounterMetricFamily(
            "andamio_fallbacks", "Rows that somebody stood in for", labels=("model",)
        )
        for model, count in self.fallbacks.items():
            fallbacks.add_metric((model,), count)
        yield fallbacks
        shadows = CounterMetricFamily(
            "andamio_shadow_rows",
            "Rows that a shadow heard, by outcome",
            labels=("model", "version", "outcome"),
        )
        # Its thread adds to this one.
        for (model, version, outcome), count in list(self.shadows.items()):
            shadows.add_metric((model, str(version), outcome), count)
        yield shadows

    def _state(self) -> Iterator[Metric]:
        truths = CounterMetricFamily("andamio_truths", "Truths that came back", labels=("model",))
        for model, count in self.truths.items():
            truths.add_metric((model,), count)
        yield truths
        yield from self._routed()
        unrecorded = CounterMetricFamily(
            "andamio_unrecorded_rows", "Rows answered on a full disk without a record", labels=("model",)
        )
        for model, count in self.unrecorded.items():
            unrecorded.add_metric((model,), count)
        yield unrecorded
        yield GaugeMetricFamily(
            "andamio_requests_in_flight", "Requests being answered now", value=self.in_flight
        )
        yield from _connected(self.connections)
        yield GaugeMetricFamily(
            "andamio_deployment_generation", "Generation that answers", value=self.generation
        )
        yield GaugeMetricFamily(
            "andamio_deployment_errors",
            "Models of the deployment file that could not be loaded",
            value=self.deployment_errors,
        )
        serving = GaugeMetricFamily(
            "andamio_model", "The versions that answer, always 1", labels=("model", "version", "digest")
        )
        for model, version, digest in self.models:
            serving.add_metric((model, str(version), digest), 1)
        yield serving
        age = GaugeMetricFamily(
            "andamio_bundle_age_seconds", "Seconds since the bundle was made", labels=("model", "version")
        )
        for (model, version), created_s in self.created_s.items():
            age.add_metric((model, str(version)), max(0.0, time() - created_s))
        yield age
        yield GaugeMetricFamily(
            "andamio_journal_lag_seconds",
            "Seconds that a record waits for its commit, measured every five",
            value=self.journal_lag_s(),
        )
        refused = CounterMetricFamily(
            "andamio_refused_requests", "Requests refused before their rows were read", labels=("reason",)
        )
        for reason, count in self.refused.items():
            refused.add_metric((reason,), count)
        yield refused


def _connected(connections: Connected) -> Iterator[Metric]:
    yield GaugeMetricFamily("andamio_connections", "Connections open now", value=len(connections.open))
    closed = CounterMetricFamily(
        "andamio_connections_closed",
        "Connections ended to keep the process well, by reason",
        labels=("reason",),
    )
    for reason, count in connections.closed.items():
        closed.add_metric((reason,), count)
    yield closed
