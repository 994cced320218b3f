"""Deploying and rolling back on a box that has no registry."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from andamio.errors import BundleRefused, NotFound, WorkersRefused
from andamio.lifecycle import deploy_bundle, step_back, take_in


def test_a_bundle_from_a_memory_stick_is_taken_in_deployed_and_rolled_back(plant, tmp_path: Path) -> None:
    carried = carry(plant, tmp_path / "stick", seeds=(1, 2))
    for folder in carried:
        bundle = take_in(plant.board, folder)
        deploy_bundle(plant.board, "pump-health", bundle.digest)
    assert plant.answers() == 2
    change = step_back(plant.board, "pump-health")
    assert (change.new.version, change.new.digest) == (1, carried[0].name)
    with pytest.raises(NotFound):
        step_back(plant.board, "pump-health")


def test_taking_the_same_bundle_in_twice_changes_nothing(plant, tmp_path: Path) -> None:
    (folder,) = carry(plant, tmp_path / "stick", seeds=(1,))
    assert take_in(plant.board, folder).digest == take_in(plant.board, folder).digest
    assert sorted(path.name for path in plant.board.bundles.iterdir()) == [".lock", folder.name]


def test_a_bundle_that_was_tampered_with_on_its_way_is_not_copied(plant, tmp_path: Path) -> None:
    (folder,) = carry(plant, tmp_path / "stick", seeds=(1,))
    (folder / "golden.json").write_bytes(b"[{}]")
    with pytest.raises(BundleRefused):
        take_in(plant.board, folder)
    assert not (plant.board.bundles / folder.name).exists()


def test_a_version_keeps_the_number_that_the_plant_gave_it(plant) -> None:
    first, second = plant.build("pump-health", 1), plant.build("pump-health", 2)
    assert deploy_bundle(plant.board, "pump-health", first.digest, number=7).new.version == 7
    assert deploy_bundle(plant.board, "pump-health", second.digest).new.version == 8
    assert deploy_bundle(plant.board, "pump-health", first.digest).new.version == 7


def test_deploying_what_answers_already_keeps_the_generation(plant) -> None:
    digest = plant.build("pump-health", 1).digest
    deploy_bundle(plant.board, "pump-health", digest)
    assert not deploy_bundle(plant.board, "pump-health", digest).changed
    assert plant.board.read().generation == 1


def test_a_bundle_that_the_worker_refuses_gives_way(plant, start_worker) -> None:
    first, second = plant.build("pump-health", 1), plant.build("pump-health", 2)
    start_worker(refuses=frozenset({second.digest}))
    deploy_bundle(plant.board, "pump-health", first.digest)
    with pytest.raises(WorkersRefused):
        deploy_bundle(plant.board, "pump-health", second.digest)
    assert plant.board.champion("pump-health").digest == first.digest


def test_the_life_cycle_loads_no_database_and_no_training() -> None:
    probe = (
        "import sys, andamio.lifecycle as l; l.deploy_bundle; l.roll_back; l.reconcile; "
        "print([m for m in ('sqlalchemy', 'alembic', 'polars', 'sklearn', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def carry(plant, stick: Path, *, seeds: tuple[int, ...]) -> list[Path]:
    """Build bundles elsewhere: in the store, then moved out of it."""
    stick.mkdir()
    digests = [plant.build("pump-health", seed).digest for seed in seeds]
    return [Path(shutil.move(plant.board.bundles / digest, stick / digest)) for digest in digests]
