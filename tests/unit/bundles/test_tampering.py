"""Whatever is changed in a bundle's folder, it refuses to open, and says which file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.bundles import PublicKey, build_bundle, create_key, open_bundle
from andamio.bundles.contents import CAPS, SIGNATURE
from andamio.bundles.opening import verify
from andamio.errors import BundleRefused, NotFound

FILES = sorted(CAPS)


def contents_of(shop) -> dict[str, bytes]:
    return {name: (shop.bundle.path / name).read_bytes() for name in FILES}


def refused_files(error: BundleRefused) -> set[str]:
    return {str(fault.where) for fault in error.faults}


def test_an_untouched_bundle_opens(shop):
    opened = open_bundle(shop.bundle.path, [shop.signer.public])
    assert opened.digest == shop.bundle.path.name
    assert opened.evaluation == {"f1": 0.83, "rows": 1000}


@pytest.mark.parametrize("name", FILES)
def test_a_bundle_with_one_changed_byte_refuses_to_open(shop, name):
    whole = contents_of(shop)
    size = len(whole[name])
    step = max(1, size // 60)
    for position in {*range(0, size, step), size - 1}:
        changed = bytearray(whole[name])
        changed[position] ^= 1 << (position % 8)
        with pytest.raises(BundleRefused) as caught:
            verify(shop.bundle.path, {**whole, name: bytes(changed)}, [shop.signer.public])
        assert caught.value.faults


@pytest.mark.parametrize("name", FILES)
def test_the_changed_file_on_disk_is_refused_and_nothing_is_repaired(shop, name):
    path = shop.bundle.path / name
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 0x01
    path.write_bytes(changed)
    for _ in range(2):
        with pytest.raises(BundleRefused):
            open_bundle(shop.bundle.path, [shop.signer.public])
    assert path.read_bytes() == changed


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_bytes_in_any_file_are_refused(shop, data):
    whole = contents_of(shop)
    name = data.draw(st.sampled_from(FILES))
    before = whole[name]
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, min(len(before), start + 40)))
    changed = before[:start] + data.draw(st.binary(max_size=40)) + before[end:]
    if changed == before:
        assert verify(shop.bundle.path, whole, [shop.signer.public]).digest == shop.bundle.digest
        return
    with pytest.raises(BundleRefused):
        verify(shop.bundle.path, {**whole, name: changed}, [shop.signer.public])


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_an_empty_and_a_missing_file_are_refused(shop, name):
    path = shop.bundle.path / name
    whole = path.read_bytes()
    for content in (whole[:-1], b"", whole + b"\n"):
        path.write_bytes(content)
        with pytest.raises(BundleRefused):
            open_bundle(shop.bundle.path, [shop.signer.public])
    path.unlink()
    with pytest.raises(BundleRefused) as caught:
        open_bundle(shop.bundle.path, [shop.signer.public])
    assert refused_files(caught.value) == {name}


@pytest.mark.parametrize(
    "name", ["notes.txt", ".hidden", "graph.onnx.data", "Graph.onnx", "graph.onnx~", "ñ"]
)
def test_one_file_too_many_is_refused(shop, name):
    (shop.bundle.path / name).write_bytes(b"")
    with pytest.raises(BundleRefused) as caught:
        open_bundle(shop.bundle.path, [shop.signer.public])
    assert refused_files(caught.value) == {name}


def test_a_folder_inside_is_refused(shop):
    (shop.bundle.path / "more").mkdir()
    with pytest.raises(BundleRefused):
        open_bundle(shop.bundle.path, [shop.signer.public])


@pytest.mark.parametrize("name", FILES)
def test_a_symlink_to_the_very_same_content_is_refused(shop, name, tmp_path):
    path = shop.bundle.path / name
    elsewhere = tmp_path / "elsewhere"
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)
    with pytest.raises(BundleRefused) as caught:
        open_bundle(shop.bundle.path, [shop.signer.public])
    assert refused_files(caught.value) == {name}


def test_a_symlink_to_the_folder_is_refused(shop, tmp_path):
    moved = tmp_path / "moved"
    shop.bundle.path.rename(moved)
    shop.bundle.path.symlink_to(moved)
    with pytest.raises(BundleRefused):
        open_bundle(shop.bundle.path, [shop.signer.public])


def test_a_pipe_a_folder_and_a_device_in_the_place_of_a_file_are_refused_without_waiting(shop):
    path = shop.bundle.path / "graph.onnx"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(BundleRefused, match="refused"):
        open_bundle(shop.bundle.path, [shop.signer.public])
    path.unlink()
    path.mkdir()
    with pytest.raises(BundleRefused, match="refused"):
        open_bundle(shop.bundle.path, [shop.signer.public])


@pytest.mark.parametrize("name", FILES)
def test_an_oversized_file_is_refused_before_it_is_read(shop, name):
    with (shop.bundle.path / name).open("r+b") as file:
        file.truncate(CAPS[name] + 1)
    with pytest.raises(BundleRefused) as caught:
        open_bundle(shop.bundle.path, [shop.signer.public])
    assert refused_files(caught.value) == {name}
    assert "at most" in str(caught.value.faults[0].what)


def test_a_hard_link_changes_nothing_because_what_is_read_is_what_is_verified(shop, tmp_path):
    linked = tmp_path / "linked.onnx"
    linked.hardlink_to(shop.bundle.path / "graph.onnx")
    opened = open_bundle(shop.bundle.path, [shop.signer.public])
    linked.write_bytes(b"something else")
    assert opened.graph_bytes != linked.read_bytes()
    with pytest.raises(BundleRefused):
        open_bundle(shop.bundle.path, [shop.signer.public])


def test_a_key_that_is_not_pinned_opens_nothing(shop, tmp_path):
    other = create_key(tmp_path / "other" / "key.pem")
    for trusted in ([], [other.public]):
        with pytest.raises(BundleRefused) as caught:
            open_bundle(shop.bundle.path, trusted)
        assert shop.signer.public.id in str(caught.value.faults[0].what)
    assert open_bundle(shop.bundle.path, [other.public, shop.signer.public]).key == shop.signer.public


def test_the_signature_of_another_bundle_does_not_fit(shop, small_parts):
    other = build_bundle(small_parts(lineage={"seed": 8}), shop.store, shop.signer, {"built": "later"})
    shutil.copy(other.path / SIGNATURE, shop.bundle.path / SIGNATURE)
    with pytest.raises(BundleRefused):
        open_bundle(shop.bundle.path, [shop.signer.public])


def test_a_whole_older_bundle_under_another_digest_is_refused(shop, small_parts):
    other = build_bundle(small_parts(lineage={"seed": 8}), shop.store, shop.signer, {"built": "later"})
    shutil.rmtree(other.path)
    shutil.copytree(shop.bundle.path, other.path)
    with pytest.raises(BundleRefused):
        open_bundle(other.path, [shop.signer.public])


def test_the_record_of_another_build_does_not_fit(shop):
    (shop.bundle.path / "record.json").write_bytes(b'{"built":"2020-01-01","host":"plant"}')
    with pytest.raises(BundleRefused) as caught:
        open_bundle(shop.bundle.path, [shop.signer.public])
    assert "record" in str(caught.value.faults[0].what)


def test_every_changed_file_is_named_at_once(shop):
    for name in ("evaluation.json", "golden.json", "contract.toml"):
        path = shop.bundle.path / name
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BundleRefused) as caught:
        open_bundle(shop.bundle.path, [shop.signer.public])
    assert refused_files(caught.value) == {"evaluation.json", "golden.json", "contract.toml"}


def test_a_bundle_that_is_not_there_is_not_found(shop):
    with pytest.raises(NotFound):
        open_bundle(shop.store / ("0" * 64), [shop.signer.public])


def test_a_pinned_key_with_one_other_character_is_another_key(shop):
    pinned = str(shop.signer.public)
    other = PublicKey.parse(pinned[:12] + ("A" if pinned[12] != "A" else "B") + pinned[13:])
    with pytest.raises(BundleRefused):
        open_bundle(shop.bundle.path, [other])


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, shop):
    path = tmp_path / ("1" * 64)
    path.write_bytes(b"")
    with pytest.raises(BundleRefused):
        open_bundle(path, [shop.signer.public])
