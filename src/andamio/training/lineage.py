"""Write where a candidate comes from: data, code, parameters, seeds, libraries; no clock, host or user."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable

import numpy as np

import andamio
from andamio.kernel.digests import canonical_json, sha256
from andamio.training.judging import plain
from andamio.training.leakage import Leak
from andamio.training.splits import Split
from andamio.training.table import Dataset, Problem

LIBRARIES = (
    "lightgbm",
    "numpy",
    "onnx",
    "onnxruntime",
    "optuna",
    "polars",
    "scikit-learn",
    "scipy",
    "skl2onnx",
    "spox",
)


def lineage(
    dataset: Dataset,
    problem: Problem,
    split: Split,
    leaks: Sequence[Leak],
    kept: Sequence[str],
    learnt: Mapping[str, object],
    *,
    seed: int,
    parent: str | None,
) -> dict[str, object]:
    """Write the lineage as plain JSON values.

    Args:
        dataset: What was learnt from.
        problem: All usable rows of it.
        split: What was held out.
        leaks: What was found.
        kept: Columns that a person wants kept although they were found.
        learnt: What the fit tells of itself: parameters, trials, features found.
        seed: Of everything.
        parent: Digest of the bundle that this one is to follow, if any.
    """
    return {
        "dataset": {"name": dataset.name, "version": dataset.version, "digest": dataset.digest},
        "contract": problem.contract.digest,
        "code": {"version": andamio.__version__, "digest": code_digest()},
        "libraries": libraries(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "seed": seed,
        "parent": parent,
        "split": {
            "rule": split.rule,
            "train_rows": int(split.train.size),
            "held_out_rows": int(split.test.size),
            "digest": split_digest(problem, split),
        },
        "leaks": [
            {
                "column": leak.column,
                "kind": leak.kind,
                "excluded": leak.excluded and leak.column not in kept,
                "reason": plain(leak.reason),
                "evidence": plain(leak.evidence),
            }
            for leak in leaks
        ],
        "kept": sorted(kept),
        "learnt": plain(learnt),
    }


def split_digest(problem: Problem, split: Split) -> str:
    """Digest which rows of the dataset were learnt from and which were held out."""
    parts = [problem.source[split.train], problem.source[split.test]]
    return sha256(b"|".join(np.ascontiguousarray(part, dtype="<i8").tobytes() for part in parts))


@cache
def code_digest() -> str:
    """Digest the package's own source files, names and content."""
    files = {name: sha256(file.read_bytes()) for name, file in _sources(resources.files("andamio"), "")}
    return sha256(canonical_json(files))


def libraries() -> dict[str, str]:
    """List the versions of the libraries that take part in a fit."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    files = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir() and entry.name != "__pycache__":
            files += _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            files.append((prefix + entry.name, entry))
    return files
