"""Speak ASGI without a socket, and build small models of every shape of answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from andamio.bundles import Bundle, BundleParts, GraphInfo, Signer, build_bundle, create_key
from andamio.bundles.deployment import Deployment, Served, write_deployment
from andamio.bundles.golden import golden_rows
from andamio.bundles.graph import Graph
from andamio.contracts import Rows, parse_contract
from andamio.features import (
    Classifier,
    FeaturePlan,
    Logistic,
    Regressor,
    Softmax,
    append_model,
    export_linear,
    feature_graph,
)
from andamio.kernel.ids import IdMaker
from andamio.serving.application import Application
from andamio.serving.scorer import Scorer

HOST = (b"host", b"127.0.0.1:8081")
JSON = (b"content-type", b"application/json")


@dataclass
class Reply:
    status: int
    headers: dict[bytes, bytes]
    content: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.content)


@pytest.fixture
def call() -> Callable[..., Reply | None]:
    return _call


@pytest.fixture
def acall() -> Callable[..., Awaitable[Reply | None]]:
    return _acall


def _call(
    application: Application,
    method: str,
    path: str,
    chunks: Sequence[bytes] = (b"",),
    headers: Sequence[tuple[bytes, bytes]] = (HOST, JSON),
    *,
    hang_up: bool = False,
    unfinished: bool = False,
) -> Reply | None:
    """Send one request in the given chunks; None when nothing was answered."""
    return asyncio.run(
        _acall(application, method, path, chunks, headers, hang_up=hang_up, unfinished=unfinished)
    )


async def _acall(
    application: Application,
    method: str,
    path: str,
    chunks: Sequence[bytes] = (b"",),
    headers: Sequence[tuple[bytes, bytes]] = (HOST, JSON),
    *,
    hang_up: bool = False,
    unfinished: bool = False,
) -> Reply | None:
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": hang_up or unfinished or i < len(chunks) - 1}
        for i, chunk in enumerate(chunks)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop(0)
        if hang_up:
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    await application(scope, receive, send)
    if not sent:
        return None
    return Reply(sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:]))


NUMBERS_AND_WORDS = """
[model]
kind = "{kind}"
data = "pumps"
target = "State of pump"
{positive}
time = "timestamp"
asset = "pump"

[input.bearing_temp]
column = "Bearing temperature [degC]"
type = "number"
unit = "degC"
range = [0, 180]

[input.ambient_temp]
type = "number"
range = [-10, 60]
out_of_range = "clip"
missing = "impute"

[input.product]
type = "category"
values = ["H", "L", "M"]
unknown = "other"

[output.answer]
"""


@dataclass(frozen=True)
class Models:
    """Builds bundles of the three shapes of answer: two classes, more classes, a number."""

    folder: Path
    signer: Signer

    def bundle(
        self,
        shape: str,
        *,
        version: int = 1,
        more: str = "",
        bias: float = 0.0,
        golden: int = 0,
        head: str = "",
    ) -> Bundle:
        """Build a bundle; ``more`` ends its contract, ``bias`` tells it from others of two classes."""
        kind = "regression" if shape == "number" else "classification"
        positive = 'positive = "failure"' if shape == "two" else head
        text = NUMBERS_AND_WORDS.format(kind=kind, positive=positive) + more
        contract = parse_contract(text, name="pump", file="models/pump.toml")
        features = feature_graph(FeaturePlan(contract, imputed={"ambient_temp": 20.0}))
        weights = [{"bearing_temp": 0.01, "ambient_temp": -0.01}.get(name, 0.0) for name in features.names]
        if shape == "number":
            value = export_linear([weights], [1.0])
            answer: Classifier | Regressor = Regressor(
                value, export_linear([weights], [0.5]), export_linear([weights], [1.5])
            )
        elif shape == "two":
            answer = Classifier(Logistic(export_linear([weights], [bias])), threshold=0.5)
        else:
            three = [weights, [0.0] * len(weights), [-w for w in weights]]
            answer = Classifier(Softmax(export_linear(three, [0.0, 0.0, 0.0])))
        classes = {"two": ("fine", "failure"), "more": ("hot", "mild", "cold")}.get(shape, ())
        info = GraphInfo(
            kind=kind,
            numbers=("bearing_temp", "ambient_temp"),
            categories=("product",),
            signals=tuple(signal.name for signal in contract.signals),
            samples=tuple(signal.length for signal in contract.signals),
            features=features.names,
            classes=classes,
            positive=1 if shape == "two" else None,
            threshold=0.5 if shape == "two" else None,
            coverage=0.9 if shape == "number" else None,
        )
        graph = append_model(features, answer)
        rows = Rows(
            np.array([[80, 20]] * golden, np.float32).reshape(golden, 2),
            np.array([["L"]] * golden, object).reshape(golden, 1),
            [None] * golden, [None] * golden, [()] * golden,
        )  # fmt: skip
        asked = golden_rows(rows, Graph(graph, info).run(rows)) if golden else []
        parts = BundleParts(
            model="pump", contract_text=text, graph=graph, info=info, reference={},
            golden=asked, evaluation={}, parity={}, lineage={"version": version},
        )  # fmt: skip
        return build_bundle(parts, self.folder / "bundles", self.signer, {})

    def scorer(self, shape: str, *, version: int = 3, **more: Any) -> Scorer:
        bundle = self.bundle(shape, version=version, **more)
        return Scorer(bundle, model="pump", version=version, ids=IdMaker())


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("models")
    return Models(folder, create_key(folder.parent / f"{folder.name}-keys" / "plant.pem"))


ROWS = """bearing_temp,ambient_temp,product,pump,timestamp
120,20,L,P1,2026-01-01 08:00
0,60,H,P2,2026-01-01 08:00
"""


@pytest.fixture
def plant(tmp_path: Path, models: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plant with one deployed model, and the person in its folder."""
    root = tmp_path / "plant"
    (root / ".andamio").mkdir(parents=True)
    (root / "andamio.toml").write_text(
        f'[plant]\nname = "x"\n\n[keys]\ntrusted = ["{models.signer.public}"]\n'
    )
    bundle = models.bundle("two")
    (root / ".andamio" / "bundles").symlink_to(bundle.path.parent)
    write_deployment(
        root / ".andamio" / "deployment.json", Deployment().deploying("pump", Served(3, bundle.digest))
    )
    monkeypatch.chdir(root)
    monkeypatch.setenv("ANDAMIO_PLANT", str(root))
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    (root / "rows.csv").write_text(ROWS)
    return root
