"""A real Prometheus scrapes a real scoring process, and answers what the dashboard asks it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from andamio.access import TokenStore

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[3]
VARIABLES = {"$model": ".*", "$__rate_interval": "1m", "$__range": "1m"}


@contextmanager
def prometheus(folder: Path, target: int, credentials: Path) -> Iterator[str]:
    """Run Prometheus with the settings of deploy/, on a port of its own; yields its address."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("Prometheus is not installed: apt-get install prometheus")
    folder.mkdir()
    settings = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
    settings = (
        settings.replace("127.0.0.1:8081", f"127.0.0.1:{target}")
        .replace("scrape_interval: 15s", "scrape_interval: 500ms")
        .replace("    # authorization:", "    authorization:")
        .replace(
            "    #   credentials_file: /etc/prometheus/andamio.token",
            f"      credentials_file: {credentials}",
        )
    )
    (folder / "prometheus.yml").write_text(settings)
    shutil.copy(ROOT / "deploy" / "prometheus" / "alerts.yml", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=log, stderr=log, env=os.environ | {"GOMAXPROCS": "1"},
        )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def asked(address: str, path: str, **parameters: str) -> Any:
    """Ask Prometheus; None while it is not there yet."""
    try:
        with urllib.request.urlopen(
            f"{address}{path}?{urllib.parse.urlencode(parameters)}", timeout=20
        ) as reply:
            return json.load(reply)["data"]
    except urllib.error.HTTPError as error:
        return None if error.code == 503 else {"error": error.read().decode()}
    except OSError:
        return None


def queries() -> list[str]:
    """Return every query of the dashboard, its variables filled in."""
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "andamio.json").read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    for name, value in VARIABLES.items():
        found = [query.replace(name, value) for query in found]
    return found


def test_prometheus_scrapes_the_process_with_a_token_and_the_dashboard_has_its_figures(
    plant: Any, serve: Any, until: Callable[..., Any], tmp_path: Path
) -> None:
    plant.deploy(plant.build(3))
    store = TokenStore(plant.root / ".andamio" / "tokens.json")
    line = {"Authorization": f"Bearer {store.create('line', actions=('predict',), models=('*',))[1]}"}
    credentials = tmp_path / "secret"
    credentials.write_text(store.create("prometheus", actions=("metrics",), models=("*",))[1])
    body = {"row": plant.row}
    path = f"/v1/models/{plant.model}/predict"
    with serve(plant) as running, prometheus(tmp_path / "prometheus", running.port, credentials) as address:
        made = 0

        def value(query: str) -> float | None:
            found = asked(address, "/api/v1/query", query=query)
            assert found is None or "error" not in found, found
            return float(found["result"][0]["value"][1]) if found and found["result"] else None

        until(lambda: value('up{job="andamio"}') == 1)

        def counted() -> bool:
            nonlocal made
            assert running.ask(path, body, **line).status == 200
            assert running.ask(path, {"row": {}}, **line).status == 422
            made += 1
            return (
                value(f'rate(andamio_predictions_total{{model="{plant.model}",version="3"}}[1m])') or 0
            ) > 0

        until(counted)
        until(lambda: value("sum(andamio_predictions_total)") == made)
        assert value('sum(andamio_rejected_rows_total{reason="contract-missing"})') is not None
        assert value('sum(andamio_predicted_labels_total{label="failure"})') == made
        assert value("sum(andamio_prediction_count)") == made
        assert value("andamio_deployment_generation") == 1
        broken = {query: asked(address, "/api/v1/query", query=query) for query in queries()}
        assert len(broken) > 15
        assert {query for query, found in broken.items() if "error" in found} == set()
        empty = {query for query, found in broken.items() if not found["result"]}
        # No truth came back, nothing was refused at the door, and this bundle's record holds no date.
        never = ("andamio_truths_total", "andamio_refused_requests_total", "andamio_bundle_age_seconds")
        assert {query for query in empty if not any(name in query for name in never)} == set()
        rules = asked(address, "/api/v1/rules")["groups"]
        assert {rule["health"] for group in rules for rule in group["rules"]} <= {"ok", "unknown"}
        assert not re.search(r"andamio_[A-Za-z0-9_-]{43}", (tmp_path / "prometheus" / "log").read_text())
