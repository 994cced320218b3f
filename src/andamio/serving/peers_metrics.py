"""The counts under the names that dashboards of MLServer and BentoML know.

Both are written from Andamio's own counts when ``/metrics`` is read, so they cost nothing otherwise. Where a
peer has a label that Andamio has no meaning for, its value is the nearest: BentoML's ``service_name`` is the
model and ``runner_name`` is empty.

Source: MLServer 1.7, ``handlers/dataplane.py``; BentoML 1.4, documentation of its default metrics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)

SCORING = frozenset({"predict", "infer", "invocations"})


class Times(Protocol):
    """A histogram of seconds."""

    sum_s: float

    def buckets(self) -> list[tuple[str, float]]:
        """Return the cumulative counts."""
        ...


def mlserver_names(
    requests: Mapping[tuple[str, str, int], int], times: Mapping[str, Times], versions: Mapping[str, str]
) -> Iterator[Metric]:
    """Write MLServer's trio: successes, failures and the time of inference requests.

    Args:
        requests: Counts by model, action and status.
        times: Times of the scoring requests that were answered, by model.
        versions: The version that answers, by model.
    """
    labels = ("model", "version")
    good, bad = _outcomes(requests)
    success = CounterMetricFamily(
        "model_infer_request_success", "Model infer request success count", labels=labels
    )
    failure = CounterMetricFamily(
        "model_infer_request_failure", "Model infer request failure count", labels=labels
    )
    duration = SummaryMetricFamily(
        "model_infer_request_duration", "Model infer request duration", labels=labels
    )
    for model in sorted({*good, *bad}):
        which = (model, versions.get(model, ""))
        success.add_metric(which, good[model])
        failure.add_metric(which, bad[model])
    for model, seen in times.items():
        count = int(seen.buckets()[-1][1])
        duration.add_metric((model, versions.get(model, "")), count, seen.sum_s)
    yield from (success, failure, duration)


def bentoml_names(
    requests: Mapping[tuple[str, str, int], int],
    times: Mapping[str, Times],
    versions: Mapping[str, str],
    in_flight: int,
) -> Iterator[Metric]:
    """Write BentoML's trio: requests, their times, and how many are being answered."""
    labels = ("endpoint", "service_name", "runner_name", "service_version", "http_response_code")
    total = CounterMetricFamily("bentoml_service_request", "Total number of HTTP requests", labels=labels)
    for (model, action, status), count in requests.items():
        if model:
            total.add_metric((f"/{action}", model, "", versions.get(model, ""), str(status)), count)
    seconds = HistogramMetricFamily(
        "bentoml_service_request_duration_seconds", "API HTTP request duration in seconds", labels=labels
    )
    for model, seen in times.items():
        which = ("/predict", model, "", versions.get(model, ""), "200")
        seconds.add_metric(which, buckets=seen.buckets(), sum_value=seen.sum_s)
    now = GaugeMetricFamily(
        "bentoml_service_request_in_progress",
        "Total number of HTTP requests in progress now",
        labels=labels[:-1],
    )
    now.add_metric(("", "", "", ""), in_flight)
    yield from (total, seconds, now)


def _outcomes(requests: Mapping[tuple[str, str, int], int]) -> tuple[Counter[str], Counter[str]]:
    good: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    for (model, action, status), count in requests.items():
        if action in SCORING and model:
            (good if status == 200 else bad)[model] += count
    return good, bad
