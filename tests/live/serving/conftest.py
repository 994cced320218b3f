"""A plant whose versions can be told apart by their answers, and a real scoring process."""

from __future__ import annotations

import http.client
import json
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andamio.bundles import BundleParts, GraphInfo, Signer, build_bundle, create_key
from andamio.bundles.deployment import Served, read_deployment, write_deployment
from andamio.bundles.golden import golden_rows
from andamio.bundles.graph import Graph
from andamio.bundles.workers import WorkerReport, worker_reports
from andamio.contracts import Contract, Rows, parse_contract
from andamio.features import Classifier, FeaturePlan, Logistic, append_model, export_linear, feature_graph
from andamio.journal import PredictionRecord, read_journal

MODEL = "pump-health"
CONTRACT = """
[model]
kind = "classification"
data = "pumps"
target = "state"
positive = "failure"
time = "timestamp"
asset = "pump"

[input.bearing_temp]
type = "number"
unit = "degC"
range = [0, 180]

[input.ambient_temp]
type = "number"
unit = "degC"
range = [-10, 60]
out_of_range = "clip"
missing = "impute"

[input.product]
type = "category"
values = ["H", "L", "M"]
unknown = "other"

[output.failure]
threshold = 0.5
"""
ROW = {"bearing_temp": 80.0, "ambient_temp": 20.0, "product": "L"}
PATIENCE_S = 20


@dataclass
class ServedPlant:
    """A plant's folder with a signing key beside it."""

    root: Path
    signer: Signer
    model: str = MODEL
    row: dict[str, Any] = field(default_factory=lambda: dict(ROW))

    @property
    def prefers_answers(self) -> str:
        """A contract that goes on answering on a full disk."""
        return CONTRACT + '\n[operation]\non_full_disk = "score-unlogged"\n'

    @staticmethod
    def chance(version: int) -> float:
        """Return the probability that this version gives to ``row``, and no other version does."""
        return 1 / (1 + math.exp(-(0.01 * (80.0 - 20.0) - 0.1 * version)))

    @property
    def contract(self) -> Contract:
        return parse_contract(CONTRACT, name=self.model, file=f"models/{self.model}.toml")

    @property
    def deployment(self) -> Path:
        return self.root / ".andamio" / "deployment.json"

    @property
    def bundles(self) -> Path:
        return self.root / ".andamio" / "bundles"

    @property
    def journal(self) -> Path:
        return self.root / ".andamio" / "journal"

    def build(
        self, version: int, *, model: str = MODEL, golden_shift: float = 0.0, contract_text: str = CONTRACT
    ) -> Served:
        """Build the bundle of a version: a linear model whose constant tells the version."""
        contract = parse_contract(contract_text, name=model, file=f"models/{model}.toml")
        features = feature_graph(FeaturePlan(contract, imputed={"ambient_temp": 20.0}))
        weights = [{"bearing_temp": 0.01, "ambient_temp": -0.01}.get(name, 0.0) for name in features.names]
        linear = export_linear([weights], [-0.1 * version])
        graph = append_model(features, Classifier(Logistic(linear), threshold=0.5))
        info = GraphInfo(
            kind="classification",
            numbers=("bearing_temp", "ambient_temp"),
            categories=("product",),
            features=features.names,
            classes=("fine", "failure"),
            positive=1,
            threshold=0.5,
        )
        rows = Rows(
            np.array([[80, 20], [120, np.nan]], np.float32),
            np.array([["L"], ["Z"]], object),
            [None] * 2,
            [None] * 2,
            [()] * 2,
        )
        golden = golden_rows(rows, Graph(graph, info).run(rows))
        golden[0]["probabilities"][1] += golden_shift
        parts = BundleParts(
            model=model, contract_text=contract_text, graph=graph, info=info, reference={}, golden=golden,
            evaluation={}, parity={}, lineage={"version": version},
        )  # fmt: skip
        return Served(version, build_bundle(parts, self.bundles, self.signer, {}).digest)

    def deploy(self, served: Served, model: str = MODEL) -> int:
        """Make a version the champion and return the generation."""
        return write_deployment(
            self.deployment, read_deployment(self.deployment).deploying(model, served)
        ).generation

    def roll_back(self, model: str = MODEL) -> int:
        """Bring the last champion back and return the generation."""
        return write_deployment(
            self.deployment, read_deployment(self.deployment).rolling_back(model)
        ).generation

    def write_unchecked(self, generation: int, served: Served, model: str = MODEL) -> None:
        """Write a deployment file as it would never be written."""
        content = {
            "generation": generation,
            "models": {model: {"champion": {"version": served.version, "digest": served.digest}}},
            "format": 1,
        }
        unseen = self.deployment.with_suffix(".tmp")
        unseen.write_text(json.dumps(content))
        unseen.replace(self.deployment)

    def report(self) -> WorkerReport | None:
        """Return what the scoring process says of itself."""
        reports = worker_reports(self.root / ".andamio" / "workers")
        return reports[0] if reports else None

    def wait_for(self, generation: int) -> WorkerReport:
        """Wait until the process has followed a generation."""
        return until(lambda: self._followed(generation))

    def _followed(self, generation: int) -> WorkerReport | None:
        report = self.report()
        return report if report is not None and report.generation >= generation else None

    def journalled(self) -> list[str]:
        """Return the ids of every prediction in the journal, with repetitions."""
        return [
            name
            for record in read_journal(self.journal)
            if isinstance(record, PredictionRecord)
            for name in record.ids
        ]


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until


@pytest.fixture
def withdraw() -> Callable[[ServedPlant, str], int]:
    """Take a model out of the deployment file; returns the generation."""
    return lambda plant, model: (
        write_deployment(plant.deployment, read_deployment(plant.deployment).withdrawing(model)).generation
    )


@pytest.fixture
def plant_on(tmp_path: Path) -> Callable[[Path], ServedPlant]:
    """Make a plant in a folder, its key elsewhere."""
    return lambda folder: make_plant(folder / "plant", tmp_path / "keys" / "plant.pem")


def until(found: Callable[[], Any]) -> Any:
    """Ask until the answer is true."""
    pause = threading.Event()
    for _ in range(PATIENCE_S * 100):
        answer = found()
        if answer:
            return answer
        pause.wait(0.01)
    raise AssertionError("waited in vain")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Running:
    """A scoring process at work."""

    process: subprocess.Popen[str]
    port: int
    first_lines: list[str] = field(default_factory=list)

    def ask(self, path: str, body: Any = None, *, method: str = "", **headers: str) -> Answer:
        """Send one request on a connection of its own."""
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            return ask(wire, path, body, method=method, **headers)
        finally:
            wire.close()

    def predict(self, *rows: dict[str, Any], model: str = MODEL) -> Answer:
        """Predict one row or many."""
        body = {"row": rows[0]} if len(rows) == 1 else {"rows": list(rows)}
        return self.ask(f"/v1/models/{model}/predict", body)

    def stop(self) -> int:
        """Ask the process to end and return its status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


def ask(
    wire: http.client.HTTPConnection, path: str, body: Any = None, *, method: str = "", **headers: str
) -> Answer:
    """Send one request on a connection that stays open."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} if body is not None else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    wire.request(method or ("GET" if body is None else "POST"), path, content, sent)
    reply = wire.getresponse()
    return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())


@dataclass
class Hammer:
    """Keeps sending the same row on several connections until told to stop; remembers every answer."""

    port: int
    answers: list[Answer] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, connections: int) -> None:
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(connections)]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            while not self._stopping.is_set():
                self.answers.append(ask(wire, f"/v1/models/{MODEL}/predict", {"row": ROW}))
        except (OSError, http.client.HTTPException) as error:
            self.broken.append(repr(error))
        finally:
            wire.close()

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def wait_for(self, more: int) -> None:
        """Wait until some more answers have come."""
        wanted = len(self.answers) + more
        until(lambda: len(self.answers) >= wanted or self.broken)


@pytest.fixture
def plant(tmp_path: Path) -> ServedPlant:
    """A plant with no deployment yet."""
    return make_plant(tmp_path / "plant", tmp_path / "keys" / "plant.pem")


def make_plant(root: Path, key: Path) -> ServedPlant:
    """Make a plant's folder."""
    (root / ".andamio").mkdir(parents=True)
    signer = create_key(key)
    (root / "andamio.toml").write_text(f'[plant]\nname = "test"\n\n[keys]\ntrusted = ["{signer.public}"]\n')
    return ServedPlant(root, signer)


@contextmanager
def serving(
    plant: ServedPlant, *arguments: str, python: str = sys.executable, ready: bool = True
) -> Iterator[Running]:
    """Run ``andamio serve`` on a free port until the block ends."""
    environment = os.environ | {
        "ANDAMIO_PLANT": str(plant.root),
        "ANDAMIO_LANG": "en",
        "OMP_NUM_THREADS": "1",
    }
    with (plant.root / "serve.log").open("a") as log:
        process = subprocess.Popen(
        [python, "-c", "from andamio.cli import main; main()", "serve", "--port", "0", "--json", *arguments],
        env=environment, cwd=plant.root, stdout=subprocess.PIPE, stderr=log, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        port = 0
        if ready:
            announced = json.JSONDecoder().raw_decode(_one_value(process))[0]
            port = int(announced["address"].rpartition(":")[2])
        yield Running(process, port)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE_S)
        process.stdout.close()


def _one_value(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines = ""
    for line in process.stdout:
        lines += line
        if line.startswith("}"):
            return lines
    raise AssertionError(f"the process ended with status {process.wait()}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedPlant, Running]]:
    """One process that a file's tests share, for what changes nothing but the journal."""
    folder = tmp_path_factory.mktemp("served")
    plant = make_plant(folder / "plant", folder / "keys" / "plant.pem")
    plant.deploy(plant.build(3))
    with serving(plant) as running:
        yield plant, running


@pytest.fixture
def serve() -> Callable[..., Any]:
    return serving


@pytest.fixture
def hammer() -> Iterator[Callable[[int, int], Hammer]]:
    """Start hammering; whatever is still at work is stopped at the end of the test."""
    at_work: list[Hammer] = []

    def start(port: int, connections: int) -> Hammer:
        made = Hammer(port)
        at_work.append(made)
        made.start(connections)
        return made

    yield start
    for made in at_work:
        made.stop()


@pytest.fixture(scope="session")
def new_plant() -> Callable[[Path], ServedPlant]:
    """Make a plant that a whole file may share."""
    return lambda folder: make_plant(folder / "plant", folder / "keys" / "plant.pem")


@pytest.fixture(scope="session")
def serve_one() -> Callable[..., Any]:
    """Serve a plant that a whole file may share."""
    return serving
