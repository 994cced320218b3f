"""Several workers behind one address: all answer, a fallen one is raised, and they end together."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from andamio.bundles.workers import WorkerReport, worker_reports

pytestmark = pytest.mark.live


def reports(plant: Any, *, generation: int = 0) -> list[WorkerReport]:
    found = worker_reports(plant.root / ".andamio" / "workers")
    return [report for report in found if report.generation >= generation]


def is_living(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_two_workers_answer_and_follow_a_deployment(
    plant: Any, serve: Any, hammer: Callable[[int, int], Any], until: Callable[..., Any]
) -> None:
    first = plant.deploy(plant.build(1))
    with serve(plant, "--workers", "2") as running:
        two = until(lambda: found if len(found := reports(plant, generation=first)) == 2 else None)
        assert [report.worker for report in two] == [f"serve-{running.port}-{n}" for n in (1, 2)]
        load = hammer(running.port, 8)
        load.wait_for(200)
        second = plant.deploy(plant.build(2))
        until(lambda: len(reports(plant, generation=second)) == 2)
        settled = len(load.answers)
        load.wait_for(200)
        load.stop()
        assert running.stop() == 0
    assert load.broken == []
    assert {answer.status for answer in load.answers} == {200}
    # Each of the 8 connections may have had one answer on its way.
    late = Counter(a.json["version"] for a in load.answers[settled:])
    assert late.keys() <= {1, 2}
    assert late[1] <= 8
    journalled = Counter(plant.journalled())
    answered = [p["id"] for a in load.answers for p in a.json["predictions"]]
    assert [name for name in answered if journalled[name] != 1] == []
    assert not any(is_living(report.pid) for report in two)


def test_a_worker_that_is_killed_is_raised_again(plant: Any, serve: Any, until: Callable[..., Any]) -> None:
    generation = plant.deploy(plant.build(1))
    with serve(plant, "--workers", "2") as running:
        two = until(lambda: found if len(found := reports(plant, generation=generation)) == 2 else None)
        os.kill(two[1].pid, signal.SIGKILL)
        again = until(
            lambda: (
                found
                if len(found := reports(plant, generation=generation)) == 2 and found[1].pid != two[1].pid
                else None
            )
        )
        assert again[0].pid == two[0].pid
        assert running.predict(plant.row).status == 200
        assert running.stop() == 0


def test_workers_end_with_a_parent_that_is_killed(plant: Any, serve: Any, until: Callable[..., Any]) -> None:
    generation = plant.deploy(plant.build(1))
    with serve(plant, "--workers", "2") as running:
        two = until(lambda: found if len(found := reports(plant, generation=generation)) == 2 else None)
        running.process.kill()
        until(lambda: not any(is_living(report.pid) for report in two))


def test_a_second_process_at_the_same_port_is_refused_as_with_one_worker(plant: Any, serve: Any) -> None:
    plant.deploy(plant.build(1))
    with serve(plant, "--workers", "2") as running:
        with serve(plant, "--workers", "2", "--port", str(running.port), ready=False) as second:
            assert second.process.wait(20) == 7
        assert running.predict(plant.row).status == 200


def test_one_scrape_tells_of_all_the_workers_and_never_less_than_before(
    plant: Any, serve: Any, hammer: Callable[[int, int], Any], until: Callable[..., Any]
) -> None:
    generation = plant.deploy(plant.build(1))
    with serve(plant, "--workers", "2") as running:
        two = until(lambda: found if len(found := reports(plant, generation=generation)) == 2 else None)

        def counted() -> float:
            page = running.ask("/metrics").content.decode()
            lines = [line for line in page.splitlines() if line.startswith("andamio_predictions_total{")]
            return sum(float(line.rpartition(" ")[2]) for line in lines)

        load = hammer(running.port, 8)
        load.wait_for(400)
        load.stop()
        until(lambda: counted() == len(load.answers))
        assert {counted() for _ in range(30)} == {len(load.answers)}
        os.kill(two[0].pid, signal.SIGKILL)
        told = [counted() for _ in range(20)]
        until(lambda: len(reports(plant, generation=generation)) == 2)
        told += [counted() for _ in range(20)]
        assert set(told) == {len(load.answers)}
        more = 25
        for _ in range(more):
            assert running.predict(plant.row).status == 200
        until(lambda: counted() == len(load.answers) + more)
        assert running.stop() == 0
