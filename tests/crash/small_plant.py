"""A plant whose models are fitted in no time, through the real commands, for tests that ruin it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import andamio.cli.train
from andamio.bundles import GraphInfo, Outputs, create_key
from andamio.cli.application import run
from andamio.contracts.contract import Contract
from andamio.errors import text
from andamio.features import (
    Classifier,
    FeaturePlan,
    Logistic,
    append_model,
    export_linear,
    feature_graph,
    run_features,
)
from andamio.training.learnt import Learnt
from andamio.training.run import Candidate, TrainOptions, train
from andamio.training.study import Progress
from andamio.training.table import Dataset, Problem

MODEL = "pump-health"
CONTRACT = """\
[model]
kind = "classification"
data = "pumps"
target = "Failed"
positive = "yes"

[operation]
owner = "maintenance"
runs_at = "plant server"
inputs_from = "historian"
truth_from = "work orders"

[input.temp]
column = "Temperature [degC]"
type = "number"
unit = "degC"
range = [0, 180]

[input.load]
column = "Load"
type = "number"
range = [-10, 10]

[output.failure]
threshold = 0.5

[accept]
recall = ">= 0.5"
"""


def history(rows: int, seed: int) -> str:
    """Write a history file: hot and loaded pumps fail."""
    chance = random.Random(seed)
    lines = ["Temperature [degC],Load,Failed"]
    for _ in range(rows):
        temp, load = chance.uniform(60, 100), chance.uniform(-2, 2)
        failed = "yes" if temp - 80 + 5 * load > chance.gauss(5, 2) else "no"
        lines.append(f"{temp:.2f},{load:.3f},{failed}")
    return "\n".join(lines) + "\n"


def learn_at_once(problem: Problem, *, excluded: frozenset[str], seed: int, **_unused: object) -> Learnt:
    """Know the model beforehand; the seed moves it, so that versions differ."""
    features = feature_graph(FeaturePlan(problem.contract, excluded=excluded))
    weights = {"temp": 1.0, "load": 5.0}
    row = [weights[name] for name in features.names]
    bias = -85.0 - 0.1 * seed
    score = Logistic(export_linear([row], [bias]))
    graph = append_model(features, Classifier(score, threshold=0.5, positive=problem.positive))
    info = GraphInfo(
        kind="classification",
        numbers=("temp", "load"),
        categories=(),
        features=features.names,
        classes=problem.classes,
        positive=problem.positive,
        threshold=0.5,
    )

    def native(matrix: NDArray[np.float32]) -> Outputs:
        chance = 1 / (1 + np.exp(-(matrix.astype(np.float64) @ np.array(row) + bias)))
        chances = np.stack([1 - chance, chance], axis=1).astype(np.float32)
        return Outputs(probabilities=chances, decision=(chance >= 0.5).astype(np.int64))

    return Learnt(
        name="linear",
        title=text("linear model"),
        graph=graph,
        info=info,
        native=lambda rows: native(run_features(features, rows)),
        native_features=native,
        record={"params": {}, "trials": 1, "found": []},
    )


def train_at_once(
    contract: Contract, dataset: Dataset, options: TrainOptions, progress: Progress
) -> Candidate:
    """Train as ``andamio train`` does, but for the fit, and for filling its budget with more passes."""
    return train(contract, dataset, replace(options, trials=1, steps=1), progress, learn=learn_at_once)


def found_plant(folder: Path) -> Path:
    """Make a plant's folder with a contract, and its key beside it."""
    plant = folder / "plant"
    (plant / "models").mkdir(parents=True)
    key = folder / "keys" / "plant.pem"
    signer = create_key(key)
    (plant / "models" / f"{MODEL}.toml").write_text(CONTRACT, encoding="utf-8")
    (plant / "andamio.toml").write_text(
        '[plant]\nname = "test"\nlanguage = "en"\ntime_zone = "UTC"\n\n'
        f'[keys]\nsigning = "{key}"\ntrusted = ["{signer.public}"]\n',
        encoding="utf-8",
    )
    (folder / "first.csv").write_text(history(200, 1), encoding="utf-8")
    (folder / "more.csv").write_text(history(50, 2), encoding="utf-8")
    return plant


def typed(plant: Path, *words: str) -> int:
    """Type a command in a plant's folder; returns its exit status."""
    os.environ.pop("ANDAMIO_PLANT", None)
    with chdir(plant):
        return run(words)


def working_plant(folder: Path, *, versions: int, deployed: Sequence[int]) -> Path:
    """Make a plant with a dataset, versions of a model, and some of them deployed in turn."""
    plant = found_plant(folder)
    _do(plant, "data", "add", str(folder / "first.csv"), "--to", "pumps")
    with training_at_once():
        for seed in range(1, versions + 1):
            _do(plant, "train", MODEL, "--seed", str(seed))
    for number in deployed:
        _do(plant, "deploy", f"{MODEL}@{number}", "--reason", "trial")
    return plant


class training_at_once:  # noqa: N801  it reads as a verb in a with statement
    """While it lasts, ``andamio train`` fits nothing; all the rest of it is real."""

    def __enter__(self) -> None:
        self._fitting: Callable[..., Candidate] = andamio.cli.train.train
        andamio.cli.train.train = train_at_once

    def __exit__(self, *_: object) -> None:
        andamio.cli.train.train = self._fitting


def _do(plant: Path, *words: str) -> None:
    status = typed(plant, *words)
    if status:
        raise AssertionError(f"andamio {' '.join(words)}: exit status {status}")


_shared: list[Path] = []


def shared_plant(make_folder: Callable[[str], Path]) -> Path:
    """Return a plant with two versions, the first deployed, and predictions; made once, to be copied."""
    if not _shared:
        folder = make_folder("shared")
        plant = working_plant(folder, versions=2, deployed=[1])
        (folder / "rows.csv").write_text(history(5, 3), encoding="utf-8")
        _do(plant, "score", "--in", str(folder / "rows.csv"), "--out", str(folder / "scored.csv"))
        _shared.append(plant)
    return _shared[0]
