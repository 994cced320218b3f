"""The deployment file changes whole, by one writer at a time, and always upwards."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.bundles.deployment import (
    Deployment,
    Route,
    Served,
    read_deployment,
    replace_damaged_deployment,
    write_deployment,
)
from andamio.errors import DeploymentChanged, DeploymentDamaged, NotFound
from andamio.storage import files

ONE, TWO, THREE = (Served(n, str(n) * 64) for n in (1, 2, 3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".andamio" / "deployment.json"


def test_a_plant_that_never_deployed_has_generation_zero(path):
    assert read_deployment(path) == Deployment(0, {})


def test_each_writing_is_a_generation_higher_and_comes_back_as_written(path):
    written = write_deployment(path, read_deployment(path).deploying("pump", ONE))
    assert written.generation == 1
    assert read_deployment(path) == written
    again = write_deployment(path, written.deploying("fan", TWO))
    assert (again.generation, again.models["pump"].champion, again.models["fan"].champion) == (2, ONE, TWO)


def test_a_writer_who_read_an_older_generation_is_refused(path):
    first = write_deployment(path, Deployment().deploying("pump", ONE))
    write_deployment(path, first.deploying("pump", TWO))
    with pytest.raises(DeploymentChanged):
        write_deployment(path, first.deploying("pump", THREE))
    assert read_deployment(path).models["pump"].champion == TWO


def test_of_many_writers_each_generation_is_won_by_one(path):
    write_deployment(path, Deployment().deploying("pump", ONE))
    won: list[int] = []

    def work(served: Served) -> None:
        for _ in range(10):
            try:
                won.append(write_deployment(path, read_deployment(path).deploying("pump", served)).generation)
            except DeploymentChanged:
                continue

    workers = [threading.Thread(target=work, args=(Served(n, f"{n:064x}"),)) for n in range(10, 14)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(won) == list(range(2, len(won) + 2))
    assert read_deployment(path).generation == len(won) + 1


def test_rollback_goes_down_the_stack(path):
    deployment = Deployment().deploying("pump", ONE).deploying("pump", TWO).deploying("pump", THREE)
    assert deployment.models["pump"] == Route(THREE, (TWO, ONE))
    deployment = deployment.rolling_back("pump")
    assert deployment.models["pump"] == Route(TWO, (ONE,))
    deployment = deployment.rolling_back("pump")
    with pytest.raises(NotFound):
        deployment.rolling_back("pump")
    with pytest.raises(NotFound):
        deployment.rolling_back("nobody")


def test_deploying_the_champion_again_changes_nothing():
    deployment = Deployment().deploying("pump", ONE)
    assert deployment.deploying("pump", ONE) == deployment


def test_a_withdrawn_model_is_gone_and_the_others_stay():
    deployment = Deployment().deploying("pump", ONE).deploying("fan", TWO).withdrawing("pump")
    assert list(deployment.models) == ["fan"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"generation":1}',
        b'{"generation":-1,"models":{},"format":1}',
        b'{"generation":1,"models":{},"format":2}',
        b'{"generation":1,"models":{},"format":1,"more":1}',
        b'{"generation":1,"models":{"a/b":{"champion":{"version":1,"digest":"'
        + b"0" * 64
        + b'"}}},"format":1}',
        b'{"generation":1,"models":{"a":{"champion":{"version":0,"digest":"'
        + b"0" * 64
        + b'"}}},"format":1}',
        b'{"generation":1,"models":{"a":{"champion":{"version":1,"digest":"../../evil"}}},"format":1}',
        b'{"generation":1,"models":{"a":{}},"format":1}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_says_so_and_is_not_written_over(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DeploymentDamaged) as caught:
        read_deployment(path)
    assert caught.value.fix is not None
    with pytest.raises(DeploymentDamaged):
        write_deployment(path, Deployment())
    assert path.read_bytes() == content


def test_a_damaged_file_can_be_replaced_and_a_whole_one_cannot(path):
    path.parent.mkdir()
    path.write_bytes(b"{")
    repaired = replace_damaged_deployment(path, {"pump": Route(ONE)}, above=41)
    assert (repaired.generation, read_deployment(path)) == (42, repaired)
    assert replace_damaged_deployment(path, {}, above=99) == repaired


def test_a_model_name_that_is_a_path_is_not_written(path):
    with pytest.raises(DeploymentDamaged):
        write_deployment(path, Deployment().deploying("../pump", ONE))
    assert not path.exists()


def test_the_file_can_be_read_by_a_person(path):
    write_deployment(path, Deployment().deploying("pump", ONE))
    content = path.read_text()
    assert content.endswith("}\n")
    assert json.loads(content)["models"]["pump"]["champion"]["version"] == 1


class Killed(BaseException):
    """The process was killed here."""


def test_a_writing_stopped_at_any_step_leaves_the_old_file_or_the_new_one(path, monkeypatch):
    first = write_deployment(path, Deployment().deploying("pump", ONE))
    steps: list[str] = []
    monkeypatch.setattr(files, "_before", lambda step, where: steps.append(step))
    current = write_deployment(path, first.deploying("pump", TWO))
    total = len(steps)
    assert total >= 4
    for stop in range(1, total + 1):
        left = [stop]

        def hook(step, where, left=left):
            left[0] -= 1
            if left[0] <= 0:
                raise Killed

        monkeypatch.setattr(files, "_before", hook)
        wanted = current.deploying("pump", Served(stop + 10, "a" * 64))
        with pytest.raises(Killed):
            write_deployment(path, wanted)
        monkeypatch.undo()
        there = read_deployment(path)
        assert there.models in (current.models, wanted.models)
        current = write_deployment(path, there.deploying("pump", Served(stop + 100, "b" * 64)))


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
SERVED = st.builds(Served, st.integers(1, 10**6), st.text("0123456789abcdef", min_size=64, max_size=64))
ROUTES = st.builds(Route, SERVED, st.lists(SERVED, max_size=4).map(tuple))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAMES, ROUTES, max_size=4))
def test_any_deployment_comes_back_as_written(models):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deployment.json"
        written = write_deployment(path, Deployment(models=models))
        assert read_deployment(path) == written
        assert written.models == models
