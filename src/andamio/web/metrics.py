"""What Prometheus reads of the control process: what stands, how far the watch has come, the alarms."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from andamio.web.alarm_desk import AlarmDesk
from andamio.web.standing import Standing

_VERSION = ("model", "version")


class ControlMetrics(Collector):
    """Builds the families when they are asked for.

    Args:
        standing: Returns what stands at the moment.
        desk: Whoever keeps the alarms.
    """

    def __init__(self, standing: Callable[[], Standing], desk: AlarmDesk) -> None:
        self._standing = standing
        self._desk = desk
        self.requests: Counter[tuple[str, int]] = Counter()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def page(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what there is to see."""
        standing = self._standing()
        yield _findings(standing)
        yield from _watch(standing)
        alarms = GaugeMetricFamily("andamio_monitor_alarms", "Alarms by state.", labels=["state"])
        for state, count in sorted(self._desk.counts().items()):
            alarms.add_metric([state], count)
        yield alarms
        told = GaugeMetricFamily(
            "andamio_monitor_notifications", "Notifications that wait or have failed.", labels=["state"]
        )
        for state, count in sorted(self._desk.notifications().items()):
            told.add_metric([state], count)
        yield told
        requests = CounterMetricFamily(
            "andamio_control_requests", "Requests to the control process.", labels=["action", "status"]
        )
        for (action, status), count in sorted(self.requests.items()):
            requests.add_metric([action, str(status)], count)
        yield requests


def _findings(standing: Standing) -> Metric:
    found = GaugeMetricFamily(
        "andamio_monitor_findings",
        "Findings that stand.",
        labels=[*_VERSION, "kind", "cause", "level"],
    )
    counts: Counter[tuple[str, ...]] = Counter()
    for one in standing.versions:
        for finding in one.findings:
            cause = "" if finding.cause is None else finding.cause.value
            counts[one.model, str(one.version), finding.kind, cause, finding.level.value] += 1
    for labels, count in sorted(counts.items()):
        found.add_metric(labels, count)
    return found


def _watch(standing: Standing) -> Iterator[Metric]:
    rows = CounterMetricFamily("andamio_monitor_rows", "Rows that the detectors saw.", labels=_VERSION)
    late = CounterMetricFamily(
        "andamio_monitor_late_rows", "Rows that came too late to be seen.", labels=_VERSION
    )
    waiting = GaugeMetricFamily(
        "andamio_monitor_waiting_rows", "Rows that wait for older ones.", labels=_VERSION
    )
    lag = GaugeMetricFamily(
        "andamio_monitor_lag_seconds", "How old the youngest row is that the detectors saw.", labels=_VERSION
    )
    for one in standing.versions:
        labels = (one.model, str(one.version))
        rows.add_metric(labels, one.rows)
        late.add_metric(labels, one.late)
        waiting.add_metric(labels, one.waiting)
        if one.until_s is not None:
            lag.add_metric(labels, max(0.0, time.time() - one.until_s))
    yield from (rows, late, waiting, lag)
    age = GaugeMetricFamily(
        "andamio_monitor_round_age_seconds", "How long ago the last round of looks ended."
    )
    age.add_metric([], max(0.0, time.time() - standing.at_s) if standing.rounds else float("inf"))
    yield age
    failing = GaugeMetricFamily(
        "andamio_monitor_failing",
        "Models that could not be looked at in the last round.",
        labels=["model", "code"],
    )
    for model, error in sorted(standing.failures.items()):
        failing.add_metric([model, error.code], 1)
    yield failing
