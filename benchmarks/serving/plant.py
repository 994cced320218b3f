"""Build the plant that the benchmark serves: one model, LightGBM with 200 trees on 20 numbers.

python benchmarks/serving/plant.py FOLDER
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import lightgbm
import numpy as np
import polars as pl

from andamio.bundles.building import BundleParts, build_bundle
from andamio.bundles.deployment import Served, read_deployment, write_deployment
from andamio.bundles.golden import golden_rows
from andamio.bundles.graph import Graph, GraphInfo
from andamio.bundles.keys import create_key
from andamio.contracts import Rows, parse_contract
from andamio.explanations import background_arrays
from andamio.features import Classifier, FeaturePlan, append_model, export_lightgbm, feature_graph

TAGS = tuple(f"sensor_{i:02d}" for i in range(20))
RANGE = (-10.0, 10.0)
MODEL = "bench"
CONTRACT = f"""
[model]
kind = "classification"
data = "bench"
target = "failure"
positive = "yes"

{
    "".join(
        f'''[input.{tag}]
type = "number"
range = [{RANGE[0]}, {RANGE[1]}]

'''
        for tag in TAGS
    )
}
[output.failure]
threshold = 0.5
"""


@dataclass(frozen=True)
class BenchPlant:
    """Where everything lies."""

    root: Path
    graph: Path
    ranges: Path
    one_row: Path
    hundred_rows: Path
    rows_csv: Path
    rows: int
    served: tuple[Served, ...] = ()


def build(root: Path, *, csv_rows: int = 100_000) -> BenchPlant:
    """Train, bundle and deploy the model in a new plant folder, and write the request bodies."""
    root.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8000, len(TAGS))).astype(np.float32)
    y = (x[:, 0] * x[:, 1] + x[:, 2] + 0.3 * rng.normal(size=len(x)) > 0).astype(int)
    settings = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1, "seed": 0}
    booster = lightgbm.train(settings, lightgbm.Dataset(x, y), num_boost_round=200)
    contract = parse_contract(CONTRACT, name=MODEL, file=f"models/{MODEL}.toml")
    features = feature_graph(FeaturePlan(contract))
    graph = append_model(features, Classifier(export_lightgbm(booster), threshold=0.5))
    info = GraphInfo(
        kind="classification",
        numbers=TAGS,
        features=features.names,
        classes=("no", "yes"),
        positive=1,
        threshold=0.5,
    )
    rows = Rows(x[:20], np.empty((20, 0), object), [None] * 20, [None] * 20, [()] * 20)
    golden = golden_rows(rows, Graph(graph, info).run(rows))
    everything = Rows(x, np.empty((len(x), 0), object), (), (), ())
    chances = Graph(graph, info).run(everything, features=False).probabilities
    background = background_arrays(everything, chances[:, 1])
    key = create_key(root.with_name(root.name + "-key") / "bench.pem")
    deployment = root / ".andamio" / "deployment.json"
    served = []
    for version in (1, 2):
        parts = BundleParts(
            model=MODEL, contract_text=CONTRACT, graph=graph, info=info, reference=background, golden=golden,
            evaluation={}, parity={}, lineage={"version": version},
        )  # fmt: skip
        served.append(Served(version, build_bundle(parts, root / ".andamio" / "bundles", key, {}).digest))
        write_deployment(deployment, read_deployment(deployment).deploying(MODEL, served[-1]))
    (root / "andamio.toml").write_text(f'[plant]\nname = "bench"\n\n[keys]\ntrusted = ["{key.public}"]\n')
    booster.save_model(root / "model.txt")
    return replace(_bodies(root, graph, x, csv_rows), served=tuple(served))


def _bodies(root: Path, graph: bytes, x: np.ndarray, csv_rows: int) -> BenchPlant:
    def row(values: np.ndarray) -> dict[str, float]:
        return {tag: round(float(value), 4) for tag, value in zip(TAGS, values, strict=True)}

    plant = BenchPlant(
        root,
        *(root / name for name in ("graph.onnx", "ranges.json", "1.json", "100.json", "rows.csv")),
        rows=csv_rows,
    )
    plant.graph.write_bytes(graph)
    plant.ranges.write_text(json.dumps(dict.fromkeys(TAGS, RANGE)))
    plant.one_row.write_text(json.dumps({"row": row(x[0])}))
    plant.hundred_rows.write_text(json.dumps({"rows": [row(values) for values in x[:100]]}))
    table = np.random.default_rng(1).normal(size=(csv_rows, len(TAGS)))
    pl.DataFrame(table, schema=list(TAGS)).write_parquet(plant.rows_csv.with_suffix(".parquet"))
    np.savetxt(plant.rows_csv, table, fmt="%.4f", delimiter=",", header=",".join(TAGS), comments="")
    return plant


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
