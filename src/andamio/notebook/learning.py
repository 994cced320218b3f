"""Train or bring a model from Python, and make it a version of a plant."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from andamio.app import Plant
from andamio.contracts import Contract
from andamio.data import DatasetVersion
from andamio.data.digest import content_digest
from andamio.language import current_language
from andamio.lifecycle.learning import LearntVersion, register_candidate
from andamio.training import bring as bringing
from andamio.training import run
from andamio.training.run import Candidate, TrainOptions
from andamio.training.study import Progress, Step

Data = DatasetVersion | pl.DataFrame


def silent(step: Step) -> None:
    """Say nothing of a step."""


def train(
    contract: Contract,
    data: Data,
    *,
    budget_s: float = 120.0,
    trials: int | None = None,
    seed: int = 0,
    keep: Iterable[str] = (),
    progress: Progress = silent,
) -> Candidate:
    """Train, prove, measure and judge a model, as ``andamio train`` does.

    Args:
        contract: What it promises.
        data: A dataset version (``Plant.datasets.open``), or a table.
        budget_s: Seconds to search.
        trials: Exactly so many attempts instead, which can be repeated.
        seed: Of every random draw.
        keep: Tags to learn from although they look like leaks.
        progress: Told each step as it begins.

    Raises:
        TrainingDataRefused: The data cannot be trained on.
        FeaturesRefused: A feature cannot be computed, or no input is left.
    """
    options = TrainOptions(budget_s=budget_s, trials=trials, seed=seed, keep=frozenset(keep))
    return run.train(contract, _version(contract, data), options, progress)


def bring(
    model: object, contract: Contract, data: Data, *, seed: int = 0, progress: Progress = silent
) -> Candidate:
    """Take along a model that was trained elsewhere, through the same proof, measurement and gates.

    Args:
        model: A fitted scikit-learn or LightGBM object, or the path or bytes of an ONNX file. Its columns
            are the contract's inputs and features.
        contract: What it promises.
        data: Real rows: a dataset version, or a table.
        seed: Of every random draw.
        progress: Told each step as it begins.

    Raises:
        ModelRefused: The model cannot be taken, or its columns or classes are not the contract's.
        TrainingDataRefused: The data cannot be used.
    """
    return bringing.bring(model, contract, _version(contract, data), TrainOptions(seed=seed), progress)


def register(plant: Plant, candidate: Candidate, *, note: str = "") -> LearntVersion:
    """Make a candidate a version of a plant: a signed bundle, a row in the registry, a report.

    Args:
        plant: ``Plant.open(folder)``.
        candidate: Trained or brought; a failed gate does not keep it from being registered.
        note: In your words, for the registry.

    Raises:
        KeyRefused: The plant has no usable key to sign with.
        DiskFull: There is no room.
    """
    return register_candidate(
        candidate,
        plant.registry,
        plant.signer,
        store=plant.folder.bundles,
        reports=plant.folder.reports,
        actor=plant.actor,
        language=current_language(),
        note=note,
    )


def _version(contract: Contract, data: Data) -> DatasetVersion:
    if isinstance(data, DatasetVersion):
        return data
    return DatasetVersion(contract.data, 0, content_digest(data), data)
