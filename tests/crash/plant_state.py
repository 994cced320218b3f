"""Open everything that a plant holds, as the commands do, and hold each part to the others."""

from __future__ import annotations

from pathlib import Path

from andamio.app import Plant
from andamio.bundles import open_bundle
from andamio.kernel.digests import sha256_of_file
from andamio.lifecycle import reconcile
from andamio.registry import heads_of_bundles

LEFT_BEHIND = ("**/.staging-*", "**/*.tmp")


def state(folder: Path, *, bundles: bool = True) -> dict[str, object]:
    """Open everything that a plant holds; tell what is there, and what does not hold.

    Args:
        folder: The plant's.
        bundles: Whether to verify every bundle, which takes the longest.
    """
    plant = Plant.open(folder)
    wrong: list[str] = []
    datasets = {}
    for name in plant.datasets.names():
        for number, record in plant.datasets.versions(name).items():
            version = plant.datasets.open(name, number)
            datasets[f"{name}@{number}"] = version.digest
            if sha256_of_file(folder / record.raw) != record.source_digest:
                wrong.append(f"{record.raw} is not the file that was given")
    store = [path for path in plant.folder.bundles.glob("*") if path.is_dir() and path.name[0] != "."]
    for path in store if bundles else ():
        open_bundle(path, plant.trusted)
    models = [summary.model for summary in plant.registry.models()]
    versions = [version for model in models for version in plant.registry.versions(model)]
    wrong += [
        f"{v.reference} has no bundle" for v in versions if plant.folder.bundles / v.digest not in store
    ]
    verdict = plant.registry.verify(heads_of_bundles(plant.folder.bundles), plant.trusted)
    wrong += [str(fault.what) for fault in verdict.faults]
    answers = {}
    for model in models:
        champion = plant.switchboard.champion(model)
        answers[model] = champion.version if champion else None
        if plant.registry.aliases.number(model) != answers[model]:
            wrong.append(f"the registry names another champion of {model} than the deployment file")
    if reconcile(plant.registry, plant.switchboard).anything:
        wrong.append("something was left to be reconciled")
    found = {
        "datasets": datasets,
        "versions": [version.digest for version in versions],
        "answers": answers,
        "pages": sorted(page.name for page in plant.folder.reports.glob("*.html")),
        "wrong": wrong,
    }
    plant.database.close()
    return found


def left_behind(folder: Path) -> list[str]:
    """List what a writer works on before it publishes it."""
    return [path.name for pattern in LEFT_BEHIND for path in folder.glob(pattern)]
