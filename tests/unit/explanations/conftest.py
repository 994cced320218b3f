"""Small bundles whose answers can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from andamio.bundles import Bundle, BundleParts, GraphInfo, Signer, build_bundle, create_key
from andamio.bundles.golden import golden_rows
from andamio.bundles.graph import Graph
from andamio.contracts import Contract, Rows, parse_contract
from andamio.explanations import background_arrays
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

CONTRACT = """
[model]
kind = "{kind}"
data = "pumps"
target = "state"
{positive}

[input.bearing_temp]
type = "number"
unit = "degC"
range = [0, 180]

[input.flow]
type = "number"
unit = "m3/h"
missing = "impute"

[input.idle]
type = "boolean"
missing = "impute"

[input.product]
type = "category"
values = ["H", "L", "M"]
unknown = "other"

[input.unused]
type = "integer"

[features]
heat = "bearing_temp * flow"

[output.answer]
{unit}
"""
Weights = Sequence[dict[str, float]]


def rows_of(numbers: Any, categories: Sequence[str]) -> Rows:
    """Lay rows out as the graph reads them: bearing_temp, flow, idle, unused; product."""
    n = len(categories)
    return Rows(
        np.array(numbers, np.float32).reshape(n, -1),
        np.array(categories, object).reshape(n, 1),
        [None] * n,
        [None] * n,
        [()] * n,
    )


def training_rows(count: int = 200) -> Rows:
    rng = np.random.default_rng(5)
    numbers = np.column_stack(
        [
            rng.uniform(60, 70, count),
            rng.uniform(4, 6, count),
            rng.random(count) < 0.25,
            rng.integers(0, 9, count),
        ]
    )
    numbers[::10, 1] = np.nan
    return rows_of(numbers, rng.choice(["H", "L", "M"], count, p=[0.1, 0.6, 0.3]).tolist())


def reference_of(contract: Contract, rows: Rows, score: NDArray[np.floating]) -> dict[str, Any]:
    """Learn the parts of a reference that explanations read, by the functions that training calls."""
    from andamio.statistics.histograms import count_categories, moments
    from andamio.statistics.profile import learn_profile

    values = [tag.values for tag in contract.categories]
    arrays = dict(learn_profile(rows.numbers, score).arrays())
    found = [moments(column) for column in rows.numbers.T]
    arrays["moments.numbers"] = np.array([[m.count, m.mean, m.deviation, m.low, m.high] for m in found])
    arrays["category.product.counts"] = count_categories(rows.categories[:, 0].tolist(), values[0])
    return arrays | background_arrays(rows, score)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Bundle]:
    """Build a bundle of a linear model over the features, for each shape of answer."""
    folder = tmp_path_factory.mktemp("explained")
    signer: Signer = create_key(folder.parent / f"{folder.name}-keys" / "plant.pem")

    def build(
        shape: str, weights: Weights, *, unit: str = "", more: str = "", bare: bool = False, golden: int = 0
    ) -> Bundle:
        kind = "regression" if shape == "number" else "classification"
        positive = 'positive = "failure"' if shape == "two" else ""
        written = CONTRACT.format(kind=kind, positive=positive, unit=f'unit = "{unit}"' if unit else "")
        written += more
        contract = parse_contract(written, name="pump", file="models/pump.toml")
        features = feature_graph(FeaturePlan(contract, imputed={"flow": 5.0, "idle": 0.0}))
        columns = [[one.get(name, 0.0) for name in features.names] for one in weights]
        if shape == "number":
            value = export_linear(columns, [10.0])
            answer: Classifier | Regressor = Regressor(value, value, value)
        elif shape == "two":
            answer = Classifier(Logistic(export_linear(columns, [-1.0])), threshold=0.5)
        else:
            answer = Classifier(Softmax(export_linear(columns, [0.0] * len(columns))))
        graph = append_model(features, answer)
        classes = {"two": ("fine", "failure"), "more": ("hot", "mild", "cold")}.get(shape, ())
        info = GraphInfo(
            kind=kind,
            numbers=tuple(tag.name for tag in contract.numbers),
            categories=("product",),
            features=features.names,
            classes=classes,
            positive=1 if shape == "two" else None,
            threshold=0.5 if shape == "two" else None,
        )
        rows, ready = training_rows(), Graph(graph, info)
        outputs = ready.run(rows)
        score = outputs.value if outputs.probabilities is None else outputs.probabilities[:, -1]
        assert score is not None
        few = rows.take(np.arange(golden))
        parts = BundleParts(
            model="pump", contract_text=written, graph=graph, info=info,
            reference={} if bare else reference_of(contract, rows, score),
            golden=golden_rows(few, ready.run(few)) if golden else [],
            evaluation={}, parity={}, lineage={},
        )  # fmt: skip
        return build_bundle(parts, Path(folder) / "bundles", signer, {})

    return build
