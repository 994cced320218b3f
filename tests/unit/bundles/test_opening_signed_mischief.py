"""What was signed and is still not acceptable: a key can be used by mistake, too."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from andamio.bundles import create_key
from andamio.bundles.contents import DIGESTED, MANIFEST, RECORD, SIGNATURE, Entry, Manifest
from andamio.bundles.opening import verify
from andamio.bundles.seal import seal
from andamio.errors import BundleRefused
from andamio.kernel.digests import canonical_json, sha256


@pytest.fixture
def resign(shop) -> Callable[..., dict[str, bytes]]:
    """Change files of a bundle and sign the result with the trusted key."""

    def _resign(manifest: bytes | None = None, **changes: bytes) -> dict[str, bytes]:
        contents = {path.name: path.read_bytes() for path in shop.bundle.path.iterdir()}
        contents |= {name.replace("_", "."): content for name, content in changes.items()}
        entries = {name: Entry(sha256(contents[name]), len(contents[name])) for name in DIGESTED}
        contents[MANIFEST] = manifest or canonical_json(Manifest("pump-health", entries))
        contents[SIGNATURE] = seal(shop.signer, sha256(contents[MANIFEST]), contents[RECORD])
        return contents

    return _resign


@pytest.fixture
def refusal(shop) -> Callable[[dict[str, bytes]], BundleRefused]:
    def _refusal(contents: dict[str, bytes]) -> BundleRefused:
        with pytest.raises(BundleRefused) as caught:
            verify(shop.bundle.path, contents, [shop.signer.public])
        return caught.value

    return _refusal


def test_signing_the_same_files_again_is_accepted(shop, resign):
    assert verify(shop.bundle.path, resign(), [shop.signer.public]).digest == shop.bundle.digest


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("evaluation_json", b'{"f1":0.1,"f1":0.9}'),
        ("evaluation_json", b'{"f1": 0.9}'),
        ("evaluation_json", b'{"b":1,"a":2}'),
        ("evaluation_json", b'{"f1":0.90}'),
        ("evaluation_json", b"[]"),
        ("evaluation_json", b'{"f1":NaN}'),
        ("evaluation_json", b'{"a":' * 5000 + b"1" + b"}" * 5000),
        ("golden_json", b"{}"),
        ("parity_json", b"\xff"),
        ("lineage_json", b""),
        ("graph_json", b'{"kind":"classification","surprise":1}'),
        ("contract_toml", b"[model"),
        ("contract_toml", b"\xff\xfe"),
        ("reference_npz", b"PK"),
        ("graph_onnx", b"not a graph"),
        ("graph_onnx", b""),
        ("record_json", b'{"a":1,"a":2}'),
    ],
)
def test_a_file_of_another_form_is_refused_and_named(resign, refusal, name, content):
    error = refusal(resign(**{name: content}))
    assert [str(fault.where) for fault in error.faults] == [name.replace("_", ".")]


@pytest.mark.parametrize("name", ["../graph.onnx", "/etc/passwd", "a/b", "graph.onnx\u0000", "graph.onnx/."])
def test_a_manifest_that_names_a_path_is_refused(resign, refusal, name):
    entries = {file: Entry("0" * 64, 1) for file in DIGESTED} | {name: Entry("0" * 64, 1)}
    error = refusal(resign(canonical_json(Manifest("pump-health", entries))))
    assert str(error.faults[0].where) == MANIFEST


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.pop("files"),
        lambda value: value.update(format=2),
        lambda value: value.update(extra=1),
        lambda value: value["files"].pop("graph.onnx"),
        lambda value: value["files"]["graph.onnx"].update(size=-1),
        lambda value: value["files"]["graph.onnx"].update(sha256="00"),
        lambda value: value["files"]["graph.onnx"].update(sha256=value["files"]["graph.json"]["sha256"]),
    ],
)
def test_a_manifest_of_another_form_is_refused(resign, refusal, change):
    value = msgspec.json.decode(resign()[MANIFEST])
    change(value)
    assert refusal(resign(msgspec.json.encode(value))).faults


def test_a_manifest_with_a_key_twice_is_refused(resign, refusal):
    twice = resign()[MANIFEST].replace(b'{"model"', b'{"format":1,"model"')
    assert "written" in str(refusal(resign(twice)).faults[0].what)


def npz(**entries: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, value in entries.items():
            archive.writestr(name.replace("__", "."), value)
    return content.getvalue()


def npy(array: np.ndarray, **options: bool) -> bytes:
    content = io.BytesIO()
    np.save(content, array, **options)
    return content.getvalue()


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy(np.zeros(4_000_000)))
    return content.getvalue()


def claims(shape: str) -> bytes:
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    padded = head.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode() + b"\0" * 8


@pytest.mark.parametrize(
    "content",
    [
        bomb(),
        npz(a__npy=npy(np.array([{"code": 1}], object), allow_pickle=True)),
        npz(a__npy=claims("(1000000000000,)")),
        npz(a__npy=claims("(-1,)")),
        npz(a__npy=claims("(1,), 'more': 1")),
        npz(a__npy=b""),
        npz(a__txt=b"hello"),
        npz(**{"../a__npy": npy(np.ones(1))}),
    ],
)
def test_arrays_that_lie_or_burst_are_refused(resign, refusal, content):
    assert str(refusal(resign(reference_npz=content)).faults[0].where) == "reference.npz"


def test_a_signature_by_the_right_key_over_something_else_is_refused(shop, refusal):
    contents = {path.name: path.read_bytes() for path in shop.bundle.path.iterdir()}
    signed = msgspec.json.decode(contents[SIGNATURE])
    signed["statement"]["about"] = "andamio-audit"
    assert refusal({**contents, SIGNATURE: msgspec.json.encode(signed)}).faults


def test_a_signature_that_names_a_trusted_key_but_is_not_its_own_is_refused(shop, refusal, tmp_path):
    contents = {path.name: path.read_bytes() for path in shop.bundle.path.iterdir()}
    forger = create_key(tmp_path / "forger" / "key.pem")
    forged = msgspec.json.decode(seal(forger, shop.bundle.digest, contents[RECORD]))
    forged["statement"]["key"] = str(shop.signer.public)
    assert "signature" in str(refusal({**contents, SIGNATURE: msgspec.json.encode(forged)}).faults[0].what)
