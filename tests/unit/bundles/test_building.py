"""The same parts give the same bundle; a build that was stopped leaves nothing that could be opened."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from andamio.bundles import build_bundle, create_key, open_bundle
from andamio.errors import BundleRefused, DiskFull
from andamio.storage import files


class Killed(BaseException):
    """The process was killed here."""


def test_the_same_parts_give_the_same_digest_and_the_bundle_that_is_there(shop, small_parts):
    again = build_bundle(small_parts(), shop.store, shop.signer, {"built": "another day"})
    assert again.digest == shop.bundle.digest == small_parts().digest()
    assert again.record == shop.bundle.record


def test_the_record_is_outside_the_digest_and_under_the_signature(tmp_path, signer, small_parts):
    one = build_bundle(small_parts(), tmp_path / "one", signer, {"host": "a"})
    two = build_bundle(small_parts(), tmp_path / "two", signer, {"host": "b"})
    assert one.digest == two.digest
    assert (one.record, two.record) == ({"host": "a"}, {"host": "b"})
    one_files = {path.name: path.read_bytes() for path in one.path.iterdir()}
    two_files = {path.name: path.read_bytes() for path in two.path.iterdir()}
    assert {name for name in one_files if one_files[name] != two_files[name]} == {
        "record.json",
        "signature.json",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"lineage": {"seed": 8}},
        {"model": "other"},
        {"evaluation": {"f1": 0.84}},
        {"reference": {"a": np.ones(2)}},
    ],
)
def test_any_other_part_gives_another_digest(small_parts, change):
    assert small_parts(**change).digest() != small_parts().digest()


def test_what_comes_back_is_what_was_given(shop, small_parts):
    parts, bundle = small_parts(), shop.bundle
    assert (bundle.model, bundle.contract.name) == ("pump-health", "pump-health")
    assert bundle.contract.source == parts.contract_text
    assert bundle.graph_bytes == parts.graph
    assert bundle.info == parts.info
    assert (bundle.golden, bundle.lineage, bundle.parity) == (parts.golden, parts.lineage, parts.parity)
    assert {name: array.tolist() for name, array in bundle.reference().items()} == {
        name: array.tolist() for name, array in parts.reference.items()
    }


def test_a_folder_of_this_digest_by_another_key_is_left_alone_and_refused(shop, small_parts, tmp_path):
    other = create_key(tmp_path / "other" / "key.pem")
    before = {path.name: path.read_bytes() for path in shop.bundle.path.iterdir()}
    with pytest.raises(BundleRefused):
        build_bundle(small_parts(), shop.store, other, {})
    assert {path.name: path.read_bytes() for path in shop.bundle.path.iterdir()} == before


def test_parts_that_could_never_be_opened_are_refused_before_anything_is_written(
    tmp_path, signer, small_parts
):
    with pytest.raises(BundleRefused):
        build_bundle(small_parts(graph=b"no graph"), tmp_path / "store", signer, {})
    assert not (tmp_path / "store").exists()


def count_steps(monkeypatch: pytest.MonkeyPatch, build) -> int:
    steps: list[str] = []
    monkeypatch.setattr(files, "_before", lambda step, path: steps.append(step))
    build()
    return len(steps)


def stop_at(monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    seen = 0

    def hook(step: str, path: Path) -> None:
        nonlocal seen
        seen += 1
        if seen >= stop:
            raise Killed

    monkeypatch.setattr(files, "_before", hook)


def test_a_build_stopped_at_any_step_is_absent_or_whole_and_the_next_one_works(
    tmp_path, signer, small_parts, monkeypatch
):
    total = count_steps(monkeypatch, lambda: build_bundle(small_parts(), tmp_path / "count", signer, {}))
    assert total > 25
    digest = small_parts().digest()
    for stop in range(1, total + 1):
        store = tmp_path / f"store-{stop}"
        stop_at(monkeypatch, stop)
        with pytest.raises(Killed):
            build_bundle(small_parts(), store, signer, {})
        monkeypatch.undo()
        visible = (
            [path.name for path in store.iterdir() if not path.name.startswith(".")] if store.exists() else []
        )
        assert visible in ([], [digest])
        if visible:
            open_bundle(store / digest, [signer.public])
        build_bundle(small_parts(), store, signer, {})
        assert sorted(path.name for path in store.iterdir()) == [".lock", digest]


def test_a_full_disk_leaves_the_store_as_it_was(shop, small_parts, monkeypatch):
    def full(step: str, path: Path) -> None:
        if step == "write" and path.name == "graph.onnx":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "_before", full)
    before = sorted(path.name for path in shop.store.iterdir())
    with pytest.raises(DiskFull):
        build_bundle(small_parts(lineage={"seed": 9}), shop.store, shop.signer, {})
    assert sorted(path.name for path in shop.store.iterdir()) == before
