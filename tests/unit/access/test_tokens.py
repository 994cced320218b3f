"""Tokens: made once, kept as digests, changed whole, asked in constant time."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.access import Bucket, TokenStore, actions_of, digest_of, new_secret, read_tokens
from andamio.errors import AccessFileDamaged, InputRefused, NotFound, UsageError

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "hidden" / "tokens.json", time=lambda: NOW)


def make(store: TokenStore, name: str = "line-3") -> str:
    return store.create(name, actions=("predict",), models=("*",))[1]


def test_a_secret_has_256_bits_and_is_never_the_same() -> None:
    drawn = {new_secret() for _ in range(100)}
    assert len(drawn) == 100
    assert {len(secret) for secret in drawn} == {len("andamio_") + 43}


def test_the_file_holds_the_digest_and_not_the_secret_and_is_its_owners_alone(
    store: TokenStore, tmp_path: Path
) -> None:
    secret = make(store)
    file = tmp_path / "hidden" / "tokens.json"
    written = file.read_text()
    assert secret not in written
    assert secret.removeprefix("andamio_") not in written
    assert digest_of(secret) in written
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_rotation_changes_the_secret_and_keeps_what_it_allows(store: TokenStore) -> None:
    old = make(store)
    token, new = store.rotate("line-3", keep_old=timedelta(minutes=5))
    assert new != old
    assert token.digest == digest_of(new)
    assert token.former is not None
    assert (token.former.digest, token.former.until) == (digest_of(old), NOW + timedelta(minutes=5))
    assert store.rotate("line-3")[0].former is None


def test_a_taken_name_and_an_unknown_one_are_refused_kindly(store: TokenStore) -> None:
    make(store)
    with pytest.raises(InputRefused, match="already"):
        make(store)
    with pytest.raises(InputRefused, match="no name"):
        store.create("line 3\n", actions=("predict",), models=("*",))
    with pytest.raises(NotFound) as refused:
        store.revoke("line-4")
    assert "line-3" in str(refused.value.fix)
    with pytest.raises(NotFound):
        store.rotate("nobody")


def test_the_last_revoked_token_leaves_a_file_that_keeps_everybody_out(
    store: TokenStore, tmp_path: Path
) -> None:
    make(store)
    store.revoke("line-3")
    found = read_tokens(tmp_path / "hidden" / "tokens.json")
    assert found is not None
    assert found.tokens == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda file: "",
        lambda file: "[]",
        lambda file: file[:-20],
        lambda file: file.replace('"format": 1', '"format": 2'),
        lambda file: file.replace('"name"', '"nombre"'),
        lambda file: file.replace("00:00Z", "00:00"),
    ],
)
def test_a_damaged_file_is_refused_whole(store: TokenStore, tmp_path: Path, change: object) -> None:
    make(store)
    file = tmp_path / "hidden" / "tokens.json"
    before = file.read_text()
    file.write_text(change(before))  # type: ignore[operator]
    assert file.read_text() != before
    with pytest.raises(AccessFileDamaged):
        read_tokens(file)


def test_a_file_with_two_tokens_of_one_name_is_refused(store: TokenStore, tmp_path: Path) -> None:
    make(store)
    file = tmp_path / "hidden" / "tokens.json"
    held = json.loads(file.read_text())
    held["tokens"] *= 2
    file.write_text(json.dumps(held))
    with pytest.raises(AccessFileDamaged):
        read_tokens(file)


def test_a_plant_that_never_had_tokens_has_no_file(tmp_path: Path) -> None:
    assert read_tokens(tmp_path / "tokens.json") is None


def test_roles_and_actions_are_named_or_guessed() -> None:
    assert actions_of(["operator"]) == ("predict", "feedback", "read")
    assert actions_of([], ["metrics"]) == ("metrics",)
    with pytest.raises(UsageError) as refused:
        actions_of(["machin"])
    assert "machine" in str(refused.value.fix)
    with pytest.raises(UsageError):
        actions_of([])


@given(
    per_minute=st.integers(1, 100_000),
    pauses=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=200),
)
def test_a_bucket_never_gives_more_than_its_rate_and_one_burst(per_minute: int, pauses: list[float]) -> None:
    bucket = Bucket(per_minute, now_s=0.0)
    now, given_out = 0.0, 0
    for pause in pauses:
        now += pause
        wait = bucket.take(now)
        given_out += wait == 0
        assert 0 <= wait <= 60
    assert given_out <= max(1.0, per_minute / 6) + now * per_minute / 60 + 1e-6


def test_whoever_waits_as_told_is_let_in() -> None:
    bucket = Bucket(7, now_s=0.0)
    assert bucket.take(0.0) == 0
    wait = bucket.take(0.0)
    assert wait > 0
    assert bucket.take(float(wait)) == 0
