"""A real control process: findings, alarms, report, metrics, tokens; and a real Prometheus that reads it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from andamio.access import TokenStore
from andamio.cli.application import run

from ..crash.small_plant import shared_plant

pytestmark = pytest.mark.live
MODEL = "pump-health"


@dataclass
class Control:
    """A running process, and how to ask it."""

    process: subprocess.Popen[str]
    port: int

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if content is not None:
            told = {"Content-Type": "application/json"} | told
        connection.request(method, path, content, told)
        answer = connection.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def get(self, path: str, **headers: str) -> Any:
        status, _, body = self.ask("GET", path, **headers)
        assert status == 200, body
        return json.loads(body)

    def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(600):
            if holds():
                return
            with pytest.raises(subprocess.TimeoutExpired):
                self.process.wait(0.1)  # that it goes on is part of what is tested
        raise AssertionError("it never came to hold")


@pytest.fixture
def plant(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "plant"
    shutil.copytree(shared_plant(tmp_path_factory.mktemp), copy)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    with (copy / "andamio.toml").open("a") as settings:
        settings.write("\n[monitor]\nlate_minutes = 0\n")
    lines = ["Temperature [degC],Load", "80,0.1", "130,0.1"]
    (tmp_path / "live.csv").write_text("\n".join(lines) + "\n")
    assert run(["score", "--in", str(tmp_path / "live.csv"), "--out", str(tmp_path / "out.csv")]) == 0
    return copy


@contextmanager
def running(plant: Path, tokens: Path | None = None) -> Iterator[Control]:
    script = Path(__file__).with_name("control_process.py")
    command = [sys.executable, str(script), str(plant), *([] if tokens is None else [str(tokens)])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, "it did not start"
        control = Control(process, int(address.rpartition(":")[2]))
        try:
            control.until(lambda: control.ask("GET", "/readyz")[0] == 200)
            yield control
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def test_findings_alarms_and_what_people_do_with_them(plant: Path) -> None:
    with running(plant) as control:
        assert control.get("/livez") == {"status": "alive"}
        assert control.get("/api/v1/models")["models"][0]["alarms"] == 1
        found = control.get(f"/api/v1/models/{MODEL}/findings")["versions"][0]
        assert [(f["kind"], f["cause"], f["what"]) for f in found["findings"][:-1]] == [
            ("hot", "sensor", "sensor")
        ]
        assert [(f["kind"], f["level"]) for f in found["findings"][-1:]] == [("still-learning", "notice")]
        assert found["assets"][0]["rows"] == 7
        told = control.get(f"/api/v1/models/{MODEL}/machines")
        assert (told["model"], told["machines"], told["lives"]) == (MODEL, [], [])
        assert control.get("/api/v1/alarms")["alarms"][0]["state"] == "new"
        status, _, body = control.ask(
            "POST", "/api/v1/alarms/1/acknowledge", {"actor": "ana", "reason": "seen"}
        )
        assert (status, json.loads(body)["alarm"]["by"]) == (200, "ana")
        assert control.ask("POST", "/api/v1/alarms/1/shelve", {"hours": 2})[0] == 422
        assert control.ask("POST", "/api/v1/alarms/1/shelve", {"reason": "fitter", "hours": 2})[0] == 200
        assert control.get("/api/v1/alarms")["alarms"] == []
        assert control.get("/api/v1/alarms?all=1")["alarms"][0]["hours"] == 2
        assert control.ask("POST", "/api/v1/alarms/1/unshelve", {})[0] == 200
        status, headers, body = control.ask("GET", f"/api/v1/models/{MODEL}/report?from=2026-11-01")
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert body == f"<html>{MODEL} 2026-11-01</html>".encode()


def test_findings_are_told_also_while_the_alarms_cannot_be_kept(plant: Path) -> None:
    (plant / "desk-is-broken").touch()
    with running(plant) as control:
        found = control.get(f"/api/v1/models/{MODEL}/findings")["versions"][0]
        assert found["findings"][0]["kind"] == "hot"
        assert control.get("/api/v1/alarms")["alarms"] == []
        (plant / "desk-is-broken").unlink()
        control.until(lambda: len(control.get("/api/v1/alarms")["alarms"]) == 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/models/nobody/findings", None, 404, "not-found"),
        ("GET", "/api/v1/nothing", None, 404, "no-such-address"),
        ("GET", "/", None, 404, "no-such-address"),
        ("POST", "/api/v1/alarms", {}, 405, "method-refused"),
        ("GET", "/api/v1/alarms/1/shelve", None, 405, "method-refused"),
        ("POST", "/api/v1/alarms/99/acknowledge", {}, 404, "not-found"),
        ("POST", "/api/v1/alarms/1/acknowledge", b"{", 400, "body-refused"),
        ("POST", "/api/v1/alarms/1/acknowledge", {"who": 1}, 400, "body-refused"),
        ("POST", "/api/v1/alarms/1/shelve", {"reason": "x", "hours": -1}, 400, "body-refused"),
        ("POST", "/api/v1/alarms/1/acknowledge", b"x" * 20_000, 413, "body-too-large"),
    ],
)
def test_what_cannot_be_answered_is_refused_kindly(
    control: Control, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answered, headers, content = control.ask(method, path, body, Accept_Language="es")
    error = json.loads(content)["error"]
    assert (answered, error["code"], headers["content-language"]) == (status, code, "es")
    assert error["try"]


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    folder = tmp_path_factory.mktemp("control") / "plant"
    shutil.copytree(shared_plant(tmp_path_factory.mktemp), folder)
    with running(folder) as found:
        yield found


def test_other_bodies_and_hosts_are_refused(control: Control) -> None:
    act = "/api/v1/alarms/1/acknowledge"
    assert control.ask("POST", act, b"{}", Content_Type="text/plain")[0] == 415
    assert control.ask("GET", "/api/v1/alarms", Host="evil.example")[0] == 421


def test_tokens_open_what_they_allow(plant: Path, tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    secrets = {
        name: store.create(name, actions=actions, models=("*",))[1]
        for name, actions in (("luis", ("feedback", "read")), ("scraper", ("metrics",)), ("m", ("predict",)))
    }
    bearer = {name: {"Authorization": f"Bearer {secret}"} for name, secret in secrets.items()}
    act = "/api/v1/alarms/1/acknowledge"
    with running(plant, tmp_path / "tokens.json") as control:
        assert control.ask("GET", "/livez")[0] == 200
        assert control.ask("GET", "/api/v1/models")[0] == 401
        assert control.ask("GET", "/nothing")[0] == 401
        assert control.ask("GET", "/api/v1/models", **bearer["m"])[0] == 403
        assert control.ask("GET", "/metrics", **bearer["scraper"])[0] == 200
        assert control.ask("POST", act, {}, **bearer["scraper"])[0] == 403
        status, _, body = control.ask("POST", act, {"actor": "somebody else"}, **bearer["luis"])
        assert (status, json.loads(body)["alarm"]["by"]) == (200, "luis")


def test_rows_that_come_are_seen_and_a_kill_loses_nothing(plant: Path, tmp_path: Path) -> None:
    with running(plant) as control:
        assert run(["score", "--in", str(tmp_path / "live.csv"), "--out", str(tmp_path / "out.csv")]) == 0
        control.until(lambda: control.get("/api/v1/models")["models"][0]["rows"] == 9)
        control.process.kill()
        control.process.wait()
        control.process.send_signal = lambda _signal: None  # type: ignore[method-assign]
        control.process.wait = lambda _timeout=None: 0  # type: ignore[method-assign]
    with running(plant) as again:
        assert again.get("/api/v1/models")["models"][0]["rows"] == 9


def test_prometheus_can_read_the_metrics(plant: Path) -> None:
    with running(plant) as control:
        status, _, body = control.ask("GET", "/metrics")
        assert status == 200
        samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
        }
        one = (("model", MODEL), ("version", "1"))
        hot = (("cause", "sensor"), ("kind", "hot"), ("level", "alarm"), *one)
        assert samples["andamio_monitor_findings", hot] == 1
        assert samples["andamio_monitor_rows_total", one] == 7
        assert samples["andamio_monitor_waiting_rows", one] == 0
        assert samples["andamio_monitor_lag_seconds", one] >= 0
        assert samples["andamio_monitor_alarms", (("state", "new"),)] == 1
        assert samples["andamio_monitor_notifications", (("state", "failed"),)] == 1


def test_a_real_prometheus_scrapes_it(plant: Path, tmp_path: Path) -> None:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("Prometheus is not installed: apt-get install prometheus")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running(plant) as control:
        (tmp_path / "prometheus.yml").write_text(
            "global: {scrape_interval: 500ms}\nscrape_configs:\n"
            f"  - job_name: control\n    static_configs: [{{targets: ['127.0.0.1:{control.port}']}}]\n"
        )
        server = subprocess.Popen(
            [program, f"--config.file={tmp_path / 'prometheus.yml'}", f"--storage.tsdb.path={tmp_path}/db",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

        def scraped() -> bool:
            query = (
                f"http://127.0.0.1:{port}/api/v1/query?query=andamio_monitor_findings%7Blevel=%22alarm%22%7D"
            )
            try:
                with urllib.request.urlopen(query, timeout=5) as answer:
                    found = json.load(answer)["data"]["result"]
            except OSError:
                return False
            return [one["metric"]["kind"] for one in found] == ["hot"]

        try:
            control.until(scraped)
        finally:
            server.terminate()
            server.wait()
