"""A plant without a scoring process: a registry, a switchboard, and small signed bundles that open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from andamio.bundles import Bundle, BundleParts, GraphInfo, Signer, build_bundle, create_key
from andamio.bundles.deployment import read_deployment
from andamio.bundles.workers import WorkerPost
from andamio.errors import VersionNotFound
from andamio.lifecycle import Switchboard
from andamio.registry import NewVersion, Registry, Version
from andamio.storage.database import open_database

CONTRACT = """\
[model]
kind = "classification"
data = "pumps"
target = "failed"

[input.temp]
type = "number"
unit = "degC"
range = [0, 180]

[output.failure]
threshold = 0.5
"""
INFO = GraphInfo(
    kind="classification",
    numbers=("temp",),
    categories=(),
    features=("temp",),
    classes=("no", "yes"),
    positive=1,
    threshold=0.5,
)


def small_graph(weight: float) -> bytes:
    """One number in, the probability of two classes out."""
    nodes = [
        helper.make_node("Identity", ["numbers"], ["features"]),
        helper.make_node("Mul", ["features", "weight"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["yes"]),
        helper.make_node("Sub", ["one", "yes"], ["no"]),
        helper.make_node("Concat", ["no", "yes"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["decision"], axis=1, keepdims=0),
    ]
    constants = [
        helper.make_tensor("weight", TensorProto.FLOAT, [1], [weight]),
        helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [None, 1])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
            helper.make_tensor_value_info("decision", TensorProto.INT64, [None]),
        ],
        constants,
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()


@dataclass
class SmallPlant:
    """What ``app.py`` wires, by hand."""

    registry: Registry
    board: Switchboard
    signer: Signer

    def train(self, model: str = "pump-health", *, deployable: bool = True) -> Version:
        """Build the next bundle of a model and register it."""
        try:
            seed = len(self.registry.versions(model)) + 1
        except VersionNotFound:
            seed = 1
        bundle = self.build(model, seed, deployable=deployable)
        return self.registry.register(NewVersion.of(bundle), actor="ana")

    def build(self, model: str, seed: int, *, deployable: bool = True) -> Bundle:
        """Build a bundle into the store."""
        gates = [
            {"gate": "parity", "where": "parity", "value": 0.0, "passed": True},
            {"gate": "recall >= 0.9", "where": "all", "value": 0.7 + 0.3 * deployable, "passed": deployable},
        ]
        parts = BundleParts(
            model=model,
            contract_text=CONTRACT,
            graph=small_graph(seed / 10),
            info=INFO,
            reference={"temp/edges": np.linspace(0, 180, 11)},
            golden=[],
            evaluation={"deployable": deployable, "gates": gates},
            parity={"passed": True},
            lineage={"seed": seed, "dataset": {"name": "pumps", "version": 1, "digest": "d" * 64}},
        )
        return build_bundle(parts, self.board.bundles, self.signer, {"host": "plant"})

    def answers(self, model: str = "pump-health") -> int | None:
        """The version that the deployment file names."""
        champion = self.board.champion(model)
        return champion.version if champion else None

    def told(self, model: str = "pump-health") -> int | None:
        """The version that the registry names."""
        return self.registry.aliases.number(model)

    def actions(self) -> list[str]:
        """What the audit log tells, oldest first, without what ``train`` wrote."""
        return [e.action for e in self.registry.audit.entries() if e.action != "version-registered"]


class Worker:
    """A scoring process in a thread: it follows the deployment file and says so, or refuses."""

    def __init__(self, board: Switchboard, name: str, *, refuses: frozenset[str] = frozenset()) -> None:
        self._board = board
        self._refuses = refuses
        self._post = WorkerPost(board.workers, name)
        self._post.report(read_deployment(board.deployment).generation)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        served = -1
        while not self._stop.wait(0.002):
            deployment = read_deployment(self._board.deployment)
            if deployment.generation != served:
                served = deployment.generation
                refused = {
                    model: "its golden rows are answered differently here"
                    for model, route in deployment.models.items()
                    if self._refuses.intersection(one.digest for one in route.versions())
                }
                self._post.report(served, refused)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._post.close()


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[SmallPlant]:
    hidden = tmp_path / ".andamio"
    hidden.mkdir()
    signer = create_key(tmp_path / "keys" / "site.pem")
    database = open_database(f"sqlite:///{hidden / 'andamio.db'}")
    board = Switchboard(
        deployment=hidden / "deployment.json",
        workers=hidden / "workers",
        bundles=hidden / "bundles",
        trusted=[signer.public],
    )
    yield SmallPlant(Registry(database), board, signer)
    database.close()


@pytest.fixture
def start_worker(plant: SmallPlant) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(name: str = "scorer-1", *, refuses: frozenset[str] = frozenset()) -> Worker:
        workers.append(Worker(plant.board, name, refuses=refuses))
        return workers[-1]

    yield start
    for worker in workers:
        worker.stop()
