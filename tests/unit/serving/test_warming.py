"""A version is asked, timed and weighed on this box before it takes traffic."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from andamio.bundles import Bundle
from andamio.bundles.assignment import plan
from andamio.bundles.deployment import Deployment, Served, read_deployment, write_deployment
from andamio.errors import MemoryShort, TooSlowHere
from andamio.kernel.ids import IdMaker
from andamio.serving.generation import Generation
from andamio.serving.loading import Loader
from andamio.serving.memory import available_bytes
from andamio.serving.scorer import Scorer
from andamio.serving.warming import Warming

MIB = 1024 * 1024
PROMISE = "\n[latency]\np99_ms = 5\n"


def clock(milliseconds: float, *, spikes: int = 0) -> Any:
    """A clock by which every answer takes so long; of every hundred, some take a second."""
    seconds, reads = itertools.count(), [0.0]

    def read() -> float:
        turn, ending = divmod(next(seconds), 2)
        if ending:
            reads[0] += 1.0 if turn % 100 < spikes else milliseconds / 1000
        return reads[0]

    return read


def loaded(bundle: Bundle) -> Scorer:
    return Scorer(bundle, model="pump", version=1, ids=IdMaker())


def test_a_version_slower_than_its_contract_promises_is_refused(models: Any) -> None:
    bundle = models.bundle("two", more=PROMISE, golden=3)
    with pytest.raises(TooSlowHere):
        Warming(seconds=clock(6)).warm(loaded(bundle), bundle)
    Warming(seconds=clock(4)).warm(loaded(bundle), bundle)


def test_it_is_the_99th_of_100_that_counts(models: Any) -> None:
    bundle = models.bundle("two", more=PROMISE, golden=3)
    Warming(seconds=clock(1, spikes=1)).warm(loaded(bundle), bundle)
    with pytest.raises(TooSlowHere):
        Warming(seconds=clock(1, spikes=3)).warm(loaded(bundle), bundle)


def test_a_contract_that_promises_nothing_is_not_timed(models: Any) -> None:
    bundle = models.bundle("two", golden=3)
    Warming(seconds=clock(6000)).warm(loaded(bundle), bundle)


def test_a_version_that_the_box_has_no_memory_for_is_refused_before_it_is_loaded(models: Any) -> None:
    bundle = models.bundle("two")
    with pytest.raises(MemoryShort):
        Warming(available=lambda: 64 * MIB).check_room(bundle)
    Warming(available=lambda: 80 * MIB).check_room(bundle)
    Warming(available=lambda: None).check_room(bundle)


def test_what_was_in_production_when_the_process_starts_goes_on(models: Any) -> None:
    bundle = models.bundle("two", more=PROMISE, golden=3)
    warming = Warming(strict=False, available=lambda: 0, seconds=clock(6))
    warming.check_room(bundle)
    warming.warm(loaded(bundle), bundle)


def test_the_memory_left_is_the_containers_when_that_is_less(tmp_path: Path) -> None:
    meminfo, group = tmp_path / "meminfo", tmp_path / "group"
    group.mkdir()
    meminfo.write_text("MemTotal: 4096 kB\nMemAvailable:    2048 kB\n")
    assert available_bytes(meminfo, group) == 2 * MIB
    (group / "memory.max").write_text("max\n")
    assert available_bytes(meminfo, group) == 2 * MIB
    (group / "memory.max").write_text(f"{3 * MIB}\n")
    (group / "memory.current").write_text(f"{5 * MIB // 2}\n")
    assert available_bytes(meminfo, group) == MIB // 2
    (group / "memory.stat").write_text(f"anon 1\ninactive_file {MIB}\n")
    assert available_bytes(meminfo, group) == 3 * MIB // 2
    assert available_bytes(tmp_path / "none", tmp_path / "nowhere") is None


class Box:
    """A deployment file and a loader, as a scoring process has them."""

    def __init__(self, models: Any, folder: Path) -> None:
        self.models = models
        self.path = folder / "deployment.json"
        self.loader = Loader(self.path, models.folder / "bundles", [models.signer.public], IdMaker())
        self.generation = Generation()

    def served(self, number: int, **more: Any) -> Served:
        bundle = self.models.bundle("two", version=number, bias=-0.1 * number, **more)
        return Served(number, bundle.digest)

    def take_over(self, wanted: Deployment) -> Generation:
        write_deployment(self.path, wanted)
        self.generation = self.loader.load(self.generation)
        return self.generation

    @property
    def there(self) -> Deployment:
        return read_deployment(self.path)


@pytest.fixture
def box(models: Any, tmp_path: Path) -> Box:
    return Box(models, tmp_path)


def test_a_canary_is_loaded_beside_the_champion_that_stays_in_memory(box: Box) -> None:
    one, two, three = box.served(1), box.served(2), box.served(3)
    first = box.take_over(box.there.deploying("pump", one)).scorers["pump"]
    assert box.generation.teams == {}
    found = box.take_over(box.there.trying("pump", plan(None, "canary", two, 10)))
    assert (found.errors, found.scorers["pump"]) == ({}, first)
    found = box.take_over(box.there.shadowing("pump", three))
    team = found.teams["pump"]
    assert [member.version for member in team.members()] == [1, 2, 3]
    assert team.champion is first
    challenger = team.challenger
    found = box.take_over(box.there.promoting("pump"))
    assert found.scorers["pump"] is challenger
    assert found.teams["pump"].told() == {"shadow": {"version": 3}}


def other_words(box: Box) -> Served:
    """A version of more classes: its answers mean something else."""
    return Served(3, box.models.bundle("more", version=3).digest)


def too_slow(box: Box) -> Served:
    """A version that promises what no box keeps."""
    return box.served(3, more="\n[latency]\np99_ms = 0.001\n", golden=2)


@pytest.mark.parametrize(("bad", "code"), [(other_words, "route-refused"), (too_slow, "too-slow-here")])
def test_a_challenger_that_does_not_hold_leaves_the_incumbents_untouched(
    box: Box, bad: Any, code: str
) -> None:
    box.take_over(box.there.deploying("pump", box.served(1)))
    before = box.take_over(box.there.trying("pump", plan(None, "canary", box.served(2), 10)))
    found = box.take_over(box.there.trying("pump", plan(None, "canary", bad(box), 10)))
    assert (found.number, found.errors["pump"].code) == (3, code)
    assert (found.scorers, found.teams) == (before.scorers, before.teams)


def test_the_last_good_version_is_in_memory_only_where_the_contract_wants_it(box: Box) -> None:
    one, two = box.served(1), box.served(2)
    box.take_over(box.there.deploying("pump", one))
    assert box.take_over(box.there.deploying("pump", two)).teams == {}
    helped = box.served(3, more="\n[fallback]\n")
    last_good = box.take_over(box.there.deploying("pump", helped)).teams["pump"].last_good
    assert last_good is not None
    assert last_good.version == 2


def test_a_file_that_cannot_be_read_changes_nothing(box: Box) -> None:
    box.take_over(box.there.deploying("pump", box.served(1)))
    before = box.take_over(box.there.shadowing("pump", box.served(2)))
    box.path.write_text(json.dumps({"format": 99}))
    found = box.loader.load(before)
    assert (found.number, found.scorers, found.teams) == (before.number, before.scorers, before.teams)
    assert found.errors[""].code == "deployment-damaged"
