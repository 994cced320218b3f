"""A private key is readable by its owner alone and never lies in the plant's folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.bundles import PublicKey, create_key, load_key
from andamio.errors import KeyRefused, NotFound


def test_a_new_key_is_private_and_comes_back_the_same(tmp_path):
    path = tmp_path / "config" / "andamio" / "site.pem"
    made = create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    loaded = load_key(path)
    assert loaded.public == made.public
    assert made.public.verify(b"message", loaded.sign(b"message"))


def test_a_signature_holds_for_its_message_and_key_only(tmp_path):
    one, two = create_key(tmp_path / "one.pem"), create_key(tmp_path / "two.pem")
    signature = one.sign(b"message")
    assert one.public.verify(b"message", signature)
    assert not one.public.verify(b"messagf", signature)
    assert not two.public.verify(b"message", signature)
    assert not one.public.verify(b"message", signature[:-1])


def test_a_key_is_never_overwritten(tmp_path):
    path = tmp_path / "site.pem"
    made = create_key(path)
    with pytest.raises(KeyRefused):
        create_key(path)
    assert load_key(path).public == made.public


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_may_touch_is_refused(tmp_path, mode):
    path = tmp_path / "site.pem"
    create_key(path)
    path.chmod(mode)
    with pytest.raises(KeyRefused) as caught:
        load_key(path)
    assert "chmod 600" in str(caught.value.fix)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_that_another_user_owns_is_refused(tmp_path):
    path = tmp_path / "site.pem"
    create_key(path)
    os.chown(path, 12345, -1)
    with pytest.raises(KeyRefused):
        load_key(path)


def test_a_key_inside_the_plant_is_refused_also_through_a_link(tmp_path):
    plant = tmp_path / "plant"
    plant.mkdir()
    with pytest.raises(KeyRefused):
        create_key(plant / "keys" / "site.pem", plant=plant)
    assert list(plant.iterdir()) == []
    create_key(plant / "site.pem")
    (tmp_path / "link.pem").symlink_to(plant / "site.pem")
    for path in (plant / "site.pem", tmp_path / "link.pem", plant / ".." / "plant" / "site.pem"):
        with pytest.raises(KeyRefused):
            load_key(path, plant=plant)


def test_a_missing_key_is_not_found_and_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(NotFound) as caught:
        load_key(tmp_path / "site.pem")
    assert "site.pem" in str(caught.value.where)


def test_what_is_no_ed25519_key_is_refused(tmp_path):
    path = tmp_path / "site.pem"
    rsa = generate_private_key(65537, 2048)
    ed = load_pem_private_key(_pem(tmp_path), None)
    for content in (
        b"",
        b"hello",
        rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        ed.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")),
        b"\xff" * 100_000,
    ):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(KeyRefused):
            load_key(path)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(KeyRefused):
        load_key(path)


def _pem(folder: Path) -> bytes:
    create_key(folder / "other.pem")
    return (folder / "other.pem").read_bytes()


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_pinned_key_is_read_as_it_was_written(raw):
    key = PublicKey(raw)
    assert PublicKey.parse(str(key)) == key
    assert str(key).startswith("ed25519:")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_other_text_is_no_pinned_key(text):
    with pytest.raises(KeyRefused):
        PublicKey.parse("ed25519:" + text if len(text) != 44 else text)


@pytest.mark.parametrize("pinned", ["", "ed25519:", "rsa:" + "A" * 43 + "=", "ed25519:" + "A" * 42 + "B="])
def test_a_key_written_in_another_way_is_refused(pinned):
    with pytest.raises(KeyRefused):
        PublicKey.parse(pinned)


def test_a_signer_does_not_show_its_key(tmp_path):
    signer = create_key(tmp_path / "site.pem")
    assert repr(signer) == f"Signer({signer.public.id})"
