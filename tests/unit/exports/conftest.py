"""Signed bundles of every shape that the contract knows, with models that are made and not trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from andamio.bundles import Bundle, BundleParts, Graph, GraphInfo, build_bundle, create_key
from andamio.bundles.golden import golden_rows
from andamio.contracts import Rows, parse_contract
from andamio.features import (
    Classifier,
    Combined,
    Curves,
    Detector,
    FeaturePlan,
    Isotonic,
    Kernel,
    Limited,
    Linear,
    Logistic,
    Platt,
    Regressor,
    Score,
    Softmax,
    append_model,
    export_dummy,
    export_forest,
    feature_graph,
)

NUMBERS = "".join(
    f'\n[input.{tag}]\ntype = "number"\nrange = [-50, 50]\nout_of_range = "clip"\nmissing = "impute"\n'
    for tag in ("load", "speed", "heat")
)
PRODUCT = (
    '\n[input.product]\ntype = "category"\nvalues = ["A", "ñ\\"B"]\nunknown = "other"\nmissing = "impute"\n'
)
WAVE = '\n[input.vibration]\ntype = "waveform"\nunit = "g"\nrate_hz = 1000\nlength = 64\n'
FEATURES = """
[features]
power = "load * speed / 3"
root = "sqrt(abs(heat)) + log(abs(load) + 1) - exp(-abs(speed))"
hot = "where(heat > 10, max(20 - load, 0), min(load, speed, heat))"
odd = "abs(heat) ** 1.5"
is_a = "where(product == \\"A\\", load, speed)"
"""
Make = Callable[..., Bundle]


def _linear(width: int, seed: int = 0) -> Linear:
    random = np.random.default_rng(seed)
    return Linear(random.normal(size=(1, width)) / 20, np.array([0.3]))


def _forest(width: int, classes: int = 0) -> Score:
    random = np.random.default_rng(1)
    x = random.normal(0, 20, (300, width)).astype(np.float32)
    if classes:
        kind = RandomForestClassifier(12, max_leaf_nodes=20, random_state=0)
        return export_forest(kind.fit(x, np.digitize(x[:, 0], [-10, 10])))
    return export_forest(
        RandomForestRegressor(12, max_leaf_nodes=20, random_state=0).fit(x, x[:, 0] * x[:, 1])
    )


def _curved(width: int) -> Curves:
    random = np.random.default_rng(2)
    coefficients = random.normal(size=(1, 3 * width)) / 10
    return Curves(np.zeros(width), np.full(width, 25.0), 3.0, coefficients, np.array([0.5]))


def _kernel(width: int) -> Kernel:
    random = np.random.default_rng(3)
    points, weights = random.normal(size=(30, width)), random.normal(size=30)
    return Kernel(np.zeros(width), np.full(width, 0.02), points, weights, np.full(width, 0.1), 1.0)


MODELS: dict[str, tuple[str, Callable[[int], object]]] = {
    "linear": ("regression", _linear),
    "forest": ("regression", lambda n: Limited(_forest(n), -100.0, 100.0)),
    "dummy": ("regression", lambda _: export_dummy([4.5])),
    "platt": ("classification", lambda n: Platt(_linear(n), -1.5, 0.2)),
    "isotonic": (
        "classification",
        lambda n: Isotonic(Logistic(_linear(n)), (0.1, 0.3, 0.5, 0.9), (0.01, 0.2, 0.3, 0.99)),
    ),
    "blend": (
        "classification",
        lambda n: Combined((Logistic(_linear(n)), Logistic(_linear(n, 5))), (0.25, 0.75)),
    ),
    "classes": ("many", lambda n: Softmax(_forest(n, 3))),
    "anomaly": ("anomaly", _linear),
    "curved": ("regression", _curved),
    "kernel": ("regression", _kernel),
}


def rows_for(numbers: int, categories: int, samples: int, count: int = 40) -> Rows:
    random = np.random.default_rng(7)
    values = random.normal(0, 25, (count, numbers)).astype(np.float32)
    values[::7, 0] = np.nan
    words = random.choice(["A", 'ñ"B', "other one", ""], (count, categories)).astype(object)
    signals = random.normal(size=(count, samples)).astype(np.float32) if samples else None
    return Rows(values, words, [None] * count, [None] * count, [()] * count, signals)


def _answer(kind: str, score: Score) -> Classifier | Regressor | Detector:
    if kind == "many":
        return Classifier(score)
    if kind == "classification":
        return Classifier(score, 0.4, 1)
    if kind == "anomaly":
        return Detector(Limited(score, 0.0, 1e9), 1)
    return Regressor(score, Combined((score,), (1.0,), -1.0), Combined((score,), (1.0,), 1.5))


def _bundle(store: Path, model: str, *, categories: bool, waves: bool, features: str | None) -> Bundle:
    kind, make = MODELS[model]
    told = "classification" if kind == "many" else kind
    inputs = NUMBERS + (PRODUCT if categories else "") + (WAVE if waves else "")
    expressions = FEATURES if features is None else features
    if not categories:
        expressions = "\n".join(line for line in expressions.splitlines() if "product" not in line)
    source = f'[model]\nkind = "{told}"\ndata = "d"\ntarget = "y"\n{inputs}{expressions}\n[output.y]\n'
    contract = parse_contract(source, name="press-1", file="models/press-1.toml")
    plan = FeaturePlan(
        contract,
        imputed={"load": 1.5, "speed": -2.0, "heat": 7.0},
        most_frequent={"product": "A"},
    )
    graph = feature_graph(plan)
    score = make(len(graph.names))
    content = append_model(graph, _answer(kind, score))  # type: ignore[arg-type]  # a score, by MODELS
    labels = {"classification": ("no", "yes"), "many": ("low", "fair", "high"), "anomaly": ("ok", "odd")}
    info = GraphInfo(
        kind=told,
        numbers=tuple(i.name for i in contract.numbers),
        categories=tuple(i.name for i in contract.categories),
        signals=tuple(s.name for s in contract.signals),
        samples=tuple(s.length for s in contract.signals),
        features=graph.names,
        classes=labels.get(kind, ()),
        positive=1 if kind in {"classification", "anomaly"} else None,
        threshold=0.4 if kind == "classification" else None,
    )
    rows = rows_for(3, int(categories), 64 if waves else 0)
    arrays: dict[str, NDArray[np.generic]] = {"rows": np.arange(3)}
    parts = BundleParts(
        model="press-1",
        contract_text=source,
        graph=content,
        info=info,
        reference=arrays,
        golden=golden_rows(rows, Graph(content, info).run(rows)),
        evaluation={},
        parity={"passed": True},
        lineage={},
    )
    return build_bundle(parts, store / "bundles", create_key(store / "keys" / "site.pem"), {})


@pytest.fixture
def bundle_of(tmp_path: Path) -> Make:
    def make(
        model: str, *, categories: bool = False, waves: bool = False, features: str | None = None
    ) -> Bundle:
        return _bundle(tmp_path, model, categories=categories, waves=waves, features=features)

    return make
