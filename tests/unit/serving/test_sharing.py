"""The counts of several workers on one page, whichever of them is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from andamio.serving import sharing
from andamio.serving.metrics import Metrics
from andamio.serving.sharing import Board


class Worker:
    """Counts what a test says."""

    def __init__(self, **counts: float) -> None:
        self.requests = counts.get("requests", 0.0)
        self.generation = counts.get("generation", 1.0)
        self.in_flight = counts.get("in_flight", 0.0)
        self.age = counts.get("age", 0.0)

    def __call__(self) -> Iterable[Metric]:
        requests = CounterMetricFamily("andamio_requests", "Requests", labels=("model",))
        requests.add_metric(("pump",), self.requests)
        times = HistogramMetricFamily("andamio_predict_seconds", "Seconds", labels=("model",))
        times.add_metric(("pump",), buckets=[("0.1", self.requests), ("+Inf", self.requests)], sum_value=0.5)
        return [
            requests,
            times,
            GaugeMetricFamily("andamio_requests_in_flight", "Now", value=self.in_flight),
            GaugeMetricFamily("andamio_deployment_generation", "Generation", value=self.generation),
            GaugeMetricFamily("andamio_bundle_age_seconds", "Age", value=self.age),
        ]


def shown(metrics: Iterable[Metric]) -> dict[str, float]:
    return {
        sample.name + "".join(f",{v}" for k, v in sample.labels.items() if k == "le"): sample.value
        for metric in metrics
        for sample in metric.samples
    }


def test_counts_are_added_and_gauges_follow_their_rule_whoever_is_asked() -> None:
    board = Board(2)
    first = board.post(1, Worker(requests=3, generation=7, in_flight=2, age=5))
    second = board.post(2, Worker(requests=4, generation=6, in_flight=1, age=9))
    second.write()
    expected = {
        "andamio_requests_total": 7.0,
        "andamio_predict_seconds_bucket,0.1": 7.0,
        "andamio_predict_seconds_bucket,+Inf": 7.0,
        "andamio_predict_seconds_count": 7.0,
        "andamio_predict_seconds_sum": 1.0,
        "andamio_requests_in_flight": 3.0,
        "andamio_deployment_generation": 6.0,
        "andamio_bundle_age_seconds": 9.0,
    }
    assert shown(first.collect()) == expected
    assert shown(second.collect()) == expected


def test_what_was_shown_never_goes_back_when_a_worker_dies_and_another_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board = Board(2)
    one, two = Worker(requests=3), Worker(requests=4, in_flight=1)
    first, second = board.post(1, one), board.post(2, two)
    second.write()
    two.requests = 9
    assert shown(second.collect())["andamio_requests_total"] == 9  # the first has shown nothing yet
    monkeypatch.setattr(sharing, "_lives", lambda process: False)
    after = shown(first.collect())
    assert (after["andamio_requests_total"], after["andamio_requests_in_flight"]) == (12, 0)
    monkeypatch.setattr(sharing, "_lives", lambda process: True)
    raised = board.post(2, Worker(requests=1, in_flight=4))
    again = shown(raised.collect())
    assert (again["andamio_requests_total"], again["andamio_requests_in_flight"]) == (13, 4)
    assert shown(first.collect())["andamio_requests_total"] == 13


def test_a_page_half_written_leaves_the_one_before() -> None:
    board = Board(2)
    worker = Worker(requests=4)
    post = board.post(2, worker)
    post.write()
    worker.requests = 5
    post.write()
    slot = board._slots[1]
    half = 1 - slot._memory[0]
    slot._memory[1 + half * sharing._HALF : 9 + half * sharing._HALF] = b"\xff" * 8
    assert shown(board.post(1, Worker()).collect())["andamio_requests_total"] == 5


def test_a_page_that_is_spoilt_or_too_long_counts_for_nothing(caplog: pytest.LogCaptureFixture) -> None:
    board = Board(2)
    slot = board._slots[1]
    slot.write(b"no page")
    assert shown(board.post(1, Worker(requests=1)).collect())["andamio_requests_total"] == 1
    slot.write(bytes(sharing._HALF))
    assert "too long" in caplog.text


def test_the_workers_share_their_memory_after_they_part() -> None:
    board = Board(2)
    child = os.fork()
    if child == 0:
        board.post(2, Worker(requests=11)).write()
        os._exit(0)
    os.waitpid(child, 0)
    assert shown(board.post(1, Worker(requests=1)).collect())["andamio_requests_total"] == 12


def test_a_page_of_two_workers_names_the_same_metrics_as_that_of_one() -> None:
    alone, shared = Metrics(peers_names=True), Metrics(peers_names=True)
    for metrics in (alone, shared):
        metrics.requests["pump", "predict", 200] = 2
    shared.shared = Board(2).post(1, shared.families)

    def names(page: bytes) -> set[str]:
        return {line for line in page.decode().splitlines() if line.startswith("# ")}

    assert names(shared.page()) == names(alone.page())
    assert b'andamio_requests_total{action="predict",model="pump",status="200"} 2.0' in shared.page()
