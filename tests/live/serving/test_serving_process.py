"""How a scoring process starts, waits, refuses and ends."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.live
PREDICT = "/v1/models/pump-health/predict"


def test_before_the_first_deployment_the_process_lives_says_so_and_then_takes_it_over(
    plant: Any, serve: Any
) -> None:
    with serve(plant) as running:
        assert running.ask("/livez").status == 200
        for answer in (running.ask("/readyz"), running.predict(plant.row)):
            assert (answer.status, answer.json["error"]["code"]) == (503, "nothing-deployed")
            assert "retry-after" in answer.headers
        plant.wait_for(plant.deploy(plant.build(1)))
        assert running.ask("/readyz").json["models"] == {"pump-health": 1}
        assert running.predict(plant.row).json["version"] == 1


def test_a_taken_port_ends_the_process_with_a_kind_error(plant: Any, serve: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serve(plant, "--port", str(port), ready=False) as running:
            said = json.load(running.process.stdout)
            assert running.process.wait(30) == 7
    assert said["error"]["code"] == "port-taken"
    assert str(port) in said["error"]["what"]


def test_another_address_than_this_box_is_refused(plant: Any, serve: Any) -> None:
    with serve(plant, "--host", "0.0.0.0", ready=False) as running:
        said = json.load(running.process.stdout)
        assert running.process.wait(30) == 2
    assert said["error"]["code"] == "address-refused"


def test_the_report_says_who_answers_where_and_is_gone_afterwards(plant: Any, serve: Any) -> None:
    generation = plant.deploy(plant.build(1))
    with serve(plant) as running:
        report = plant.report()
        assert (report.pid, report.generation, report.errors) == (running.process.pid, generation, {})
        assert report.address == f"http://127.0.0.1:{running.port}"
        assert running.stop() == 0
    assert plant.report() is None


def test_a_killed_process_leaves_no_report_behind(plant: Any, serve: Any) -> None:
    with serve(plant) as running:
        assert plant.report() is not None
        running.process.kill()
        running.process.wait(30)
    assert plant.report() is None


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_asked_to_end_it_answers_what_is_on_its_way_first(
    plant: Any, serve: Any, hammer: Callable[[int, int], Any], ending: signal.Signals
) -> None:
    plant.deploy(plant.build(1))
    with serve(plant) as running:
        body = json.dumps({"row": plant.row}).encode()
        slow = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
        slow.putrequest("POST", PREDICT)
        slow.putheader("Content-Type", "application/json")
        slow.putheader("Content-Length", str(len(body)))
        slow.endheaders(body[:5])
        load = hammer(running.port, 4)
        load.wait_for(100)
        running.process.send_signal(ending)
        load.join()
        slow.send(body[5:])
        reply = slow.getresponse()
        assert (reply.status, json.load(reply)["version"]) == (200, 1)
        slow.close()
        assert running.process.wait(30) == 0
    answered = [p["id"] for answer in load.answers for p in answer.json["predictions"]]
    assert {answer.status for answer in load.answers} == {200}
    journalled = plant.journalled()
    assert set(answered) <= set(journalled)
    assert len(journalled) == len(set(journalled))


def test_a_second_process_of_the_same_plant_has_its_own_place_and_journal(plant: Any, serve: Any) -> None:
    plant.deploy(plant.build(1))
    with serve(plant) as first, serve(plant) as second:
        ids = [running.predict(plant.row).json["predictions"][0]["id"] for running in (first, second)]
        assert sorted(plant.journalled()) == sorted(ids)


def test_a_slow_client_does_not_hold_up_the_others(plant: Any, serve: Any) -> None:
    plant.deploy(plant.build(1))
    with serve(plant) as running:
        wires = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(50)]
        for wire in wires:
            wire.sendall(
                b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                % PREDICT.encode()
            )
        assert running.predict(plant.row).status == 200
        for wire in wires:
            wire.close()


def test_a_huge_request_does_not_hold_up_the_small_ones(plant: Any, serve: Any) -> None:
    plant.deploy(plant.build(1))
    with serve(plant) as running:
        huge: list[Any] = []
        rows = [plant.row] * 10_000
        thread = threading.Thread(target=lambda: huge.append(running.predict(*rows)))
        thread.start()
        while thread.is_alive():
            assert running.predict(plant.row).status == 200
        thread.join()
        assert (huge[0].status, len(huge[0].json["predictions"])) == (200, 10_000)
        assert running.predict(*rows, plant.row).status == 413


def test_the_process_says_in_a_sentence_what_answers(plant: Any, serve: Any) -> None:
    plant.deploy(plant.build(1))
    said = subprocess.Popen(
        [sys.executable, "-c", "from andamio.cli import main; main()", "serve", "--port", "0"],
        env={"ANDAMIO_PLANT": str(plant.root), "ANDAMIO_LANG": "es", "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert said.stdout is not None
    first = said.stdout.readline()
    said.terminate()
    assert said.wait(30) == 0
    said.stdout.close()
    assert first.startswith("pump-health@1 responde en http://127.0.0.1:")
